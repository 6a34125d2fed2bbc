"""Counts for each location, from which precision, recall, F1 and accuracy follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellocate.arrays import Bools, Doubles


@dataclass(frozen=True, eq=False)
class Counts:
    """Fields in which each location is true and predicted, predicted, and true, shape (K,) each.

    Divisions by zero give 0, as with scikit-learn's `zero_division=0`.

    Example:
        >>> truth, labels = np.array([[True, False], [True, True]]), np.array([[True, False], [False, True]])
        >>> Counts.of(truth, labels).f1.round(3).tolist()
        [0.667, 1.0]
    """

    n: int
    hits: NDArray[np.int64]
    predicted: NDArray[np.int64]
    support: NDArray[np.int64]

    @classmethod
    def of(cls, truth: Bools, labels: Bools) -> Counts:
        """Count truth and predicted labels, shape (N, K), bool."""
        return cls(len(truth), *(marks.sum(axis=0) for marks in (truth & labels, labels, truth)))

    @property
    def precision(self) -> Doubles:
        """Share of the fields with a predicted location that show it."""
        return _share(self.hits, self.predicted)

    @property
    def recall(self) -> Doubles:
        """Share of the fields that show a location for which it is predicted."""
        return _share(self.hits, self.support)

    @property
    def f1(self) -> Doubles:
        """The harmonic mean of precision and recall."""
        return _share(2 * self.hits, self.predicted + self.support)

    @property
    def accuracy(self) -> Doubles:
        """Share of fields for which a location is correctly predicted or correctly not."""
        wrong = self.predicted + self.support - 2 * self.hits
        return 1 - wrong / self.n

    @property
    def summed(self) -> Counts:
        """Counts of all labels together, for micro averages."""
        k = len(self.hits)
        return Counts(self.n * k, *(x.sum(keepdims=True) for x in (self.hits, self.predicted, self.support)))


def _share(part: NDArray[Any], whole: NDArray[Any]) -> Doubles:
    return np.asarray(part / np.maximum(whole, 1), np.float64)
