"""One threshold for all locations."""

from __future__ import annotations

import numpy as np

from cellocate.arrays import Bools, Doubles, Floats, Ints
from cellocate.decision.rules.kinds import rule
from cellocate.decision.rules.sweep import middle_of_best

_OF_N = 3  # fields, of any number


@rule("single", "one threshold for all locations, fitted on the validation part")
def single_thresholds(probabilities: Floats, truth: Bools) -> Doubles:
    """The same threshold for each location, shape (K,) (see `single_threshold`)."""
    return np.full(truth.shape[1], single_threshold(probabilities, truth))


def single_threshold(probabilities: Floats, truth: Bools) -> float:
    """The threshold among .01, .02, … .99 with the best macro F1 over the locations that occur.

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


def thresholds_of_absent(probabilities: Floats, shared: float) -> Doubles:
    """Thresholds of locations that no field shows: a shared one, or higher if that selects too many fields.

    If none of n fields shows a location, fewer than 3 in n do, with 95% confidence (the rule of three). So at most
    three of these fields may get it.

    Args:
        probabilities: shape (N, K).
        shared: the threshold of other locations.

    References:
        Hanley, Lippman-Hand. If nothing goes wrong, is everything all right? JAMA 249 (1983).
        https://doi.org/10.1001/jama.1983.03330370053031

    Example:
        >>> thresholds_of_absent(np.linspace(0, 0.9, 1000)[:, None], 0.5).round(3), thresholds_of_absent(np.eye(2), 0.5)
        (array([0.897]), array([0.5, 0.5]))
    """
    if len(probabilities) <= _OF_N:
        return np.full(probabilities.shape[1], shared)
    fourth = np.sort(probabilities, axis=0)[-_OF_N - 1].astype(np.float32)
    above = np.nextafter(fourth, np.float32(2))  # above it in single precision, and so in double; also above 1
    return np.asarray(np.maximum(shared, above), np.float64)


def _at_least(reached: Ints, columns: Ints, classes: int) -> Doubles:
    counts = np.zeros((100, classes))
    np.add.at(counts, (reached, columns), 1)
    return np.asarray(counts[::-1].cumsum(axis=0)[::-1][1:])
