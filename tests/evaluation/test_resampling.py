"""The bootstrap's shortcuts, beside the measures themselves on resampled fields."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from random_tables import tables, vocabulary
from sklearn import metrics as sk

from cellocate.evaluation import evaluate
from cellocate.evaluation.bootstrap import Clusters, ResampledF1, ResampledPrecision, mean_interval


@st.composite
def weighted(draw):
    truth, decided, p = draw(tables())
    groups = draw(st.lists(st.sampled_from("abcd"), min_size=len(truth), max_size=len(truth)))
    clusters = Clusters(len(truth), groups)
    weights = draw(arrays(np.int64, (2, clusters.count), elements=st.integers(0, 3)))
    weights[:, 0] += 1
    return truth, decided, p, clusters, weights


@given(weighted())
@settings(max_examples=80)
def test_f1_of_resamples_is_that_of_the_fields_drawn(drawn):
    truth, decided, _, clusters, weights = drawn
    f1 = ResampledF1(truth, decided, clusters)
    occurring = (truth | decided).any(axis=0).mean()
    for row, macro, micro in zip(weights, f1.macro(weights), f1.micro(weights), strict=True):
        t, d = (np.repeat(table, row[clusters.member], axis=0) for table in (truth, decided))
        known = (t | d).any(axis=0)
        each = sk.f1_score(t, d, average=None, zero_division=0)
        assert macro == pytest.approx(each[known].mean() * occurring if known.any() else 0, abs=1e-9)
        assert micro == pytest.approx(sk.f1_score(t, d, average="micro", zero_division=0), abs=1e-9)


@given(weighted())
@settings(max_examples=80)
def test_average_precision_of_resamples_is_that_of_the_fields_drawn(drawn):
    truth, _, p, clusters, weights = drawn
    if not truth.any():
        return
    for row, macro in zip(weights, ResampledPrecision(truth, p, clusters).macro(weights), strict=True):
        t, q = (np.repeat(table, row[clusters.member], axis=0) for table in (truth, p))
        some = np.flatnonzero(t.any(axis=0))
        each = [sk.average_precision_score(t[:, k], q[:, k]) for k in some]
        assert macro == pytest.approx(np.mean(each) if each else 0, abs=1e-9)


def test_draws_are_the_same_each_time_and_as_many_as_asked():
    drawn = [np.concatenate(list(Clusters(9, list("aabbcccdd")).draws(70))) for _ in range(2)]
    assert drawn[0].shape == (70, 4)
    assert (drawn[0].sum(axis=1) == 4).all()
    np.testing.assert_array_equal(*drawn)


def test_every_headline_figure_has_an_interval_around_it():
    rng = np.random.default_rng(0)
    truth = rng.random((150, 4)) < 0.3
    p = np.clip(truth * 0.3 + rng.random((150, 4)) * 0.7, 0, 1)
    found = evaluate(truth, p > 0.5, vocabulary(4), probabilities=p)
    for name in ("macro_f1", "micro_f1", "macro_average_precision"):
        low, high = found[f"{name}_interval"]
        assert low < found[name] < high
    without = evaluate(truth, p > 0.5, vocabulary(4), probabilities=p, interval=False)
    assert {without[f"{name}_interval"] for name in ("macro_f1", "micro_f1", "macro_average_precision")} == {None}
    assert evaluate(truth, p > 0.5, vocabulary(4))["macro_average_precision_interval"] is None


@pytest.mark.parametrize("groups", [None, list("aabbccddee")])
def test_the_interval_of_average_precision_holds_the_score_of_few_fields(groups):
    for seed in (7, 77, 90, 167, 192):  # of 200, those where copies of rare fields feign skill in most resamples
        rng = np.random.default_rng(seed)
        truth, p = rng.random((10, 12)) < 0.12, rng.random((10, 12))
        found = evaluate(truth, p > 0.5, vocabulary(12), probabilities=p, groups=groups)
        low, high = found["macro_average_precision_interval"]
        assert 0 <= low < found["macro_average_precision"] < high <= 1


def test_the_interval_of_a_mean_is_scipys_where_all_are_independent_and_wider_where_they_are_not():
    from scipy.stats import bootstrap as reference

    values = np.random.default_rng(0).random(60)
    single = mean_interval(values, [str(i) for i in range(60)])
    expected = reference((values,), np.mean, n_resamples=5000, method="percentile", rng=np.random.default_rng(1))
    np.testing.assert_allclose(single, expected.confidence_interval, atol=0.01)
    copies = mean_interval(np.repeat(values, 3), [str(i) for i in range(60) for _ in range(3)])
    np.testing.assert_allclose(copies, single, atol=1e-6)
