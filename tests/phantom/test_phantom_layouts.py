"""The layout of 2021: what labels become, and what cannot be said in it."""

import csv
from collections import Counter

import cv2
import numpy as np
import pytest

from cellocate.collection import open_collection
from cellocate.errors import CellocateError
from cellocate.phantom import simulate, simulate_field
from cellocate.phantom.label_sets import label_sets, real_label_sets
from cellocate.phantom.phantom_layouts import layout
from cellocate.vocabulary import get_vocabulary

NAMES = get_vocabulary("hpa28").names
UNSAID = {NAMES.index(name) for name in ("Microtubule ends", "Cytokinetic bridge", "Rods & rings")}


def rows(path):
    with path.open(newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture
def written(tmp_path):
    """Two kinds of vesicles and Golgi; nothing; the two layouts of the same fields."""
    (tmp_path / "labels.csv").write_text("Id,Target\na,7 8 20\nb,\n")
    for name in ("kaggle2018", "kaggle2021"):
        simulate(tmp_path / name, fields=2, size=64, labels=tmp_path / "labels.csv", layout=name, seed=3, workers=1)
    return tmp_path


def test_the_2021_layout_is_opened_as_such(written):
    collection = open_collection(written / "kaggle2021")
    assert (collection.layout, collection.vocabulary.name, collection.problems) == ("kaggle2021", "hpa19", ())
    assert (
        written / "kaggle2021" / "train.csv"
    ).read_text() == "ID,Label\nphantom-3-000000,7|17\nphantom-3-000001,18\n"


def test_pixels_and_instance_masks_are_the_same_in_both_layouts(written):
    for path in (written / "kaggle2018").rglob("*.png"):
        if "_signal_" not in path.name:
            other = written / "kaggle2021" / path.relative_to(written / "kaggle2018")
            assert other.read_bytes() == path.read_bytes()


def test_cells_are_labelled_in_hpa19_and_those_that_show_nothing_are_negative(written):
    field = simulate_field([7, 8, 20], size=64, seed=[3, 0])
    cells = rows(written / "kaggle2021" / "truth" / "cells.csv")
    told = [cell["labels"] for cell in cells if cell["Id"] == "phantom-3-000000"]
    for labels, text in zip(field.cell_labels, told, strict=True):
        expected = [17] * bool({8, 20} & set(labels)) + [7] * (7 in labels)
        assert text == " ".join(map(str, sorted(expected) or [18]))
    assert {cell["labels"] for cell in cells if cell["Id"] == "phantom-3-000001"} == {"18"}


def test_signals_that_become_one_location_are_added(written):
    signals = rows(written / "kaggle2021" / "truth" / "signals.csv")
    assert [(row["Id"], row["label"]) for row in signals] == [("phantom-3-000000", "7"), ("phantom-3-000000", "17")]
    field = simulate_field([7, 8, 20], size=64, seed=[3, 0])
    brightest = float(signals[1]["brightest"])
    image = cv2.imread(str(written / "kaggle2021/truth/phantom-3-000000_signal_17.png"), cv2.IMREAD_UNCHANGED)
    both = field.signal[8] + field.signal[20]
    np.testing.assert_allclose(image * (brightest / 255), both, atol=brightest / 510 + 0.01)


def test_balanced_fields_show_every_label_of_hpa19_about_equally_often():
    said = layout("kaggle2021")
    draw = label_sets("balanced", 7, said)
    sets = [draw(i) for i in range(380)]
    assert not UNSAID & {label for labels in sets for label in labels}
    counts = Counter(label for labels in sets for label in said.translate(labels))
    assert set(counts) == set(range(19))
    assert counts[18] == 20
    assert min(counts[label] for label in range(18)) >= 20
    assert max(counts.values()) <= 36
    assert {8, 9, 10, 20, 26} <= {label for labels in sets for label in labels}


def test_balanced_fields_show_only_what_a_vocabulary_can_say_and_phantoms_can_show():
    said = layout("kaggle2018", "subcell31")
    draw = label_sets("balanced", 7, said)
    counts = Counter(label for i in range(270) for label in said.translate(draw(i)))
    names = {get_vocabulary("subcell31").names[label] for label in counts}
    assert names >= {"Negative", "Cell Junctions", "Golgi apparatus"}
    assert not names & {"Vesicles", "Nucleoli rim", "Midbody"}
    assert max(counts.values()) <= 24


def test_real_label_sets_lose_what_hpa19_cannot_say():
    draw = label_sets("real", 8, layout("kaggle2021"))
    drawn = {draw(i) for i in range(2000)}
    known = {tuple(label for label in labels if label not in UNSAID) for labels in real_label_sets()[0]}
    assert drawn <= known - {()}


@pytest.mark.parametrize("label", sorted(UNSAID), ids=lambda label: NAMES[label])
def test_a_table_with_a_location_that_hpa19_lacks_is_refused(tmp_path, label):
    (tmp_path / "labels.csv").write_text(f"Id,Target\na,0\nb,7 {label}\n")
    with pytest.raises(CellocateError, match=NAMES[label]) as refused:
        simulate(tmp_path / "out", fields=1, size=64, labels=tmp_path / "labels.csv", layout="kaggle2021", workers=1)
    assert str(refused.value.where).partition(", column")[0].endswith("labels.csv, line 3")
    assert not (tmp_path / "out").exists()
