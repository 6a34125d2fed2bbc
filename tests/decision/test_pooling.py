from __future__ import annotations

import json
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from sklearn.metrics import average_precision_score

from cellocate.choices import PoolKind
from cellocate.collection import read_labels
from cellocate.decision import Pool, table_names
from cellocate.decision.crossfit import assign_folds
from cellocate.decision.hill_climb import fit_weights, weighted_average_precisions
from cellocate.decision.logistic import sigmoid
from cellocate.decision.pooling import fit_pool
from cellocate.errors import CellocateError

NAMES = ("a.csv", "b.csv", "c.csv")


def simulated(n=400, noise=(0.5, 2.0, 8.0), seed=0):
    """Truth of 4 locations, and tables of networks that see it through noise."""
    rng = np.random.default_rng(seed)
    score = rng.normal(size=(n, 4)) * 2 - 2
    truth = rng.random((n, 4)) < sigmoid(score)
    return np.stack([sigmoid(score + rng.normal(size=(n, 4)) * s) for s in noise]), truth


def _score(values, truth):
    return average_precision_score(truth, values, average="macro")


def fitted(kind, tables, truth, names=NAMES):
    ids = [str(i) for i in range(len(truth))]
    return fit_pool(kind, tables, truth, names[: len(tables)], ids=ids, folds=assign_folds(truth))


@pytest.mark.parametrize("kind", get_args(PoolKind))
def test_a_pool_is_the_same_after_it_was_a_file(kind):
    tables, truth = simulated()
    pool, values = fitted(kind, tables, truth)
    assert values.shape == truth.shape
    assert ((values >= 0) & (values <= 1)).all()
    again = Pool.model_validate(json.loads(pool.model_dump_json(exclude_none=True)))
    assert again == pool
    np.testing.assert_array_equal(again.apply(tables), pool.apply(tables))


@pytest.mark.parametrize("kind", get_args(PoolKind))
def test_a_field_is_pooled_alike_whatever_stands_beside_it(kind):
    tables, truth = simulated()
    pool, _ = fitted(kind, tables, truth)
    np.testing.assert_allclose(pool.apply(tables[:, :1]), pool.apply(tables)[:1], atol=1e-12)


@pytest.mark.parametrize("kind", ["mean", "geometric", "weighted"])
def test_equal_tables_pool_to_themselves(kind):
    tables, truth = simulated(noise=(1.0, 1.0))
    tables[1] = tables[0]
    pool, values = fitted(kind, tables, truth)
    np.testing.assert_allclose(pool.apply(tables), tables[0], atol=1e-9)
    np.testing.assert_allclose(values, tables[0], atol=1e-9)


def test_the_geometric_mean_is_of_odds():
    pool, _ = fitted("geometric", *simulated())
    odds = np.array([0.25, 1.0, 4.0])[:, None, None]
    np.testing.assert_allclose(pool.apply(np.repeat(odds / (1 + odds), 4, axis=2)), np.full((1, 4), 0.5))


def test_ranks_do_not_depend_on_what_a_table_takes_for_its_scale():
    tables, truth = simulated()
    warped = tables.copy()
    warped[1] = warped[1] ** 3  # keeps the order
    ranks, again = (fitted("rank", t, truth)[1] for t in (tables, warped))
    assert np.abs(tables.mean(axis=0) - warped.mean(axis=0)).max() > 0.1
    np.testing.assert_allclose(again, ranks, atol=0.05)  # quantiles are interpolated
    single = fitted("rank", tables[:1], truth)[1]
    assert (np.diff(single[:, 0][np.argsort(tables[0, :, 0])]) >= 0).all()


def test_the_climb_prefers_the_good_table_and_beats_the_mean():
    tables, truth = simulated()
    weights = fit_weights(tables, truth)
    assert weights.sum() == pytest.approx(1)
    assert weights[0] > 0.8
    fair, mean = fitted("weighted", tables, truth)[1], tables.mean(axis=0)
    assert _score(fair, truth) > _score(mean, truth) + 0.02


def test_the_climb_without_truth_weighs_alike():
    tables, truth = simulated()
    assert fit_weights(tables, np.zeros_like(truth)).tolist() == [1 / 3] * 3


def test_stacking_learns_whom_to_trust_and_stays_near_the_mean_for_a_rare_location():
    tables, truth = simulated(n=2000)
    truth[:, 3] = False
    pool, _ = fitted("stacked", tables, truth)
    assert pool.stacked is not None
    for intercept, *weights in pool.stacked[:3]:
        assert weights[0] > weights[1] > weights[2]
        assert abs(intercept) < 1
    few, _ = fitted("stacked", tables[:, :10], truth[:10])
    assert few.stacked is not None
    np.testing.assert_allclose(np.array(few.stacked)[:3, 1:], 1 / 3, atol=0.5)


def test_cross_fitted_noise_has_nothing_to_show():
    rng = np.random.default_rng(3)
    tables, truth = rng.random((12, 60, 2)), rng.random((60, 2)) < 0.5
    pool, values = fitted("stacked", tables, truth, names=tuple(map(str, range(12))))
    assert _score(pool.apply(tables), truth) > _score(values, truth) + 0.1
    assert _score(values, truth) < 0.65


