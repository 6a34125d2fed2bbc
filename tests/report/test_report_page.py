import html
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from small_evaluation import TINY, build, make_card, make_history

from cellocate.evaluation import evaluate
from cellocate.pictures.style import PALETTE
from cellocate.report.report_page import write_report
from cellocate.vocabulary import Location, Vocabulary, get_vocabulary

VOID = {"meta", "img", "br", "link", "input", "hr"}


class Page(HTMLParser):
    """The page as a browser would see it: tags with attributes, text by enclosing tag, and whether all is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html, self.tags, self.open, self.words = html, [], [], []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"style", "script"} & set(self.open):
            self.words.append(data)

    @property
    def text(self):
        return re.sub(r"\s+", " ", " ".join(self.words))

    def having(self, tag, **attributes):
        return [a for t, a in self.tags if t == tag and attributes.items() <= a.items()]


def write(folder, **changes):
    return write_and_read(folder, build(folder, **changes))


def write_and_read(folder, evaluated):
    path = folder / "report.html"
    write_report(path, evaluated)
    return Page(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return write(tmp_path_factory.mktemp("whole"))


def test_whole_page(whole):
    found = whole
    assert len(found.html) < 3_000_000
    # F1: Nucleoli 2 of 2 with one false alarm .8; Cytosol 1 of 2 found, 2/3; Aggresome 0; the mean of three
    assert "labels of 3 fields" in found.text
    assert f"macro F1 is {(0.8 + 2 / 3) / 3:.3f} (95% interval" in found.text
    assert "Without skill, predicting nothing gives 0, and every location for every field 0." in found.text
    headings = [
        "Read this first",
        "Predictions and labels",
        "Scores",
        "More measures",
        "Location by location",
        "How often each location occurs",
        "Locations that occur together",
        "Example fields",
        "Data and model",
        "Learning curves",
        "Limits of the model",
    ]
    places = [found.text.index(heading) for heading in headings]
    assert places == sorted(places)
    for words in ("plate one", "quick", "resnet18", "40 train", "4711", "2026-01-02", "torch 2.6.0", "n = 3"):
        assert words in found.text
    assert "1 of 3 fields are entirely right, 2 are not" in found.text
    assert "In grey: the 1 that no field shows (Aggresome)" in found.text
    assert "scores of so few fields are uncertain" in found.text


def test_nothing_comes_from_elsewhere(whole):
    found = whole
    for _tag, attributes in found.tags:
        for name in ("src", "href", "xlink:href", "action", "data", "poster", "srcset"):
            assert (attributes.get(name) or "#").startswith(("data:image/", "#")), attributes
    assert not found.having("script") + found.having("link") + found.having("iframe")
    assert all(a["alt"] for a in found.having("img"))
    assert all(a["aria-label"] for a in found.having("svg"))


def test_style_brings_nothing_in_and_knows_every_colour(whole):
    html = whole.html
    assert "@import" not in html
    assert not re.search(r"url\((?!#|\"?data:)", html)
    for name, value in PALETTE.items():
        assert f"--{name}: {value};" in html
        assert html.lower().count(value) == 1  # drawings name the colour, so that it changes by night


def test_ids_of_the_page_are_unique_and_headings_are_found(whole):
    found = whole
    ids = [a["id"] for t, a in found.tags if "id" in a and t not in ("path", "clippath", "g", "use")]
    assert len(ids) == len(set(ids))
    assert {a["aria-labelledby"] for _, a in found.tags if "aria-labelledby" in a} <= set(ids)


def test_marks_tell_hits_misses_and_false_alarms_in_words(whole):
    found = whole
    assert len(found.having("li", **{"class": "found"})) == 1 + 3
    assert len(found.having("li", **{"class": "missed"})) == 1 + 1
    assert len(found.having("li", **{"class": "false-alarm"})) == 1 + 1
    assert "Cytosol missed, 0.19" in found.text
    assert "Nucleoli false alarm, 0.81" in found.text


def test_hostile_names_are_text(tmp_path):
    evil = "<script>alert(1)</script>"
    vocabulary = Vocabulary(
        "evil", (Location(evil, None, evil), Location("$x^{$", None, ""), Location("日本", None, ""))
    )
    evaluated = build(tmp_path, vocabulary)
    ids = [evil, '"><img src=x onerror=alert(1)>', "c"]
    evaluated.collection.fields.index = pd.Index(ids, name="id", dtype=object)
    found = write_and_read(tmp_path, evaluated)
    assert not found.having("script")
    assert not [a for _, a in found.tags if "onerror" in a]
    assert all(name in found.text for name in (evil, "$x^{$", "日本", *ids))


@pytest.mark.parametrize(("name", "size"), [("hpa28", 28), ("hpa19", 19)])
def test_all_locations_stand_in_the_vocabularys_order(tmp_path, name, size):
    found = write(tmp_path, vocabulary=name, history=None)
    rows = [html.unescape(row) for row in re.findall(r'<th scope="row" data-group="[^"]+">([^<]+)</th>', found.html)]
    assert rows == list(get_vocabulary(name).names)
    assert len(rows) == size
    assert len(re.findall(r'<tr class="absent">', found.html)) == size - 2


def test_green_alone(tmp_path):
    found = write(tmp_path, channels=("green",))
    assert "green (protein)" in found.text
    assert "endoplasmic" not in found.text
    assert len(found.having("img")) == 3 * 2 + 3  # examples: composite and one channel; gallery: composite


def test_without_card_and_history(tmp_path):
    found = write(tmp_path, card=None, history=None)
    assert "Learning curves" not in found.text
    assert "The model" not in found.text
    assert "Limits of these scores" in found.text
    assert "µm" not in found.text  # nobody knows the scale


def test_history_without_validation(tmp_path):
    found = write(tmp_path, history=make_history(validated=False))
    assert "Learning curves" in found.text
    assert "overfitting" not in found.text


def test_tables_alone(tmp_path):
    found = write(tmp_path, collection=None, card=None, history=None)
    assert not found.having("img")
    assert "Predictions beside truth" not in found.text
    assert "tables, without images" in found.text


def test_without_probabilities(tmp_path):
    truth = np.array([[1, 0, 0], [0, 1, 0]], dtype=bool)
    found = write(
        tmp_path, collection=None, truth=truth, decided=truth, probabilities=None, metrics=evaluate(truth, truth, TINY)
    )
    assert "Threshold" not in found.text
    assert "average precision" not in found.text.lower().replace("macro average precision", "")
    assert "Calibration error" not in found.text


def test_scale_bar_says_whether_it_is_assumed(tmp_path, whole):
    assert "10 µm (assumed)" in whole.text  # 100 px of .5 µm are 50 µm: the longest round bar within 30% of that
    assert "width:20.00%" in whole.html
    evaluated = build(tmp_path, history=None)
    evaluated.collection.fields["pixel_size"] = 0.25  # of files 32 px wide: 8 µm
    found = write_and_read(tmp_path, evaluated)
    assert "2 µm" in found.text
    assert "2 µm (assumed)" not in found.text
    assert "width:25.00%" in found.html


def test_a_picture_that_cannot_be_read_is_left_out(tmp_path):
    evaluated = build(tmp_path)
    evaluated.collection.files("field1")["blue"].write_bytes(b"no picture")
    found = write_and_read(tmp_path, evaluated)
    assert "1 picture could not be read and is left out" in found.text
    assert len(found.having("figure", **{"class": "card"})) == 2


def test_fields_trained_on_are_scored_apart_and_named(tmp_path):
    truth = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 0]], dtype=bool)
    seen, unseen = evaluate(truth[:1], truth[:1], TINY), evaluate(truth[1:], ~truth[1:], TINY)
    metrics = {**evaluate(truth, truth, TINY), "part": "everything", "seen": seen, "unseen": unseen}
    card = make_card(TINY, fields={"train": ("field0",)})
    found = write(tmp_path, truth=truth, decided=truth, metrics=metrics, card=card)
    assert "0.000 (95% interval 0.000 to 0.000) on the 2 that training did not use" in found.text
    assert "trained on 1 of these 3 fields" in found.text
    assert "everything" in found.text
    assert "Fewer than 10 training fields show Nucleoli (1), Cytosol (0) and Aggresome (0)." in found.text


def test_warnings_are_shown(tmp_path):
    assert "Mind the step & the gap." in write(tmp_path, warnings=("mind the step & the gap",)).text


def test_fields_that_are_all_trained_on_are_no_proof(tmp_path):
    truth = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 0]], dtype=bool)
    figures = evaluate(truth, truth, TINY)
    metrics = {**figures, "part": None, "seen": figures, "unseen": None}
    found = write(tmp_path, truth=truth, decided=truth, metrics=metrics, history=None)
    assert "all on fields that the model was trained on." in found.text
    assert "none: all fields" in found.text


def test_simulated_fields_are_named(tmp_path):
    evaluated = build(tmp_path, card=make_card(TINY, fields={"train": ("field0",)}))
    evaluated = replace(evaluated, collection=replace(evaluated.collection, simulated=True))
    assert "The model was trained and scored on simulated cells only." in write_and_read(tmp_path, evaluated).text
