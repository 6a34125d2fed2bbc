"""When the locations of a rule are not to be relied on, and how many a field may be given."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellocate.decision import (
    Rule,
    fit,
    has_guarantee,
    label_limit,
    mean_label_count,
    read_rule,
    rule_warning,
    save_rule,
)
from cellocate.vocabulary import get_vocabulary

NAMES = get_vocabulary("hpa28").names


def rule(**changes):
    return Rule(**{"kind": "single", "thresholds": (0.1,) * 28, "at_most": 5, "fitted_on": 300, **changes})


def test_the_limit_is_five_unless_labels_show_more():
    assert label_limit(np.zeros((0, 28), bool)) == 5
    assert label_limit(np.eye(28, dtype=bool)) == 5
    assert label_limit(np.tri(28, dtype=bool)[:7]) == 7


def test_no_label_set_of_the_challenges_is_larger(real_data):
    for name, column, between in (("2018", "Target", " "), ("2021", "Label", "|")):
        table = pd.read_csv(real_data / "tables" / f"kaggle{name}_train.csv.gz", dtype=str)
        sets = table[column].map(lambda text, by=between: len(set(text.split(by))))
        assert sets.max() == 5
        assert (sets <= 3).mean() > 0.99


@pytest.mark.parametrize(("fitted_on", "few"), [(1, True), (15, True), (29, True), (30, False), (None, False)])
def test_a_rule_of_few_fields_is_doubted(fitted_on, few):
    found = rule_warning(rule(fitted_on=fitted_on), 1.6)
    assert (found is not None) == few
    if few:
        images = "1 validation image" if fitted_on == 1 else f"{fitted_on} validation images"
        assert found == f"the decision rule was fitted on only {images}: do not rely on its locations"


@pytest.mark.parametrize(
    ("at_most", "marked", "many"), [(5, 3.0, False), (5, 3.1, True), (None, 24, True), (9, 8, False)]
)
def test_a_rule_that_marks_more_than_labels_show_is_doubted(at_most, marked, many):
    found = rule_warning(rule(at_most=at_most), marked)
    assert (found is not None) == many
    if many:
        assert f"marks {marked:.1f} of 28 locations per field (real label sets have 1 to 3" in found
        assert ("the 5 furthest above their thresholds are kept" in found) == (at_most == 5)


def test_both_reasons_make_one_sentence_and_cells_are_called_cells():
    found = rule_warning(rule(fitted_on=15, at_most=9), 18.2, "cell")
    assert found == (
        "the decision rule was fitted on only 15 validation images and marks 18.2 of 28 locations per cell (its labels "
        "had at most 9; the 9 furthest above their thresholds are kept): do not rely on its locations"
    )


@given(st.integers(0, 10**6), st.integers(1, 6))
def test_marks_are_counted_before_the_limit(seed, at_most):
    p = np.random.default_rng(seed).random((7, 28))
    limited = Rule(kind="fixed", thresholds=(0.5,) * 28, at_most=at_most)
    assert mean_label_count(limited, p) == pytest.approx((p >= 0.5).sum(axis=1).mean())
    assert limited.apply(p).sum(axis=1).max() <= at_most
    assert mean_label_count(limited, p[:0]) == 0


def test_a_fitted_rule_knows_how_many_fields_it_was_fitted_on():
    p, truth = np.random.default_rng(0).random((12, 4)), np.eye(12, 4, dtype=bool)
    assert {kind: fit(kind, p, truth).fitted_on for kind in ("expected_f1", "ratio", "fixed", "argmax")} == {
        "expected_f1": 12,
        "ratio": 12,
        "fixed": None,
        "argmax": None,
    }


def test_a_rule_of_an_older_file_is_read(tmp_path):
    save_rule(tmp_path / "rule.json", rule(), get_vocabulary("hpa28"))
    content = json.loads((tmp_path / "rule.json").read_text())
    content["rule"] = {name: content["rule"][name] for name in ("kind", "thresholds")}
    (tmp_path / "rule.json").write_text(json.dumps(content))
    older, _ = read_rule(tmp_path / "rule.json")
    assert (older.at_most, older.fitted_on) == (None, None)
    assert not has_guarantee(tmp_path / "rule.json")


@pytest.fixture
def tables(tmp_path):
    """Probabilities of 40 fields that know nothing of their labels."""
    rng = np.random.default_rng(0)
    ids = [f"f{i}" for i in range(40)]
    pd.DataFrame(rng.random((40, 28)), columns=list(NAMES)).assign(Id=ids).to_csv(tmp_path / "p.csv", index=False)
    targets = [" ".join(map(str, sorted(rng.choice(28, 2, replace=False)))) for _ in ids]
    pd.DataFrame({"Id": ids, "Target": targets}).to_csv(tmp_path / "labels.csv", index=False)
    return tmp_path


def test_the_commands_note_it_and_leave_the_decision_to_the_user(cellocate, tables):
    given = ("decide", "fit", tables / "p.csv", "--labels", tables / "labels.csv")
    fitted = cellocate(*given, "--out", tables / "rule.json")
    assert fitted.code == 0
    assert "of 28 locations per field (real label sets have 1 to 3)" in fitted.err
    applied = cellocate("decide", "apply", tables / "p.csv", "--rule", tables / "rule.json", "--out", tables / "d.csv")
    assert "note: the decision rule marks" in applied.err
    assert pd.read_csv(tables / "d.csv")["Locations"].str.split("; ").str.len().max() > 5
    limited = cellocate(*given, "--at-most", 5, "--out", tables / "limited.json")
    assert "the 5 furthest above their thresholds are kept" in limited.err


def test_sets_with_a_guarantee_are_as_large_as_that_needs(cellocate, tables):
    given = ("decide", "fit", tables / "p.csv", "--labels", tables / "labels.csv", "--guarantee", 0.2)
    fitted = cellocate(*given, "--out", tables / "sets.json")
    assert (fitted.code, fitted.err) == (0, "")
    assert "on average each set contains at least 80% of a field's locations, provided new images" in fitted.out
    assert has_guarantee(tables / "sets.json")
    applied = cellocate("decide", "apply", tables / "p.csv", "--rule", tables / "sets.json", "--out", tables / "d.csv")
    assert (applied.code, applied.err) == (0, "")
