"""Thresholds that are shrunk, averaged, scaled, matched to ratios, or found by least squares."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cellocate.decision import Rule, fit, match_ratios
from cellocate.decision.rules.check_values import UNREACHABLE
from cellocate.decision.rules.per_class import best_thresholds
from cellocate.decision.rules.single import single_threshold
from cellocate.decision.rules.soft_f1 import _slope, soft_f1

TABLE = arrays(np.float64, (10, 3), elements=st.integers(0, 20).map(lambda i: i / 20))
TRUTH = arrays(bool, (10, 3)).filter(lambda t: t.any())
MANY = settings(max_examples=40)


def made(n=3000, seed=0):
    """Probabilities that are frequencies, beside truth."""
    rng = np.random.default_rng(seed)
    probabilities = rng.beta(0.4, 2, (n, 4))
    return probabilities, rng.random(probabilities.shape) < probabilities


@given(TABLE, TRUTH)
@MANY
def test_shrunk_thresholds_lie_between_their_own_and_the_shared_one(probabilities, truth):
    own, shared = best_thresholds(probabilities, truth), single_threshold(probabilities, truth)
    shrunk = np.array(fit("shrunk", probabilities, truth).thresholds)
    assert (shrunk >= np.minimum(own, shared) - 1e-12).all()
    assert (shrunk <= np.maximum(own, shared) + 1e-12).all()


def test_the_rarer_a_location_the_more_its_threshold_is_shrunk():
    probabilities = np.tile(np.concatenate([np.full(200, 0.2), np.full(200, 0.9)])[:, None], (1, 2))
    truth = np.stack([np.arange(400) >= 200, np.arange(400) == 399], axis=1)
    own, shared = best_thresholds(probabilities, truth), single_threshold(probabilities, truth)
    shrunk = np.array(fit("shrunk", probabilities, truth).thresholds)
    common, rare = np.abs(shrunk - own) / np.abs(shared - own)
    assert common == pytest.approx(5 / 205)
    assert rare == pytest.approx(5 / 6)


@given(TABLE, TRUTH)
@MANY
def test_averaged_thresholds_are_the_same_each_time_and_within_reason(probabilities, truth):
    first, second = (fit("bagged", probabilities, truth).thresholds for _ in range(2))
    assert first == second
    assert all(0 <= t <= UNREACHABLE for t in first)


@pytest.mark.parametrize("kind", ["bagged", "expected_f1", "ratio"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_location_that_no_field_shows_is_not_predicted_where_its_probability_is_always_1(kind, dtype):
    probabilities, truth = made(200, 1)
    probabilities = probabilities.astype(dtype)
    probabilities[:50, 0], truth[:, 0] = 1, False
    rule = fit(kind, probabilities, truth)
    assert not rule.apply(probabilities)[:, 0].any()
    assert Rule.model_validate_json(rule.model_dump_json()) == rule


def test_averaged_thresholds_move_less_with_other_fields():
    kinds = ("per_class", "bagged", "expected_f1")
    drawn = {kind: [fit(kind, *made(150, seed)).thresholds for seed in range(12)] for kind in kinds}
    plain, averaged, expected = (float(np.std(drawn[kind], axis=0).mean()) for kind in kinds)
    assert averaged < 0.95 * plain
    assert expected < 0.8 * plain


def test_with_many_fields_every_rule_for_macro_f1_agrees():
    probabilities, truth = made(40_000)
    plain = best_thresholds(probabilities, truth)
    for kind in ("shrunk", "bagged", "expected_f1", "soft_f1"):
        np.testing.assert_allclose(fit(kind, probabilities, truth).thresholds, plain, atol=0.06)


@given(TABLE, TRUTH)
@MANY
def test_scaled_thresholds_are_lower_and_leave_no_field_without_location(probabilities, truth):
    rule = fit("scaled", probabilities, truth)
    np.testing.assert_allclose(rule.thresholds, 0.7 * best_thresholds(probabilities, truth))
    assert rule.apply(probabilities).any(axis=1).all()


@given(TABLE, st.lists(st.floats(0, 1), min_size=3, max_size=3))
@MANY
def test_as_many_fields_are_decided_as_the_ratios_ask_for(probabilities, ratios):
    decided = match_ratios(probabilities, np.array(ratios)).apply(probabilities)
    for k, ratio in enumerate(ratios):
        p = probabilities[:, k]
        could_be = {int((p >= t).sum()) for t in np.unique(p)} | {0}
        best = min(abs(count - 10 * ratio) for count in could_be)
        assert abs(decided[:, k].sum() - 10 * ratio) == pytest.approx(best, abs=1e-9)


def test_the_ratio_rule_matches_the_truth_it_is_given():
    probabilities, truth = made(500)
    decided = fit("ratio", probabilities, truth).apply(probabilities)
    assert decided.sum(axis=0).tolist() == truth.sum(axis=0).tolist()


def test_ratios_are_matched_on_fields_without_truth():
    _, truth = made(500)
    others, _ = made(2000, seed=1)
    rule = match_ratios(others, truth.mean(axis=0))
    np.testing.assert_allclose(rule.apply(others).mean(axis=0), truth.mean(axis=0), atol=1 / 2000)


@given(TABLE, TRUTH, st.floats(0.05, 0.95))
@MANY
def test_the_slope_of_soft_f1_is_that_of_differences(probabilities, truth, at):
    thresholds, step = np.full(3, at), 1e-6
    difference = soft_f1(probabilities, truth, thresholds + step) - soft_f1(probabilities, truth, thresholds - step)
    np.testing.assert_allclose(_slope(probabilities, truth, thresholds), difference / (2 * step), atol=1e-4)


@given(TABLE, TRUTH)
@MANY
def test_least_squares_end_no_worse_than_they_began(probabilities, truth):
    found = np.array(fit("soft_f1", probabilities, truth).thresholds)
    begun, ended = (soft_f1(probabilities, truth, t) for t in (np.full(3, 0.5), found))
    assert ((1 - ended) ** 2).sum() <= ((1 - begun) ** 2).sum() + 1e-9


def test_least_squares_part_what_can_be_parted():
    probabilities = np.array([[0.1, 0.3], [0.2, 0.4], [0.5, 0.7], [0.6, 0.8]])
    truth = np.array([[0, 0], [0, 0], [1, 1], [1, 1]], bool)
    np.testing.assert_array_equal(fit("soft_f1", probabilities, truth).apply(probabilities), truth)


@pytest.mark.parametrize("kind", ["per_class", "bagged", "ratio"])
@pytest.mark.parametrize("bend", [lambda p: p / 1000, lambda p: p**5, lambda p: 1 - (1 - p) ** 5])
def test_rules_of_order_decide_alike_whatever_the_scale(kind, bend):
    probabilities, truth = made(400)
    plain, bent = (fit(kind, p, truth).apply(p) for p in (probabilities, bend(probabilities)))
    assert np.array_equal(plain[:, truth.any(axis=0)], bent[:, truth.any(axis=0)])
