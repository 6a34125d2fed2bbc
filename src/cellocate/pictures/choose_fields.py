"""Choose fields to show by a fixed rule, so that nobody picks the pretty ones."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

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


class GalleryChoice(NamedTuple):
    """Positions of fields whose locations are all right, and of others; and how many of each kind there are."""

    right: list[int]
    wrong: list[int]
    all_right: int
    all_wrong: int


def choose_gallery(truth: Bools, labels: Bools, count: int = 12) -> GalleryChoice:
    """Choose half of `count` from the fields that are entirely right, half from the others, spread evenly.

    If there are too few of one kind, the other fills up.

    Example:
        >>> truth = np.eye(4, dtype=bool)
        >>> choose_gallery(truth, truth, count=2)
        GalleryChoice(right=[0, 3], wrong=[], all_right=4, all_wrong=0)
    """
    is_right = (truth == labels).all(axis=1)
    right, wrong = np.flatnonzero(is_right), np.flatnonzero(~is_right)
    of_right = min(len(right), max(count - count // 2, count - len(wrong)))
    of_wrong = min(len(wrong), count - of_right)
    return GalleryChoice(_spread(right, of_right), _spread(wrong, of_wrong), len(right), len(wrong))


def _spread(positions: NDArray[Any], count: int) -> list[int]:
    return [int(i) for i in positions[np.linspace(0, len(positions) - 1, count).round().astype(int)]]
