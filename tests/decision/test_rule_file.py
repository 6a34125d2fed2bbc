"""A rule as a file: written with the names of its locations, read strictly."""

import json

import numpy as np
import pytest

from cellocate.decision import Rule, fit, read_rule, save_rule
from cellocate.decision.rules import KINDS
from cellocate.errors import CellocateError
from cellocate.vocabulary import get_vocabulary

SAVED = {"vocabulary": "ours", "locations": ["A", "B"], "rule": {"kind": "single", "thresholds": [0.25, 0.25]}}


def written(tmp_path, content):
    (tmp_path / "rule.json").write_text(content if isinstance(content, str) else json.dumps(content))
    return tmp_path / "rule.json"


@pytest.mark.parametrize("name", ["hpa28", "hpa19"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_rule_survives_saving_to_the_last_digit(tmp_path, kind, name):
    vocabulary = get_vocabulary(name)
    rng = np.random.default_rng(0)
    probabilities, truth = rng.random((60, len(vocabulary))), rng.random((60, len(vocabulary))) < 0.2
    rule = fit(kind, probabilities, truth, fallback="nearest", at_most=3)
    save_rule(tmp_path / "rule.json", rule, vocabulary)
    found, locations = read_rule(str(tmp_path / "rule.json"))
    assert found == rule
    np.testing.assert_array_equal(found.apply(probabilities), rule.apply(probabilities))
    assert (locations.name, locations.names) == (name, vocabulary.names)


def test_a_rule_can_be_read_by_people_and_other_programs(tmp_path):
    save_rule(tmp_path / "rule.json", Rule(kind="fixed", thresholds=(0.5,) * 19), get_vocabulary("hpa19"))
    content = json.loads((tmp_path / "rule.json").read_text(encoding="utf-8"))
    assert content["vocabulary"] == "hpa19"
    assert content["locations"] == list(get_vocabulary("hpa19").names)
    assert content["rule"] == {
        "kind": "fixed",
        "thresholds": [0.5] * 19,
        "fallback": "none",
        "at_most": None,
        "scaling": None,
        "fitted_on": None,
        "never": [],
    }


def test_a_rule_for_a_users_own_vocabulary_is_read(tmp_path):
    rule, vocabulary = read_rule(written(tmp_path, SAVED))
    assert rule.thresholds == (0.25, 0.25)
    assert vocabulary.index("b") == 1


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "3",
        "null",
        {},
        {key: value for key, value in SAVED.items() if key != "rule"},
        {key: value for key, value in SAVED.items() if key != "locations"},
        {key: value for key, value in SAVED.items() if key != "vocabulary"},
        SAVED | {"locations": None},
        SAVED | {"rule": {"kind": "bester", "thresholds": [0.5, 0.5]}},
        SAVED | {"rule": {"kind": "single", "thresholds": [0.5, 1.5]}},
        SAVED | {"rule": {"kind": "single", "thresholds": [0.5, float("nan")]}},
        SAVED | {"rule": {"kind": "single", "thresholds": [0.5, "high"]}},
        SAVED | {"rule": {"kind": "single", "thresholds": [0.5, 0.5], "ratio": 1}},
        SAVED | {"rule": {"kind": "single"}},
        SAVED | {"rule": {"kind": "single", "thresholds": [0.5, 0.5], "at_most": 0}},
        SAVED | {"rule": {"kind": "single", "thresholds": [0.5, 0.5], "fallback": "first"}},
        SAVED | {"rule": {"kind": "single", "thresholds": [0.5, 0.5], "scaling": {"slope": 1, "offsets": [0, 0]}}},
        SAVED | {"rule": {"kind": "field_f1", "thresholds": [0, 0]}},
        SAVED | {"rule": {"kind": "field_f1", "thresholds": [0, 0], "scaling": {"slope": 0, "offsets": [0, 0]}}},
        SAVED | {"rule": {"kind": "field_f1", "thresholds": [0, 0], "scaling": {"slope": 1, "offsets": [0]}}},
        SAVED | {"rule": [0.5, 0.5]},
    ],
    ids=lambda content: json.dumps(content)[-40:],
)
def test_what_is_no_rule_is_refused_with_its_file(tmp_path, content):
    path = written(tmp_path, content)
    with pytest.raises(CellocateError, match=r"not a decision rule.*decide fit") as caught:
        read_rule(path)
    assert caught.value.where == path


@pytest.mark.parametrize("locations", [["A"], ["A", "B", "C"], []])
def test_thresholds_and_locations_must_be_of_one_number(tmp_path, locations):
    with pytest.raises(CellocateError, match="differ in number"):
        read_rule(written(tmp_path, SAVED | {"locations": locations}))


@pytest.mark.parametrize("locations", [["A", "A"], [1, 2], "AB"])
def test_locations_must_be_names_that_differ(tmp_path, locations):
    with pytest.raises(CellocateError, match=r"rule\.json"):
        read_rule(written(tmp_path, SAVED | {"locations": locations}))


def test_a_missing_rule_or_a_folder_is_refused(tmp_path):
    for path in (tmp_path / "nowhere.json", tmp_path):
        with pytest.raises(CellocateError, match="not a decision rule"):
            read_rule(path)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "rule.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CellocateError, match="not a decision rule"):
        read_rule(tmp_path / "rule.json")


def test_a_rule_of_an_earlier_version_is_argmax_now() -> None:
    assert Rule.model_validate({"kind": "best", "thresholds": [0, 0]}) == Rule(kind="argmax", thresholds=(0, 0))
