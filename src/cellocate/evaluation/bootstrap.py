"""Bootstrap over groups of fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellocate.arrays import Bools, Doubles, Floats, Ints

RESAMPLES = 1000
_AT_ONCE = 50

Weights = NDArray[np.int64]
"""How often each of G groups was drawn in each of B resamples, shape (B, G)."""


class Clusters:
    """Groups of fields that are not independent, such as those of one antibody or plate.

    Args:
        fields: how many there are.
        groups: of the fields; by default each field is its own group.

    Attributes:
        member: for each field the number of its group, shape (N,).
        count: how many groups there are.
    """

    def __init__(self, fields: int, groups: Sequence[str] | None = None) -> None:
        self.member: Ints = np.arange(fields)
        if groups is not None:
            self.member = np.unique(np.asarray(groups), return_inverse=True)[1]
        self.count = int(self.member.max()) + 1

    def sums(self, marks: NDArray[Any]) -> NDArray[np.float32]:
        """Sum numbers of fields, shape (N, K), over each group, shape (G, K)."""
        found = np.zeros((self.count, marks.shape[1]), np.float32)
        np.add.at(found, self.member, marks.astype(np.float32))
        return found

    def draws(self, resamples: int = RESAMPLES) -> Iterator[Weights]:
        """Draw resamples in batches, the same each time."""
        rng = np.random.default_rng(0)
        for start in range(0, resamples, _AT_ONCE):
            size = min(_AT_ONCE, resamples - start)
            # counted draws, since drawing the counts themselves takes ten times as long
            drawn = rng.integers(0, self.count, (size, self.count)) + self.count * np.arange(size)[:, None]
            yield np.bincount(drawn.ravel(), minlength=drawn.size).reshape(drawn.shape)


def bootstrap(statistic: Callable[[Weights], Doubles], clusters: Clusters) -> Doubles:
    """Compute a statistic in 1000 resamples of the groups.

    Args:
        statistic: of weights, shape (B, G); it returns a row for each of B resamples.
        clusters: what is drawn.

    References:
        Davison, Hinkley. Bootstrap Methods and their Application, section 3.8 (hierarchical data; here whole groups
        are drawn and all their fields kept). https://doi.org/10.1017/CBO9780511802843
    """
    return np.concatenate([statistic(weights) for weights in clusters.draws()])


def percentiles(scores: Doubles) -> list[float]:
    """The 95% percentile interval of a score's values in resamples."""
    return [float(q) for q in np.percentile(scores, [2.5, 97.5])]


def without_bias(scores: Doubles, score: float) -> Doubles:
    """Shift a score's values in resamples so that their median is the score.

    Resamples repeat fields, and a rare location that is drawn twice ranks higher: in few fields their average precision
    is so far above that of the fields that the interval would not hold it.

    References:
        Efron, Tibshirani. An Introduction to the Bootstrap (1993), chapter 10 (the bootstrap's estimate of bias).

    Example:
        >>> without_bias(np.array([0.5, 0.75, 1.0]), 0.5).tolist()
        [0.25, 0.5, 0.75]
    """
    return np.clip(scores + (score - np.median(scores)), 0, 1)


def mean_interval(values: Floats, groups: Sequence[str]) -> tuple[float, float]:
    """The 95% interval of the mean of numbers, resampled by group.

    Args:
        values: shape (N,).
        groups: of the values; values of a group are not independent.

    Example:
        >>> mean_interval(np.array([0.0, 1.0]), ["a", "a"])  # one group tells of no other
        (0.5, 0.5)
    """
    clusters = Clusters(len(values), groups)
    sums = clusters.sums(np.stack([values, np.ones(len(values))], axis=1))
    low, high = percentiles(bootstrap(lambda w: (w @ sums[:, 0] / (w @ sums[:, 1])).astype(np.float64), clusters))
    return low, high


class ResampledF1:
    """F1 in resamples, computed fast from sums over groups.

    Args:
        truth: shape (N, K), bool.
        labels: predicted labels, shape (N, K), bool.
        clusters: of the fields.
    """

    def __init__(self, truth: Bools, labels: Bools, clusters: Clusters) -> None:
        self.hits = clusters.sums(truth & labels)
        self.both = clusters.sums(truth.astype(np.int8) + labels)
        self._occurring = float((self.both.sum(axis=0) > 0).mean())

    def macro(self, weights: Weights) -> Doubles:
        """Macro F1 of each resample, shape (B,).

        A rare location that a resample misses is left out of that resample's mean: counting it 0 would pull the
        interval down. One that occurs nowhere still counts 0.
        """
        f1, known = self.per_class(weights)
        return np.asarray(f1.sum(axis=1) / np.maximum(known.sum(axis=1), 1) * self._occurring)

    def micro(self, weights: Weights) -> Doubles:
        """Micro F1 of each resample, shape (B,)."""
        hits, both = (weights @ sums.sum(axis=1) for sums in (self.hits, self.both))
        return np.asarray(2 * hits / np.maximum(both, 1))

    def per_class(self, weights: Weights) -> tuple[Doubles, Bools]:
        """F1 of each location in each resample, and whether it is known there; shape (B, K) each."""
        # sums of whole numbers below 2^24 are exact in single precision, and twice as fast
        hits, both = ((weights.astype(np.float32) @ sums).astype(np.float64) for sums in (self.hits, self.both))
        return 2 * hits / np.maximum(both, 1), both > 0


class ResampledPrecision:
    """Average precision in resamples, computed from one sorting of each location's fields.

    Args:
        truth: shape (N, K), bool.
        probabilities: shape (N, K).
        clusters: of the fields.
    """

    def __init__(self, truth: Bools, probabilities: Floats, clusters: Clusters) -> None:
        occurring = np.flatnonzero(truth.any(axis=0))
        self._sorted = [_Sorted(truth[:, k], probabilities[:, k], clusters.member) for k in occurring]

    def macro(self, weights: Weights) -> Doubles:
        """Mean average precision of each resample, over the locations that occur in it, shape (B,)."""
        drawn = np.ascontiguousarray(weights.T, np.int32)
        values = np.stack([ranked.precision(drawn) for ranked in self._sorted])
        known = np.isfinite(values)
        return np.asarray(np.where(known, values, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1))


class _Sorted:
    def __init__(self, truth: Bools, probabilities: Floats, member: Ints) -> None:
        order = np.argsort(-probabilities, kind="stable")
        falling = probabilities[order]
        self.member = member[order]
        self.positives = np.flatnonzero(truth[order])
        ends = np.append(np.flatnonzero(falling[1:] != falling[:-1]), len(falling) - 1)
        self.ends = ends[np.searchsorted(ends, self.positives)]  # of each positive's run of equal probabilities
        self.last = np.searchsorted(self.positives, self.ends, side="right") - 1  # the last positive in that run

    def precision(self, drawn: NDArray[np.int32]) -> Doubles:
        """Average precision in each of B resamples, NaN where no positive was drawn; `drawn` has shape (G, B)."""
        weights = drawn[self.member]
        all_above = np.cumsum(weights, axis=0, dtype=np.int32)[self.ends]
        of_positives = weights[self.positives]
        true_above = np.cumsum(of_positives, axis=0, dtype=np.int32)[self.last]
        total = of_positives.sum(axis=0)
        summed = (of_positives * true_above / np.maximum(all_above, 1)).sum(axis=0)
        return np.where(total > 0, summed / np.maximum(total, 1), np.nan)
