"""Choose fields to show by a fixed rule, so that nobody picks the pretty ones."""

from __future__ import annotations

import numpy as np

from cellocate.arrays import Bools


def choose_examples(truth: Bools, count: int = 4) -> list[int]:
    """Choose fields that together show many locations: each adds the most new ones, the earliest of equals.

    Example:
        >>> choose_examples(np.array([[1, 0, 0], [1, 1, 0], [0, 0, 1]], bool), count=2)
        [1, 2]
    """
    chosen: list[int] = []
    unseen = np.ones(truth.shape[1], dtype=bool)
    for _ in range(min(count, len(truth))):
        gain = (truth & unseen).sum(axis=1)
        gain[chosen] = -1
        best = int(gain.argmax())
        chosen.append(best)
        unseen &= ~truth[best]
    return chosen