@given(st.integers(0, 1000))
@settings(max_examples=25)
def test_average_precision_is_scikit_learns(seed):
    rng = np.random.default_rng(seed)
    truth = rng.random((80, 3)) < 0.2
    p = sigmoid(rng.integers(-20, 20, (80, 3)) / 4.0)  # many equal, none nearly so
    times = rng.integers(0, 3, 80)
    for k, score in enumerate(weighted_average_precisions(p, truth, times.astype(float))):
        some = np.repeat(np.arange(80), times)
        expected = average_precision_score(truth[some, k], p[some, k]) if truth[some, k].any() else 0
        assert score == pytest.approx(expected, abs=1e-9)


def test_other_numbers_of_tables_or_locations_are_refused():
    tables, truth = simulated()
    for kind in get_args(PoolKind):
        with pytest.raises(CellocateError, match="a rule for 3 tables, but 2 are given"):
            fitted(kind, tables, truth)[0].apply(tables[:2])
    for kind in ("rank", "stacked"):
        with pytest.raises(CellocateError, match="a pool for 4 locations, but the tables have 3"):
            fitted(kind, tables, truth)[0].apply(tables[:, :, :3])


def test_another_order_and_the_fields_of_the_fit_are_refused():
    tables, truth = simulated()
    ids = [str(i) for i in range(len(truth))]
    for kind in ("stacked", "weighted"):
        pool, _ = fitted(kind, tables, truth)
        with pytest.raises(CellocateError, match="another order"):
            pool.check_use(("b.csv", "a.csv", "c.csv"), ["new"])
        with pytest.raises(CellocateError, match=r"Give test_a.csv, test_b.csv, test_c.csv, in this order"):
            pool.check_use(("test_b.csv", "test_c.csv", "test_a.csv"), ["new"])
        with pytest.raises(CellocateError, match="fields that it was fitted to"):
            pool.check_use(NAMES, ids[::-1])
        with pytest.raises(CellocateError, match=r"Give A.csv, B.csv, C.csv, in this order"):
            pool.check_use(("B.csv", "A.csv", "C.csv"), ["new"])
        for others in (("b.csv", "c.csv", "d.csv"), ("2024-02.csv", "2024-03.csv", "2024-01.csv")):
            assert pool.check_use(others, ["new"])[0].startswith("tables taken in the order of the fit: ")
        assert pool.check_use(NAMES, ["new"]) == []
        places = "x.csv as a.csv, y.csv as b.csv, z.csv as c.csv"
        assert pool.check_use(("x.csv", "y.csv", "z.csv"), ["new"]) == [
            f"tables taken in the order of the fit: {places}"
        ]
    assert fitted("mean", tables, truth)[0].check_use(("b.csv", "a.csv", "c.csv"), ids) == []


def test_tables_of_one_name_are_told_apart_by_their_folders(tmp_path):
    one, two = (tmp_path / folder / "validation.csv" for folder in ("m1", "m2"))
    tables, truth = simulated(noise=(0.5, 2.0))
    pool, _ = fitted("weighted", tables, truth, table_names([one, two]))
    assert pool.tables == ("m1/validation.csv", "m2/validation.csv")
    with pytest.raises(CellocateError, match=r"Give m1/test.csv, m2/test.csv, in this order"):
        pool.check_use(table_names([two.with_name("test.csv"), one.with_name("test.csv")]), ["new"])


@pytest.mark.parametrize(
    "content",
    [
        {"kind": "weighted", "tables": ["a", "b"]},
        {"kind": "weighted", "tables": ["a", "b"], "weights": [1]},
        {"kind": "weighted", "tables": ["a", "b"], "weights": [0, 0]},
        {"kind": "weighted", "tables": ["a", "b"], "weights": [2, -1]},
        {"kind": "mean", "tables": ["a"], "weights": [1]},
        {"kind": "mean", "tables": []},
        {"kind": "stacked", "tables": ["a"], "stacked": [[0, 1, 2]]},
        {"kind": "rank", "tables": ["a"], "quantiles": [[[0, 1]]]},
        {"kind": "median", "tables": ["a"]},
    ],
)
def test_a_pool_that_is_none_is_refused(content):
    with pytest.raises(ValidationError):
        Pool.model_validate(content)


def test_real_tables_are_pooled_to_better_ones(real_data):
    saved = np.load(real_data / "decision" / "test_probabilities.npz")
    labels = read_labels(real_data / "decision" / "matched_labels.csv")
    ids = list(labels.table.index)
    rows = {field: row for row, field in enumerate(saved["ids"])}
    names = [name for name in saved.files if name not in ("ids", "summary_final")]
    tables = np.stack([saved[name][[rows[i] for i in ids]].astype(np.float64) for name in names])
    truth = labels.truth(ids)
    shown = truth.any(axis=0)

    def score(values):
        return weighted_average_precisions(values, truth, np.ones(len(ids)))[shown].mean()

    for kind in get_args(PoolKind):
        values = fit_pool(kind, tables, truth, names, ids=ids, folds=assign_folds(truth))[1]
        assert score(values) > np.median([score(table) for table in tables])
