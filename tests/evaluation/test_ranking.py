"""Figures that need no threshold, beside scikit-learn's."""

import numpy as np
import pytest
from hypothesis import given, settings
from random_tables import tables, vocabulary
from sklearn import metrics as sk

from cellocate.evaluation import evaluate, ranking
from cellocate.evaluation.ranking import average_precisions, ranking_scores, roc_areas


@given(tables())
@settings(max_examples=80)
def test_ranks_of_locations_are_those_of_scikit_learn(drawn):
    truth, _, p = drawn
    found = ranking_scores(truth, p)
    expected = {
        "label_ranking_average_precision": sk.label_ranking_average_precision_score(truth, p),
        "coverage_error": sk.coverage_error(truth, p),
        "ranking_loss": sk.label_ranking_loss(truth, p),
    }
    assert found == pytest.approx(expected, abs=1e-9)


def test_many_fields_are_ranked_in_parts(monkeypatch):
    rng = np.random.default_rng(0)
    truth, p = rng.random((50, 5)) < 0.4, rng.random((50, 5))
    whole = ranking_scores(truth, p)
    monkeypatch.setattr(ranking, "_AT_ONCE", 7)
    assert ranking_scores(truth, p) == pytest.approx(whole)


@given(tables())
@settings(max_examples=80)
def test_ranks_of_fields_are_those_of_scikit_learn(drawn):
    truth, _, p = drawn
    for k, (ap, auc) in enumerate(zip(average_precisions(truth, p), roc_areas(truth, p), strict=True)):
        t = truth[:, k]
        assert np.isnan(ap) if not t.any() else ap == pytest.approx(sk.average_precision_score(t, p[:, k]), abs=1e-9)
        assert np.isnan(auc) if t.all() or not t.any() else auc == pytest.approx(sk.roc_auc_score(t, p[:, k]), abs=1e-9)


@given(tables())
@settings(max_examples=80)
def test_averages_of_every_kind_are_those_of_scikit_learn(drawn):
    truth, decided, p = drawn
    found = evaluate(truth, decided, vocabulary(truth.shape[1]), probabilities=p, interval=False)
    for name, score in (("f1", sk.f1_score), ("precision", sk.precision_score), ("recall", sk.recall_score)):
        for kind in ("macro", "micro"):
            expected = score(truth, decided, average=kind, zero_division=0)
            assert found[f"{kind}_{name}"] == pytest.approx(expected, abs=1e-9)
    assert found["hamming_loss"] == pytest.approx(sk.hamming_loss(truth, decided), abs=1e-9)
    assert found["exact_match"] == pytest.approx(sk.accuracy_score(truth, decided), abs=1e-9)
    some = truth.any(axis=1)
    if some.any():
        of_fields = sk.recall_score(truth[some], decided[some], average="samples", zero_division=0)
        assert found["recall_of_fields"] == pytest.approx(of_fields, abs=1e-9)
    else:
        assert found["recall_of_fields"] is None
    for k, row in enumerate(found["per_class"]):
        assert row["accuracy"] == pytest.approx(sk.accuracy_score(truth[:, k], decided[:, k]), abs=1e-9)
    some = truth.any(axis=0) & ~truth.all(axis=0)
    if some.any():
        expected = sk.roc_auc_score(truth[:, some], p[:, some], average="macro")
        assert found["macro_roc_auc"] == pytest.approx(expected, abs=1e-9)
        assert found["micro_roc_auc"] == pytest.approx(sk.roc_auc_score(truth, p, average="micro"), abs=1e-9)
        expected = sk.average_precision_score(truth, p, average="micro")
        assert found["micro_average_precision"] == pytest.approx(expected, abs=1e-9)
    else:
        assert found["macro_roc_auc"] is None


def test_one_location_alone_is_ranked():
    truth, p = np.array([[True], [False]]), np.array([[0.2], [0.9]])
    expected = {"label_ranking_average_precision": 1, "coverage_error": 0.5, "ranking_loss": 0}
    assert ranking_scores(truth, p) == pytest.approx(expected)
