"""Weights of several tables, found by hill climbing on validation fields."""

from __future__ import annotations

import numpy as np

from cellocate.arrays import Bools, Doubles, Floats, Ints
from cellocate.decision.logistic import logits

_BAGS, _STEPS = 10, 10
_BINS, _ENDS = 1024, 14.0  # of logits, finer than any table's noise


def fit_weights(tables: Floats, truth: Bools) -> Doubles:
    """Fit the weights whose mean of the tables has the best macro average precision.

    Starting from the best table, the table that helps most is added again and again, with replacement, and the best mix
    on the way is kept. The weights are averaged over 10 bootstrap resamples of the fields, so that chance does not pick
    the winner.

    Args:
        tables: probabilities, shape (M, N, K).
        truth: shape (N, K), bool.

    Returns:
        Shape (M,), summing to 1; equal weights where no location occurs.

    References:
        Caruana, Niculescu-Mizil, Crew, Ksikes. Ensemble selection from libraries of models. ICML 2004.
        https://doi.org/10.1145/1015330.1015432
    """
    if not truth.any():
        return np.full(len(tables), 1 / len(tables))
    rng = np.random.default_rng(0)
    values = tables[:, :, truth.any(axis=0)].astype(np.float64)
    weights = [_climb(values, truth[:, truth.any(axis=0)], _resample(rng, len(truth))) for _ in range(_BAGS)]
    return np.asarray(np.mean(weights, axis=0))


def weighted_average_precisions(probabilities: Floats, truth: Bools, weights: Doubles) -> Doubles:
    """Average precision of each location, as in scikit-learn, but with logits rounded to 1/37.

    Args:
        probabilities: shape (N, K).
        truth: shape (N, K), bool.
        weights: how often each field counts, shape (N,).

    Returns:
        Shape (K,); 0 for locations without truth.
    """
    n, classes = truth.shape
    bins = ((logits(probabilities) / _ENDS + 1) * (_BINS / 2)).astype(np.intp)
    place = (bins + np.arange(classes) * _BINS).ravel()

    def falling(of: Floats) -> Doubles:
        """The total with at least each probability, from the largest to the smallest."""
        counted = np.bincount(place, weights=of.ravel(), minlength=classes * _BINS)
        return np.asarray(counted.reshape(classes, _BINS)[:, ::-1].cumsum(axis=1))

    every = np.broadcast_to(weights[:, None], (n, classes))
    hits, kept = falling(every * truth), falling(every)
    precision = hits / np.maximum(kept, 1e-12)
    gained = np.diff(hits, axis=1, prepend=0)
    return np.asarray((precision * gained).sum(axis=1) / np.maximum(hits[:, -1], 1e-12))


def _climb(tables: Doubles, truth: Bools, resampled: Doubles) -> Doubles:
    def score(counts: Ints) -> float:
        mean = np.tensordot(counts / counts.sum(), tables, axes=1)
        return float(weighted_average_precisions(mean, truth, resampled).mean())

    ones = np.eye(len(tables), dtype=np.intp)
    path: list[tuple[float, Ints]] = []
    counts = np.zeros(len(tables), dtype=np.intp)
    for _ in range(_STEPS):
        tried = [score(counts + one) for one in ones]
        counts = counts + ones[int(np.argmax(tried))]
        path.append((max(tried), counts))
    best = max(path, key=lambda step: step[0])[1]
    return np.asarray(best / best.sum())


def _resample(rng: np.random.Generator, n: int) -> Doubles:
    return np.bincount(rng.integers(n, size=n), minlength=n).astype(np.float64)
