"""Curves of F1 against threshold: as scikit-learn counts, with the chosen point among them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import precision_recall_fscore_support

from cellocate.decision import f1_curves, fit
from cellocate.decision.rules import KINDS

HUNDREDTHS = st.integers(0, 100).map(lambda i: i / 100)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(arrays(np.float64, (7, 2), elements=HUNDREDTHS), arrays(bool, (7, 2)))
@settings(max_examples=10)
def test_every_point_is_what_scikit_learn_counts(dtype, probabilities, truth):
    table = f1_curves(probabilities.astype(dtype), truth, ["A", "B"], [0.305, 0.5])
    assert len(table) == 2 * 102
    for row in table.iloc[::17].itertuples():
        k = "AB".index(row.location)
        decided = probabilities[:, k].astype(dtype) >= dtype(row.threshold)
        precision, recall, f1, _ = precision_recall_fscore_support(
            truth[:, k], decided, average="binary", zero_division=0
        )
        assert (row.precision, row.recall, row.f1) == pytest.approx((precision, recall, f1))
        assert (row.predicted, row.support) == (decided.sum(), truth[:, k].sum())


@pytest.mark.parametrize("kind", KINDS)
def test_the_chosen_point_is_what_the_rule_decides(kind):
    rng = np.random.default_rng(0)
    probabilities, truth = rng.random((80, 3)), rng.random((80, 3)) < 0.3
    rule = fit(kind, probabilities, truth, fallback="none")
    table = f1_curves(probabilities, truth, ["A", "B", "C"], rule.applied_thresholds)
    chosen = table[table["chosen"] == 1]
    if rule.applied_thresholds is None:
        assert chosen.empty
        assert len(table) == 3 * 101
        return
    assert chosen["location"].tolist() == ["A", "B", "C"]
    assert chosen["threshold"].tolist() == list(rule.thresholds)
    assert chosen["predicted"].tolist() == rule.apply(probabilities).sum(axis=0).tolist()


def test_each_curve_rises_in_threshold_and_falls_in_recall():
    rng = np.random.default_rng(0)
    table = f1_curves(rng.random((50, 2)), rng.random((50, 2)) < 0.4, ["A", "B"], [0.123, 0.456])
    for _, curve in table.groupby("location"):
        assert curve["threshold"].is_monotonic_increasing
        assert curve["recall"].is_monotonic_decreasing
        assert curve["recall"].iloc[0] == 1
