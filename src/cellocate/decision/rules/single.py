"""One threshold for all locations."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellocate.decision.rules.sweep import middle_of_best


def single_threshold(probabilities: NDArray[np.floating[Any]], truth: NDArray[np.bool_]) -> float:
    """The one of .01, .02, … .99 with the best macro F1 over the locations that occur.

    Args:
        probabilities: shape (N, K).
        truth: shape (N, K), bool; some location occurs.

    Example:
        >>> single_threshold(np.array([[0.2], [0.8]]), np.array([[False], [True]]))
        0.51
    """
    occurs = truth.any(axis=0)
    candidates = (np.arange(1, 100) / 100).astype(probabilities.dtype)  # as `apply` compares them
    p, t = probabilities[:, occurs], truth[:, occurs]
    # counted from the top: how many fields, and true ones, reach each candidate
    reached = np.searchsorted(candidates, p, side="right")  # candidates that a probability reaches
    columns = np.broadcast_to(np.arange(p.shape[1]), p.shape)
    kept, hits = (_at_least(reached[chosen], columns[chosen], p.shape[1]) for chosen in (np.ones_like(t), t))
    scores = (2 * hits / np.maximum(kept + t.sum(axis=0), 1)).mean(axis=1)
    return round(middle_of_best(candidates.astype(np.float64), scores), 2)


def _at_least(reached: NDArray[np.intp], columns: NDArray[np.intp], classes: int) -> NDArray[np.float64]:
    counts = np.zeros((100, classes))
    np.add.at(counts, (reached, columns), 1)
    return np.asarray(counts[::-1].cumsum(axis=0)[::-1][1:])
