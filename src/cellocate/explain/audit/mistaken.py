"""Which fields bear the labels of another, told from held-out probabilities."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from cellocate.decision.logistic import logits, regress, sigmoid
from cellocate.errors import CellocateError

Judge = Literal["likelihood", "cleanlab"]
JUDGES: tuple[Judge, ...] = get_args(Judge)

_ROUNDS = 500  # of expectation and maximisation, which ends long before
_START, _LEAST, _MOST = 0.05, 1e-4, 0.5  # of the share that is mistaken


class Doubts(NamedTuple):
    """How much the labels of N fields are doubted.

    Args:
        doubt: the more, the likelier mistaken, shape (N,); with `likelihood` the probability of it.
        suspect: whether they are taken for mistaken, shape (N,), bool.
        probabilities: shape (N, K); with `likelihood` calibrated on all labels.
    """

    doubt: NDArray[np.float64]
    suspect: NDArray[np.bool_]
    probabilities: NDArray[np.float64]


def doubts(probabilities: NDArray[np.floating[Any]], truth: NDArray[np.bool_], judge: Judge = "likelihood") -> Doubts:
    """Judge the labels of fields by what a model says that did not learn from them.

    - `likelihood`: labels are either right, and then as likely as the (calibrated) probabilities say, or mistaken, and
      then those of any field, each location as likely as it is frequent. The share of mistaken fields is the one that
      makes all labels likeliest, and each field's doubt the probability of being mistaken (a mixture of two, by
      expectation and maximisation); above .5 it is suspect.
    - `cleanlab`: its label quality scores for several labels, and its confident learning, location by location.

    Args:
        probabilities: of held-out fields, shape (N, K).
        truth: their labels, shape (N, K), bool.
        judge: how.

    Raises:
        CellocateError: cleanlab is asked for and not installed.

    References:
        Dempster, Laird, Rubin. Maximum likelihood from incomplete data via the EM algorithm. J. Royal Statistical
        Society B 39 (1977). https://doi.org/10.1111/j.2517-6161.1977.tb01600.x
        Northcutt, Jiang, Chuang. Confident learning. JAIR 70 (2021). https://doi.org/10.1613/jair.1.12125
        Thyagarajan et al. Identifying incorrect annotations in multi-label classification data. arXiv:2211.13895

    Example:
        >>> truth = np.eye(2, dtype=bool)[[0, 1] * 20 + [1]]
        >>> said = np.where(np.eye(2, dtype=bool)[[0, 1] * 20 + [0]], 0.95, 0.05)
        >>> np.flatnonzero(doubts(said, truth).suspect).tolist()
        [40]
    """
    return _by_cleanlab(probabilities, truth) if judge == "cleanlab" else _by_likelihood(probabilities, truth)


def _by_likelihood(probabilities: NDArray[np.floating[Any]], truth: NDArray[np.bool_]) -> Doubts:
    calibrated = _calibrated(probabilities, truth)
    frequency = (truth.sum(axis=0) + 0.5) / (len(truth) + 1)
    apart = _log_likelihood(frequency, truth) - _log_likelihood(calibrated, truth)
    share = _START
    for _ in range(_ROUNDS):
        doubt = sigmoid(apart + np.log(share / (1 - share)))
        before, share = share, float(np.clip(doubt.mean(), _LEAST, _MOST))
        if abs(share - before) < 1e-9:
            break
    return Doubts(doubt, doubt > 0.5, calibrated)


def _calibrated(probabilities: NDArray[np.floating[Any]], truth: NDArray[np.bool_]) -> NDArray[np.float64]:
    """One line for the logits of all locations, so that a model that is too sure of itself does not doubt too much."""
    values = logits(probabilities)
    features = np.stack([np.ones(values.size), values.ravel()], axis=1)
    intercept, slope = regress(features, truth.ravel(), prior=np.array([0.0, 1.0]), spread=1.0)
    # a model that says the reverse of its labels knows nothing that would let them be doubted
    return sigmoid(intercept + max(float(slope), 0.0) * values)


def _log_likelihood(probabilities: NDArray[np.float64], truth: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The log of how likely the labels are, shape (N,)."""
    p = np.clip(probabilities, 1e-4, 1 - 1e-4)  # no single location may settle a field
    return np.asarray(np.where(truth, np.log(p), np.log1p(-p)).sum(axis=1), np.float64)


def _by_cleanlab(probabilities: NDArray[np.floating[Any]], truth: NDArray[np.bool_]) -> Doubts:
    try:
        from cleanlab.multilabel_classification.filter import find_label_issues
        from cleanlab.multilabel_classification.rank import get_label_quality_scores
    except ImportError:
        mend = "Install it with: pip install 'cellocate[explain]', or judge by likelihood."
        raise CellocateError("cleanlab is not installed", mend=mend) from None
    labels = [np.flatnonzero(row).tolist() for row in truth]
    said = np.asarray(probabilities, np.float64)
    quality = get_label_quality_scores(labels, said, method="confidence_weighted_entropy", aggregator_kwargs=_SOFTMIN)
    suspect = find_label_issues(labels, said, n_jobs=1)
    return Doubts(1 - np.asarray(quality, np.float64), np.asarray(suspect, bool), said)


_SOFTMIN = {"method": "softmin"}  # the best of its six ways on the tables of benchmarks/audit.py
