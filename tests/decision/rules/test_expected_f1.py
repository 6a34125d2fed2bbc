"""Expected F1: no other threshold and no other set has more of it, where probabilities are frequencies."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import expit, logit

from cellocate.decision import fit
from cellocate.decision.rules.expected_f1 import best_expected_f1
from cellocate.decision.rules.scaling import Scaling, fit_scaling
from cellocate.decision.rules.sets import best_sets, expected_f1_of_likeliest

TENTHS = st.integers(0, 10).map(lambda i: i / 10)
MANY = settings(max_examples=50)


@given(arrays(np.float64, (9, 3), elements=TENTHS), arrays(bool, (9, 3)))
@MANY
def test_no_other_threshold_has_a_better_expected_f1(probabilities, truth):
    occurs = truth.any(axis=0)
    if not occurs.any():
        return
    decided = fit("expected_f1", probabilities, truth).apply(probabilities)
    scaled = fit_scaling(probabilities, truth).apply(probabilities)
    for k in np.flatnonzero(occurs):
        q = scaled[:, k]
        found = 2 * q[decided[:, k]].sum() / (decided[:, k].sum() + q.sum())
        others = [2 * q[q >= t].sum() / ((q >= t).sum() + q.sum()) for t in q]
        assert found == pytest.approx(max(others), abs=1e-9)
        assert found == pytest.approx(best_expected_f1(q), abs=1e-9)


def test_a_location_that_never_occurs_keeps_near_a_half_where_little_is_known():
    """Nine fields of a network that has learnt little say nothing of locations that none of them shows."""
    few_p, few_t = np.array([[0.1, 0.1], [0.2, 0.1]]), np.array([[False, False], [True, False]])
    few, many = (fit("expected_f1", np.repeat(few_p, n, 0), np.repeat(few_t, n, 0)).thresholds[1] for n in (1, 1000))
    single = fit("single", few_p, few_t).thresholds[1]
    assert few == pytest.approx((single + 10 * 0.5) / 11)
    assert many == pytest.approx(single, abs=0.01)


@given(arrays(np.float64, (3, 4), elements=TENTHS))
@MANY
def test_no_other_set_of_a_field_has_a_better_expected_f1(probabilities):
    truths = np.array(list(product([0, 1], repeat=4)))
    for p, chosen in zip(probabilities, best_sets(probabilities), strict=True):
        likely = np.where(truths, p, 1 - p).prod(axis=1)
        both = truths.sum(axis=1) + truths.sum(axis=1)[:, None]
        f1 = np.where(both, 2 * (truths @ truths.T) / np.maximum(both, 1), 1)  # nothing in place of nothing is right
        expected = f1 @ likely
        of_chosen = expected[(truths == chosen).all(axis=1)][0]
        assert of_chosen == pytest.approx(expected.max(), abs=1e-12)
        of_likeliest = expected_f1_of_likeliest(-np.sort(-p)[None])[0]
        assert of_likeliest.max() == pytest.approx(expected.max(), abs=1e-12)


def test_sets_of_fields_and_thresholds_of_locations_each_win_by_their_own_measure():
    rng = np.random.default_rng(0)
    shares = rng.beta(0.3, 3 * np.arange(1, 9) / 2, (4000, 8))
    truth = rng.random(shares.shape) < shares
    by_field, by_location = (fit(kind, shares[:2000], truth[:2000]) for kind in ("field_f1", "expected_f1"))
    held = shares[2000:]

    def both_f1(rule):
        t, d = truth[2000:], rule.apply(held)
        of_fields, of_locations = (
            (2 * (t & d).sum(axis=axis) / np.maximum(t.sum(axis=axis) + d.sum(axis=axis), 1)) for axis in (1, 0)
        )
        return np.where((t | d).any(axis=1), of_fields, 1).mean(), of_locations.mean()

    (fields, locations), (fields_2, locations_2) = both_f1(by_field), both_f1(by_location)
    assert fields > fields_2 + 0.01
    assert locations_2 > locations + 0.01


def test_a_scaling_is_recovered_from_many_fields():
    rng = np.random.default_rng(0)
    truth_like = rng.random((30_000, 3))
    offsets = np.array([-1.0, 0.0, 1.5])
    truth = rng.random(truth_like.shape) < expit(0.6 * logit(truth_like) + offsets)
    found = fit_scaling(truth_like, truth)
    assert found.slope == pytest.approx(0.6, abs=0.02)
    np.testing.assert_allclose(found.offsets, offsets, atol=0.05)


def test_few_fields_move_a_scaling_little_and_none_leave_it():
    none = fit_scaling(np.zeros((1, 2)) + 0.5, np.array([[True, False]]))
    assert abs(none.slope - 1) < 1e-6
    assert max(np.abs(none.offsets)) < 0.5
    rare = fit_scaling(np.full((1, 3), 0.5), np.array([[True, False, False]]))
    assert rare.offsets[0] > 0 > rare.offsets[1] == pytest.approx(rare.offsets[2], abs=1e-4)


def test_a_scaling_keeps_order_and_is_undone():
    scaling = Scaling(slope=0.7, offsets=(0.5, -1.0))
    p = np.linspace(0.01, 0.99, 50)[:, None].repeat(2, axis=1)
    scaled = scaling.apply(p)
    assert (np.diff(scaled, axis=0) > 0).all()
    np.testing.assert_allclose([scaling.undo(row) for row in scaled], p)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_probabilities_of_exactly_zero_and_one_are_scaled_too(dtype):
    probabilities = np.array([[0, 1], [1, 0], [0, 0], [1, 1]], dtype)
    truth = probabilities.astype(bool)
    rule = fit("expected_f1", probabilities, truth)
    np.testing.assert_array_equal(rule.apply(probabilities), truth)
    assert 0 < min(rule.thresholds) <= max(rule.thresholds) < 1


def test_a_network_that_is_wrong_throughout_still_gives_a_rule():
    probabilities, truth = np.tile([[0.9], [0.1]], (200, 1)), np.tile([[False], [True]], (200, 1))
    assert 0 <= fit("expected_f1", probabilities, truth).thresholds[0] <= 1
