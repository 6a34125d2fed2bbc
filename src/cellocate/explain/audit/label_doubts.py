"""Find fields with wrong labels from held-out probabilities."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cellocate.choices import Judge
from cellocate.decision.logistic import fit_logistic, logits, sigmoid
from cellocate.errors import CellocateError

_ROUNDS = 500  # limit of expectation and maximisation, which ends long before
_START, _MIN, _MAX = 0.05 / 3, 1e-4, 0.3  # share of fields with one kind of mistake: first guess and limits


class LabelDoubts(NamedTuple):
    """How doubtful the labels of N fields are.

    Args:
        doubt: shape (N,); higher is more doubtful. With `likelihood`, the probability of a mistake.
        suspect: whether a label is probably wrong, shape (N,), bool.
        probabilities: shape (N, K); with `likelihood`, calibrated on all labels.
    """

    doubt: NDArray[np.float64]
    suspect: NDArray[np.bool_]
    probabilities: NDArray[np.float64]


def judge_labels(
    probabilities: NDArray[np.floating[Any]], truth: NDArray[np.bool_], judge: Judge = "likelihood"
) -> LabelDoubts:
    """Judge the labels of fields by the predictions of models that were not trained on them.

    - `likelihood`: a mixture of four models of labels, fitted by expectation and maximisation. Labels are right, and
      then as likely as the calibrated probabilities say; or they are those of another field (each location as likely as
      it is frequent), or have one label too few, or one too many. The doubt is the probability of a mistake; a field
      above .5 is suspect.
    - `cleanlab`: its multi-label quality scores, and its confident learning for each location.

    Args:
        probabilities: of held-out fields, shape (N, K).
        truth: their labels, shape (N, K), bool.
        judge: the method.

    Raises:
        CellocateError: cleanlab is not installed.

    References:
        Dempster, Laird, Rubin. Maximum likelihood from incomplete data via the EM algorithm. J. Royal Statistical
        Society B 39 (1977). https://doi.org/10.1111/j.2517-6161.1977.tb01600.x
        Northcutt, Jiang, Chuang. Confident learning. JAIR 70 (2021). https://doi.org/10.1613/jair.1.12125
        Thyagarajan et al. Identifying incorrect annotations in multi-label classification data. arXiv:2211.13895

    Example:
        >>> truth = np.eye(2, dtype=bool)[[0, 1] * 20 + [1]]
        >>> predicted = np.where(np.eye(2, dtype=bool)[[0, 1] * 20 + [0]], 0.95, 0.05)
        >>> np.flatnonzero(judge_labels(predicted, truth).suspect).tolist()
        [40]
    """
    return _by_cleanlab(probabilities, truth) if judge == "cleanlab" else _by_likelihood(probabilities, truth)


def _by_likelihood(probabilities: NDArray[np.floating[Any]], truth: NDArray[np.bool_]) -> LabelDoubts:
    p = calibrate(probabilities, truth)
    ratios = _ratios(np.clip(p, 1e-4, 1 - 1e-4), truth)  # so that no single location decides
    shares = np.full(ratios.shape[1], _START)
    for _ in range(_ROUNDS):
        mistaken = ratios * shares
        doubt = mistaken / (mistaken.sum(axis=1, keepdims=True) + 1 - shares.sum())
        before, shares = shares, np.clip(doubt.mean(axis=0), _MIN, _MAX)
        if np.abs(shares - before).max() < 1e-9:
            break
    total = doubt.sum(axis=1)
    return LabelDoubts(total, total > 0.5, p)


def _ratios(p: NDArray[np.float64], truth: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The likelihood of the labels under each kind of mistake over that if they are right, shape (N, 3)."""
    frequency = frequencies(truth)
    another = np.exp(log_likelihood(frequency, truth) - log_likelihood(p, truth))
    odds = p / (1 - p)
    # one label is missing; each was equally likely to be forgotten
    few = np.where(truth, 0, odds).sum(axis=1) / (truth.sum(axis=1) + 1)
    # one label is wrong; each was as likely to be added as it is frequent
    absent = np.where(truth, 0, frequency).sum(axis=1, keepdims=True) + frequency
    many = np.where(truth, frequency / absent / odds, 0).sum(axis=1)
    return np.stack([another, few, many], axis=1)


def calibrate(probabilities: NDArray[np.floating[Any]], truth: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Calibrate overconfident probabilities, with one line for the logits of all locations."""
    values = logits(probabilities)
    features = np.stack([np.ones(values.size), values.ravel()], axis=1)
    intercept, slope = fit_logistic(features, truth.ravel(), prior=np.array([0.0, 1.0]), spread=1.0)
    # a model that predicts the reverse of the labels is of no use
    return sigmoid(intercept + max(float(slope), 0.0) * values)


def frequencies(truth: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The frequency of each location, shape (K,), never 0 or 1: half a field is added to either side."""
    return np.asarray((truth.sum(axis=0) + 0.5) / (len(truth) + 1), np.float64)


def log_likelihood(p: NDArray[np.float64], truth: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The log-likelihood of the labels of each field, shape (N,)."""
    return np.asarray(np.where(truth, np.log(p), np.log1p(-p)).sum(axis=1), np.float64)


def _by_cleanlab(probabilities: NDArray[np.floating[Any]], truth: NDArray[np.bool_]) -> LabelDoubts:
    try:
        from cleanlab.multilabel_classification.filter import find_label_issues
        from cleanlab.multilabel_classification.rank import get_label_quality_scores
    except ImportError:
        mend = "Install it with: pip install 'cellocate[explain]', or judge by likelihood."
        raise CellocateError("cleanlab is not installed", mend=mend) from None
    labels = [np.flatnonzero(row).tolist() for row in truth]
    p = np.asarray(probabilities, np.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about rare locations
        quality = get_label_quality_scores(labels, p)
        suspect = find_label_issues(labels, p, n_jobs=1)
    return LabelDoubts(1 - np.asarray(quality, np.float64), np.asarray(suspect, bool), p)
