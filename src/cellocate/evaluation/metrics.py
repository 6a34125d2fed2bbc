"""The figures of `metrics.json`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics as sk

from cellocate.errors import CellocateError
from cellocate.vocabulary import Vocabulary

_RESAMPLES = 1000
_AT_ONCE = 50
_BINS = 15


def evaluate(
    truth: NDArray[np.bool_],
    decided: NDArray[np.bool_],
    vocabulary: Vocabulary,
    *,
    probabilities: NDArray[np.floating[Any]] | None = None,
    thresholds: Sequence[float] | None = None,
    groups: Sequence[str] | None = None,
    interval: bool = True,
) -> dict[str, Any]:
    """Every figure for fields of known truth, as `metrics.json` holds them.

    Averages named `macro_*` are plain means over all locations, as the 2018 challenge has it: one that neither
    occurs nor is predicted counts 0 (scikit-learn's `zero_division=0`). Those named `*_present` are means over the
    locations that occur, and `absent` names the others. Average precision is undefined without truth, so its mean
    is always over the locations that occur. `macro_f1_interval` is the 95% percentile interval of 1000 bootstrap
    resamples of the fields, or of the groups where these are given; a location that a resample happens to miss is
    left out of that resample's mean.

    Args:
        truth: shape (N, K), bool.
        decided: shape (N, K), bool.
        vocabulary: of K locations.
        probabilities: shape (N, K); without them, average precision and calibration are None.
        thresholds: K of them, for the table per class.
        groups: for each field what it shares with others that are not independent of it (antibody, plate).
        interval: whether the bootstrap is drawn, which takes most of the time.

    Raises:
        CellocateError: there is no field to measure on.
    """
    if not len(truth):
        raise CellocateError("no labelled field to measure on", mend="Give a collection or part that has labels.")
    hits, predicted, support = (marks.sum(axis=0) for marks in (truth & decided, decided, truth))
    precision, recall = hits / np.maximum(predicted, 1), hits / np.maximum(support, 1)
    f1 = 2 * hits / np.maximum(predicted + support, 1)
    present: NDArray[np.bool_] = np.asarray(truth.any(axis=0))
    ap = np.full(len(vocabulary), np.nan)
    if probabilities is not None:
        ap[present] = [sk.average_precision_score(truth[:, k], probabilities[:, k]) for k in np.flatnonzero(present)]
    return {
        "n": len(truth),
        "vocabulary": vocabulary.name,
        "macro_f1": float(f1.mean()),
        "macro_f1_interval": _bootstrap(truth, decided, groups) if interval else None,
        "macro_f1_of_predicting_everything": float((2 * support / (len(truth) + support)).mean()),
        "macro_f1_present": float(f1[present].mean()) if present.any() else None,
        "micro_f1": float(2 * hits.sum() / max(predicted.sum() + support.sum(), 1)),
        "macro_precision": float(precision.mean()),
        "macro_recall": float(recall.mean()),
        "exact_match": float((truth == decided).all(axis=1).mean()),
        "binary_accuracy": float((truth == decided).mean()),
        "binary_accuracy_of_predicting_nothing": float((~truth).mean()),
        "macro_average_precision": _number(ap[present].mean() if present.any() else np.nan),
        "macro_average_precision_of_chance": _number(
            float(np.mean([chance_average_precision(int(p), len(truth)) for p in support[present]]))
            if present.any()
            else np.nan
        ),
        "ece": None if probabilities is None else expected_calibration_error(truth, probabilities),
        "absent": [name for name, occurs in zip(vocabulary.names, present, strict=True) if not occurs],
        "per_class": [
            {
                "name": name,
                "support": int(support[k]),
                "predicted": int(predicted[k]),
                "threshold": None if thresholds is None else float(thresholds[k]),
                "precision": float(precision[k]),
                "recall": float(recall[k]),
                "f1": float(f1[k]),
                "average_precision": _number(ap[k]),
            }
            for k, name in enumerate(vocabulary.names)
        ],
    }


def chance_average_precision(positives: int, n: int) -> float:
    """Expected average precision of n fields in random order, of which some are positive.

    It is more than their share, the more so the fewer fields there are.

    References:
        Bestgen. Exact Expected Average Precision of the Random Baseline for System Evaluation. The Prague Bulletin
        of Mathematical Linguistics 103 (2015). https://doi.org/10.1515/pralin-2015-0007

    Example:
        >>> round(chance_average_precision(1, 2), 2), chance_average_precision(2, 2)
        (0.75, 1.0)
    """
    if n == 1:
        return 1.0
    harmonic = float((1 / np.arange(1, n + 1)).sum())
    return float(((positives - 1) / (n - 1) * (n - harmonic) + harmonic) / n)


def expected_calibration_error(truth: NDArray[np.bool_], probabilities: NDArray[np.floating[Any]]) -> float:
    """How far probabilities are from frequencies, over all fields and locations together; 0 is best.

    All N·K pairs are binned into 15 equal bins of probability; the error is the mean over pairs of
    |mean probability − share that is true| of their bin.

    References:
        Guo, Pleiss, Sun, Weinberger. On Calibration of Modern Neural Networks. ICML 2017. arXiv:1706.04599

    Example:
        >>> expected_calibration_error(np.array([[True, False]]), np.array([[0.75, 0.25]]))
        0.25
    """
    p, t = np.asarray(probabilities, np.float64).ravel(), truth.ravel().astype(np.float64)
    bins = np.minimum((p * _BINS).astype(int), _BINS - 1)
    gaps = np.bincount(bins, weights=p - t, minlength=_BINS)
    return float(np.abs(gaps).sum() / len(p))


def _bootstrap(truth: NDArray[np.bool_], decided: NDArray[np.bool_], groups: Sequence[str] | None) -> list[float]:
    rng = np.random.default_rng(0)
    hits = (truth & decided).astype(np.float32)
    both = truth.astype(np.float32) + decided.astype(np.float32)
    if groups is not None:  # fields of a group are drawn together
        _, member = np.unique(np.asarray(groups), return_inverse=True)
        sums = np.zeros((2, member.max() + 1, truth.shape[1]), dtype=np.float32)
        np.add.at(sums[0], member, hits)
        np.add.at(sums[1], member, both)
        hits, both = sums
    scores = np.concatenate([_resampled(hits, both, rng) for _ in range(_RESAMPLES // _AT_ONCE)])
    return [float(q) for q in np.percentile(scores, [2.5, 97.5])]


def _resampled(hits: NDArray[np.float32], both: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    n, classes = hits.shape
    weights = rng.multinomial(n, np.full(n, 1 / n), size=_AT_ONCE).astype(np.float32)
    hits_drawn, both_drawn = weights @ hits, weights @ both
    # A rare location that a resample misses says nothing there: counting it 0 would pull the interval down.
    known = both_drawn > 0
    f1 = 2 * hits_drawn / np.maximum(both_drawn, 1)
    mean = f1.sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    scores: NDArray[np.float32] = mean * np.float32((both.sum(axis=0) > 0).sum() / classes)
    return scores


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
