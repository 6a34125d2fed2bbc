"""Which fields bear wrong labels, told from held-out probabilities."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from cellocate.choices import Judge
from cellocate.decision.logistic import logits, regress, sigmoid
from cellocate.errors import CellocateError

JUDGES: tuple[Judge, ...] = get_args(Judge)

_ROUNDS = 500  # of expectation and maximisation, which ends long before
_START, _LEAST, _MOST = 0.05 / 3, 1e-4, 0.3  # of the share that is mistaken in one way


class LabelDoubts(NamedTuple):
    """How much the labels of N fields are doubted.

    Args:
        doubt: the more, the likelier mistaken, shape (N,); with `likelihood` the probability of it.
        suspect: whether they are taken for mistaken, shape (N,), bool.
        probabilities: shape (N, K); with `likelihood` calibrated on all labels.
    """

    doubt: NDArray[np.float64]
    suspect: NDArray[np.bool_]
    probabilities: NDArray[np.float64]


def judge_labels(
    probabilities: NDArray[np.floating[Any]], truth: NDArray[np.bool_], judge: Judge = "likelihood"
) -> LabelDoubts:
    """Judge the labels of fields by what a model says that did not learn from them.

    - `likelihood`: labels are either right, and then as likely as the (calibrated) probabilities say, or mistaken in
      one of three ways: those of any field, each location as likely as it is frequent; one label too few; or one too
      many. The shares of these are the ones that make all labels likeliest, and each field's doubt is the probability
      of a mistake (a mixture of four, by expectation and maximisation); above .5 it is suspect.
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
        >>> np.flatnonzero(judge_labels(said, truth).suspect).tolist()
        [40]
    """
    return _by_cleanlab(probabilities, truth) if judge == "cleanlab" else _by_likelihood(probabilities, truth)


def _by_likelihood(probabilities: NDArray[np.floating[Any]], truth: NDArray[np.bool_]) -> LabelDoubts:
    p = calibrate(probabilities, truth)
    ratios = _ratios(np.clip(p, 1e-4, 1 - 1e-4), truth)  # no single location may settle a field
    shares = np.full(ratios.shape[1], _START)
    for _ in range(_ROUNDS):
        mistaken = ratios * shares
        doubt = mistaken / (mistaken.sum(axis=1, keepdims=True) + 1 - shares.sum())
        before, shares = shares, np.clip(doubt.mean(axis=0), _LEAST, _MOST)
        if np.abs(shares - before).max() < 1e-9:
            break
    total = doubt.sum(axis=1)
    return LabelDoubts(total, total > 0.5, p)


def _ratios(p: NDArray[np.float64], truth: NDArray[np.bool_]) -> NDArray[np.float64]:
    """How many times likelier the labels are under each kind of mistake than if they are right, shape (N, 3)."""
    frequency = frequencies(truth)
    another = np.exp(log_likelihood(frequency, truth) - log_likelihood(p, truth))
    odds = p / (1 - p)
    # right would be one label more, each of which was as likely to be forgotten
    few = np.where(truth, 0, odds).sum(axis=1) / (truth.sum(axis=1) + 1)
    # right would be one label fewer; it was added as often as it is frequent among those that could be
    absent = np.where(truth, 0, frequency).sum(axis=1, keepdims=True) + frequency
    many = np.where(truth, frequency / absent / odds, 0).sum(axis=1)
    return np.stack([another, few, many], axis=1)


def calibrate(probabilities: NDArray[np.floating[Any]], truth: NDArray[np.bool_]) -> NDArray[np.float64]:
    """One line for the logits of all locations, so that a model that is too sure of itself does not doubt too much."""
    values = logits(probabilities)
    features = np.stack([np.ones(values.size), values.ravel()], axis=1)
    intercept, slope = regress(features, truth.ravel(), prior=np.array([0.0, 1.0]), spread=1.0)
    # a model that says the reverse of its labels knows nothing that would let them be doubted
    return sigmoid(intercept + max(float(slope), 0.0) * values)


def frequencies(truth: NDArray[np.bool_]) -> NDArray[np.float64]:
    """How often each location occurs, shape (K,); never 0 or 1, as half a field is added to either side."""
    return np.asarray((truth.sum(axis=0) + 0.5) / (len(truth) + 1), np.float64)


def log_likelihood(p: NDArray[np.float64], truth: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The log of how likely the labels are, shape (N,)."""
    return np.asarray(np.where(truth, np.log(p), np.log1p(-p)).sum(axis=1), np.float64)


def _by_cleanlab(probabilities: NDArray[np.floating[Any]], truth: NDArray[np.bool_]) -> LabelDoubts:
    try:
        from cleanlab.multilabel_classification.filter import find_label_issues
        from cleanlab.multilabel_classification.rank import get_label_quality_scores
    except ImportError:
        mend = "Install it with: pip install 'cellocate[explain]', or judge by likelihood."
        raise CellocateError("cleanlab is not installed", mend=mend) from None
    labels = [np.flatnonzero(row).tolist() for row in truth]
    said = np.asarray(probabilities, np.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of rare locations, of which it may miss mistakes
        quality = get_label_quality_scores(labels, said)
        suspect = find_label_issues(labels, said, n_jobs=1)
    return LabelDoubts(1 - np.asarray(quality, np.float64), np.asarray(suspect, bool), said)
