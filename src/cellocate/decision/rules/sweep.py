"""F1 of one location at every distinct threshold."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cellocate.arrays import Doubles, Floats


class Sweep(NamedTuple):
    """Counts at each threshold, from the highest threshold to the lowest; each shape (P,).

    Args:
        thresholds: halfway between two neighbouring probabilities.
        kept: number of fields at or above.
        hits: how many of these show the location.
        positives: how many fields show it at all.
    """

    thresholds: Doubles
    kept: Doubles
    hits: Doubles
    positives: float

    @property
    def f1(self) -> Doubles:
        """F1 at each threshold."""
        return np.asarray(2 * self.hits / np.maximum(self.kept + self.positives, 1e-12))

    def best(self) -> float:
        """The threshold with the best F1; of equally good ones the middle one."""
        return middle_of_best(self.thresholds, self.f1)


class Sorted:
    """The fields of one location by falling probability, to be swept with any weights.

    Example:
        >>> sweep = Sorted(np.array([0.2, 0.4, 0.8])).sweep(np.array([False, True, True]))
        >>> sweep.thresholds.round(2).tolist(), sweep.f1.round(2).tolist()
        ([0.6, 0.3, 0.1], [0.67, 1.0, 0.8])
    """

    def __init__(self, probabilities: Floats) -> None:
        self.order = np.argsort(-probabilities, kind="stable")
        falling = probabilities[self.order]
        below = np.append(falling[1:], falling.dtype.type(0))
        middle = (falling + below) / 2
        self.parts = falling > below  # a threshold cannot part equal probabilities
        self.parts[-1] = True
        # between neighbouring numbers there is no middle
        self.thresholds = np.where(middle > below, middle, falling).astype(np.float64)[self.parts]

    def sweep(self, truth: NDArray[Any], weights: Doubles | None = None) -> Sweep:
        """Count over fields of this truth (bool, or its probability), each counted `weights` times; shapes (N,)."""
        true = truth[self.order].astype(np.float64)
        counted = np.ones(len(true)) if weights is None else weights[self.order]
        kept, hits = np.cumsum(counted), np.cumsum(counted * true)
        return Sweep(self.thresholds, kept[self.parts], hits[self.parts], float(hits[-1]))


def middle_of_best(candidates: Doubles, scores: Doubles) -> float:
    """Of the candidates with the highest score, the middle one."""
    best = np.flatnonzero(scores >= scores.max() - 1e-12)
    return float(candidates[best[len(best) // 2]])
