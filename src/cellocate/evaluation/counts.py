"""Hits, predictions and truth, counted for each location: what precision, recall, F1 and accuracy are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Counts:
    """Of n fields and K locations: fields where each is true and decided, decided, and true, shape (K,) each.

    What divides by nothing is 0, as with scikit-learn's `zero_division=0`.

    Example:
        >>> truth, decided = np.array([[True, False], [True, True]]), np.array([[True, False], [False, True]])
        >>> Counts.of(truth, decided).f1.round(3).tolist()
        [0.667, 1.0]
    """

    n: int
    hits: NDArray[np.int64]
    predicted: NDArray[np.int64]
    support: NDArray[np.int64]

    @classmethod
    def of(cls, truth: NDArray[np.bool_], decided: NDArray[np.bool_]) -> Counts:
        """Count tables of truth and decisions, shape (N, K), bool."""
        return cls(len(truth), *(marks.sum(axis=0) for marks in (truth & decided, decided, truth)))

    @property
    def precision(self) -> NDArray[np.float64]:
        """Of the fields that were given a location, the share that show it."""
        return _share(self.hits, self.predicted)

    @property
    def recall(self) -> NDArray[np.float64]:
        """Of the fields that show a location, the share that were given it."""
        return _share(self.hits, self.support)

    @property
    def f1(self) -> NDArray[np.float64]:
        """The harmonic mean of precision and recall."""
        return _share(2 * self.hits, self.predicted + self.support)

    @property
    def accuracy(self) -> NDArray[np.float64]:
        """The share of fields that were rightly given or rightly denied a location."""
        wrong = self.predicted + self.support - 2 * self.hits
        return 1 - wrong / self.n

    @property
    def summed(self) -> Counts:
        """All marks counted together, as micro averages do."""
        k = len(self.hits)
        return Counts(self.n * k, *(x.sum(keepdims=True) for x in (self.hits, self.predicted, self.support)))


def _share(part: NDArray[Any], whole: NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray(part / np.maximum(whole, 1), np.float64)
