from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellocate.decision.crossfit import assign_folds, cross_fitted
from cellocate.decision.logistic import fit_logistic, logits, sigmoid
from cellocate.errors import CellocateError


@given(st.integers(2, 60), st.integers(0, 100))
def test_folds_keep_groups_whole_and_are_even(count, seed):
    rng = np.random.default_rng(seed)
    groups = [f"g{i}" for i in rng.integers(count, size=3 * count)] + [f"g{i}" for i in range(count)]
    truth = rng.random((len(groups), 3)) < 0.3
    folds = assign_folds(truth, groups, seed=seed)
    assert set(folds) == set(range(min(5, count)))
    of = dict(zip(groups, folds, strict=True))
    assert [of[g] for g in groups] == folds.tolist()
    per_fold = np.bincount(list(of.values()))
    assert per_fold.max() - per_fold.min() <= 1
    np.testing.assert_array_equal(folds, assign_folds(truth, groups, seed=seed))


def test_one_group_cannot_be_dealt():
    with pytest.raises(CellocateError, match="cross-fitting needs at least two groups"):
        assign_folds(np.ones((4, 2), bool), ["a"] * 4)


def test_no_field_is_fitted_to_itself():
    truth = np.eye(10, dtype=bool)
    folds = np.arange(10) % 5
    seen = []

    def remember(tables, known):
        seen.append(known)
        return lambda values: np.full(values.shape[-2:], float(len(seen)))

    values = cross_fitted(remember, np.zeros((2, 10, 10)), truth, folds)
    for row in range(10):
        fit = int(values[row, 0])
        assert not seen[fit - 1][:, row].any()  # each location is shown by one field
        assert len(seen[fit - 1]) == 8


@given(st.floats(0, 1))
def test_logits_are_finite_and_turn_back(p):
    there = logits(np.array([p]))
    assert np.isfinite(there).all()
    np.testing.assert_allclose(sigmoid(there), np.clip(p, 1e-6, 1 - 1e-6), rtol=1e-9)


def test_regression_finds_what_made_the_data_and_keeps_to_the_prior_without():
    rng = np.random.default_rng(0)
    features = np.column_stack([np.ones(20_000), rng.normal(size=(20_000, 2))])
    weights = np.array([-1.0, 2.0, 0.5])
    truth = rng.random(20_000) < sigmoid(features @ weights)
    prior = np.zeros(3)
    np.testing.assert_allclose(fit_logistic(features, truth, prior, 10), weights, atol=0.1)
    few = fit_logistic(features[:5], truth[:5], prior, 0.01)
    np.testing.assert_allclose(few, prior, atol=0.01)


def test_regression_equals_scikit_learns():
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(1)
    features, truth = rng.normal(size=(300, 3)), rng.random(300) < 0.3
    reference = LogisticRegression(C=0.25, fit_intercept=False, tol=1e-10).fit(features, truth).coef_[0]
    np.testing.assert_allclose(fit_logistic(features, truth, np.zeros(3), 0.5), reference, atol=1e-4)
