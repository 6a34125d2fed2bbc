"""Rules: the thresholds that are fitted are the best there are, and are applied to what they were fitted for."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pydantic import ValidationError
from sklearn.metrics import f1_score

from cellocate.collection import read_labels
from cellocate.decision import Rule, fit
from cellocate.decision.rules import KINDS
from cellocate.decision.rules.single import thresholds_of_absent
from cellocate.errors import CellocateError

WITH_THRESHOLDS = ("fixed", "single", "per_class")
MANY = settings(max_examples=150)


@st.composite
def tables(draw):
    """Probabilities, many of them equal, beside truth."""
    shape = draw(st.integers(1, 12)), draw(st.integers(1, 4))
    sixteenths = draw(arrays(np.int64, shape, elements=st.integers(0, 16)))
    return sixteenths / 16, draw(arrays(bool, shape))


def f1(decided, truth):
    return 2 * (decided & truth).sum(axis=0) / np.maximum(decided.sum(axis=0) + truth.sum(axis=0), 1)


@given(tables())
@MANY
def test_thresholds_per_class_are_the_best_of_all(table):
    probabilities, truth = table
    found = f1(fit("per_class", probabilities, truth).apply(probabilities), truth)
    for k in np.flatnonzero(truth.any(axis=0)):
        candidates = [*np.unique(probabilities[:, k]), 1.1]
        best = max(f1(probabilities[:, k] >= candidate, truth[:, k]) for candidate in candidates)
        assert found[k] == pytest.approx(best, abs=1e-12)


@given(tables())
@MANY
def test_the_single_threshold_is_the_best_of_the_hundredths(table):
    probabilities, truth = table
    if not truth.any():
        return
    occurs = truth.any(axis=0)
    scores = {c: f1(probabilities >= c, truth)[occurs].mean() for c in np.arange(1, 100) / 100}
    rule = fit("single", probabilities, truth)
    (threshold,) = set(rule.thresholds)
    assert threshold in scores
    assert scores[threshold] == pytest.approx(max(scores.values()), abs=1e-12)


@pytest.mark.parametrize(
    "dtype",
    [
        np.float32,
        np.float64,
    ],
)
@given(seed=st.integers(0, 10_000))
@example(seed=4591)
@MANY
def test_the_single_threshold_is_the_best_as_it_is_applied(dtype, seed):
    rng = np.random.default_rng(seed)
    probabilities = (rng.integers(0, 101, (6, 2)) / 100).astype(dtype)
    truth = np.eye(6, 2, dtype=bool)
    rules = [Rule(kind="single", thresholds=(c, c)) for c in np.arange(1, 100) / 100]
    best = max(f1(rule.apply(probabilities), truth).mean() for rule in rules)
    found = fit("single", probabilities, truth).apply(probabilities)
    assert f1(found, truth).mean() == pytest.approx(best)


@given(tables())
@MANY
def test_locations_that_never_occur_take_the_single_threshold(table):
    probabilities, truth = table
    single = fit("single", probabilities, truth).thresholds[0]
    for kind in ("per_class", "shrunk"):
        thresholds = np.array(fit(kind, probabilities, truth).thresholds)
        np.testing.assert_allclose(thresholds[~truth.any(axis=0)], single)


@given(tables())
@MANY
def test_with_few_labels_the_default_rule_keeps_locations_that_never_occur_near_a_half(table):
    probabilities, truth = table
    single = fit("single", probabilities, truth).thresholds[0]
    thresholds = np.array(fit("expected_f1", probabilities, truth).thresholds)[~truth.any(axis=0)]
    n = truth.sum()
    expected = (n * single + 10 * 0.5) / (n + 10) if n else 0.5
    capped = thresholds_of_absent(probabilities, expected)[~truth.any(axis=0)]
    np.testing.assert_allclose(thresholds, capped if n else 0.5)


@given(tables(), st.sampled_from(["expected_f1", "bagged"]))
@MANY
def test_what_none_of_the_fields_shows_is_given_to_three_of_them_at_most(table, kind):
    probabilities, truth = table
    decided = fit(kind, probabilities, truth).apply(probabilities)
    below_one = probabilities.max(axis=0) < 1  # which no threshold can exclude
    assert decided[:, ~truth.any(axis=0) & below_one].sum(axis=0).max(initial=0) <= 3 or not truth.any()


@given(tables(), st.sampled_from(KINDS))
@example((np.full((4, 2), 1 / 16), np.eye(4, 2, dtype=bool) & [True, False]), "bagged")
@MANY
def test_a_fitted_rule_is_applied_alike_to_floats_of_any_width(table, kind):
    probabilities, truth = table
    rule = fit(kind, probabilities, truth)
    assert len(rule.thresholds) == probabilities.shape[1]
    np.testing.assert_array_equal(rule.apply(probabilities.astype(np.float32)), rule.apply(probabilities))


@given(tables(), st.sampled_from(KINDS), st.permutations(range(4)))
@MANY
def test_a_rule_does_not_depend_on_the_order_of_locations(table, kind, order):
    probabilities, truth = table
    order = [k for k in order if k < truth.shape[1]]
    rule, other = fit(kind, probabilities, truth), fit(kind, probabilities[:, order], truth[:, order])
    if kind in ("argmax", "field_f1"):  # equal probabilities are told apart by their order
        assert rule.kind == other.kind
        return
    np.testing.assert_allclose(other.thresholds, np.array(rule.thresholds)[order], atol=1e-3)


def one(probabilities, truth):
    """The threshold that is fitted to one location."""
    return fit("per_class", np.array(probabilities)[:, None], np.array(truth, bool)[:, None]).thresholds[0]


@pytest.mark.parametrize(
    ("probabilities", "truth", "threshold"),
    [
        ([0.2, 0.4, 0.8, 0.9], [0, 0, 1, 1], 0.6),  # halfway between what it parts
        ([0.9, 0.4, 0.8, 0.2], [1, 0, 1, 0], 0.6),  # whatever the order
        ([0.2, 0.4, 0.8, 0.9], [0, 0, 0, 1], 0.85),
        ([0.2, 0.4], [1, 1], 0.1),  # halfway to zero where all are kept
        ([0.5, 0.5, 0.5], [1, 0, 1], 0.25),  # equal probabilities cannot be parted
        ([0.9] + [0.5] * 6, [1, 1, 0, 0, 0, 0, 0], 0.7),  # nor can the true one of them be had alone
        ([0.0, 0.0], [1, 1], 0.0),
        ([1.0, 0.0], [0, 1], 0.0),  # the one that is sought is the least likely
    ],
)
def test_a_threshold_lies_between_probabilities(probabilities, truth, threshold):
    assert one(probabilities, truth) == pytest.approx(threshold)


def test_of_equally_good_thresholds_the_middle_one_is_taken():
    probabilities, truth = np.arange(8, 0, -1) / 10, np.array([1, 1, 0, 0, 1, 0, 0, 1], bool)
    scores = [f1(probabilities >= p, truth) for p in probabilities]
    assert np.flatnonzero(np.isclose(scores, max(scores))).tolist() == [1, 4, 7]  # keeping 2, 5 or 8 fields
    assert one(probabilities, truth) == pytest.approx(0.35)


def test_of_a_plateau_of_hundredths_the_middle_is_taken():
    probabilities, truth = np.array([[0.2], [0.8]]), np.array([[False], [True]])
    assert fit("single", probabilities, truth).thresholds == (0.51,)  # .21 to .80


def test_locations_that_never_occur_do_not_weigh_on_the_single_threshold():
    probabilities = np.array([[0.30, 0.29], [0.10, 0.29]])
    truth = np.array([[True, False], [False, False]])
    assert 0.1 < fit("single", probabilities, truth).thresholds[0] <= 0.3


def test_the_fixed_rule_is_one_half_everywhere():
    probabilities, truth = np.random.default_rng(0).random((20, 5)), np.eye(20, 5, dtype=bool)
    rule = fit("fixed", probabilities, truth)
    assert (rule.kind, rule.thresholds) == ("fixed", (0.5,) * 5)


@pytest.mark.parametrize("kind", WITH_THRESHOLDS)
def test_without_any_truth_the_fixed_rule_is_all_that_can_be_had(kind):
    rule = fit(kind, np.full((3, 2), 0.9), np.zeros((3, 2), bool))
    assert (rule.kind, rule.thresholds) == ("fixed", (0.5, 0.5))


@pytest.mark.parametrize("kind", KINDS)
def test_a_rule_says_its_own_kind(kind):
    assert fit(kind, np.eye(3), np.eye(3, dtype=bool)).kind == kind


def test_more_freedom_never_scores_less_on_what_was_fitted():
    rng = np.random.default_rng(0)
    truth = rng.random((400, 10)) < rng.random(10) / 2
    probabilities = np.clip(truth * 0.2 + rng.random((400, 10)) * 0.7, 0, 1)
    fixed, single, per_class = (
        f1_score(truth, fit(kind, probabilities, truth).apply(probabilities), average="macro", zero_division=0)
        for kind in WITH_THRESHOLDS
    )
    assert fixed < single < per_class


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_probability_that_equals_its_threshold_reaches_it(dtype):
    hundredths = np.arange(101) / 100
    rule = Rule(kind="per_class", thresholds=tuple(hundredths.tolist()))
    assert rule.apply(hundredths[None].astype(dtype)).all()
    below = np.maximum(hundredths[None].astype(dtype) - dtype(0.005), 0)
    assert not rule.apply(below)[:, 1:].any()


@pytest.mark.parametrize("columns", [1, 2, 4])
def test_a_rule_for_another_number_of_locations_is_refused(columns):
    with pytest.raises(CellocateError, match=f"a rule for 3 locations, but the table has {columns} columns"):
        Rule(kind="fixed", thresholds=(0.5,) * 3).apply(np.zeros((2, columns)))


@pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan"), "x", None])
def test_a_threshold_that_is_no_probability_is_refused(threshold):
    with pytest.raises(ValidationError):
        Rule(kind="fixed", thresholds=(0.5, threshold))


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ([[0.5, -2.0], [3.0, 0.1]], r"-2: row 0, column 1.*look like logits"),
        ([[50.0, 2.0], [0.0, 98.0]], r"50: row 0, column 0.*look like percentages"),
        ([[0.5, 0.1], [np.nan, 0.1]], r"nan: row 1, column 0.*Give probabilities"),
        ([[0.5, 0.1], [0.2, np.inf]], r"inf: row 1, column 1.*Give probabilities"),
    ],
)
def test_what_is_no_probability_is_refused(values, fault):
    for decide in (Rule(kind="argmax", thresholds=(0, 0)).apply, lambda p: fit("fixed", p, np.eye(2, dtype=bool))):
        with pytest.raises(CellocateError, match=fault):
            decide(np.array(values))


def test_truth_of_another_shape_is_refused():
    with pytest.raises(CellocateError, match=r"shape \(3, 2\), but truth of shape \(2, 2\)"):
        fit("single", np.full((3, 2), 0.5), np.eye(2, dtype=bool))


def test_a_rule_cannot_be_changed_nor_be_of_an_unknown_kind():
    with pytest.raises(ValidationError):
        Rule(kind="fixed", thresholds=(0.5,)).thresholds = (0.1,)
    with pytest.raises(ValidationError):
        Rule(kind="bester", thresholds=(0.5,))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_neighbouring_floats_are_parted_too(dtype):
    low = np.arange(1, 50, dtype=dtype) / 50
    probabilities = np.stack([low, np.nextafter(low, dtype(1))])
    truth = np.repeat([[False], [True]], len(low), axis=1)
    np.testing.assert_array_equal(fit("per_class", probabilities, truth).apply(probabilities), truth)


def test_the_default_rule_is_not_beaten_on_real_probabilities(real_data):
    """Out of fold, once; benchmarks/decision_rules.py has the whole table."""
    saved = np.load(real_data / "decision" / "test_probabilities.npz")
    labels = read_labels(real_data / "decision" / "matched_labels.csv")
    place = {field: row for row, field in enumerate(saved["ids"].tolist())}
    rows = [place[i] for i in labels.table.index]
    truth = labels.truth(list(labels.table.index))
    fold = np.random.default_rng(0).permutation(len(rows)) % 5
    scores = {kind: [] for kind in ("fixed", "single", "per_class", "bagged", "expected_f1")}
    for name in ("inceptionv3_650", "inceptionv4_800", "gapnet_512", "summary_final"):
        probabilities = saved[name][rows].astype(np.float64)
        for kind, found in scores.items():
            decided = np.zeros_like(truth)
            for held in (fold == i for i in range(5)):
                decided[held] = fit(kind, probabilities[~held], truth[~held]).apply(probabilities[held])
            found.append(f1(decided, truth).mean())
    default = np.array(scores.pop("expected_f1"))
    assert (default > np.array(scores["fixed"]) + 0.01).all()
    assert (default > np.max(list(scores.values()), axis=0) - 0.015).all()
    assert default.mean() > 0.785


def test_real_probabilities_are_decided_better_by_fitted_thresholds(real_data):
    saved = np.load(real_data / "decision" / "test_probabilities.npz")
    labels = read_labels(real_data / "decision" / "matched_labels.csv")
    rows = {field: row for row, field in enumerate(saved["ids"])}
    probabilities = saved["summary_final"][[rows[i] for i in labels.table.index]].astype(np.float32)
    truth = labels.truth(list(labels.table.index))
    scores = [f1(fit(kind, probabilities, truth).apply(probabilities), truth).mean() for kind in WITH_THRESHOLDS]
    assert scores == sorted(scores)
    assert scores[-1] > 0.5


@given(tables())
@MANY
def test_the_best_rule_decides_on_the_likeliest_location_alone(table):
    probabilities, truth = table
    rule = fit("argmax", probabilities, truth)
    decided = rule.apply(probabilities)
    assert (decided.sum(axis=1) == 1).all()
    np.testing.assert_array_equal(probabilities[decided], probabilities.max(axis=1))
    assert rule.applied_thresholds is None


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fallback", ["none", "nearest", "likeliest"])
def test_what_could_not_be_learnt_is_never_given(kind, fallback):
    rng = np.random.default_rng(0)
    probabilities, truth = rng.random((40, 4)), rng.random((40, 4)) < 0.4
    truth[:, 2] = False
    rule = fit(kind, probabilities, truth, fallback=fallback).model_copy(update={"never": (2,)})
    probabilities[:, 2] = 1
    decided = rule.apply(probabilities)
    assert not decided[:, 2].any()
    assert decided.any()
    with pytest.raises(ValidationError):
        Rule(kind="fixed", thresholds=(0.5,), never=(1,))
