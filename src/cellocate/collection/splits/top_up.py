"""Ensure a minimum of fields per location in the train part."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def top_up(part: NDArray[np.intp], fields: NDArray[np.int32], minimum: int, seed: int = 0) -> None:
    """Move groups to part 0 until it has `minimum` fields of each location that has so many in all.

    In exchange, groups of locations that part 0 can spare move back, if there are any, to keep the sizes of the parts.

    Args:
        part: of each group, shape (G,); changed in place.
        fields: number of fields with each location in each group, shape (G, K).
        minimum: number of fields.
        seed: random seed, for the choice among equally good groups.

    Example:
        >>> part, fields = np.array([0, 0, 0, 1]), np.array([[1, 0]] * 3 + [[0, 1]], np.int32)
        >>> top_up(part, fields, minimum=1)
        >>> part[3], part.tolist().count(1)
        (np.int64(0), 1)
    """
    sizes = np.bincount(part)
    shuffled = np.random.default_rng(seed).permutation(len(part))
    for location in np.flatnonzero(fields.sum(axis=0) >= minimum):
        has = shuffled[fields[shuffled, location] > 0]
        while fields[has[part[has] == 0], location].sum() < minimum:
            others = has[part[has] > 0]
            giver = int(np.bincount(part[others]).argmax())  # the part that can best spare one
            part[others[part[others] == giver][0]] = 0
    for giver in range(1, len(sizes)):
        for _ in range(sizes[giver] - int((part == giver).sum())):
            train = shuffled[part[shuffled] == 0]
            there = fields[train].sum(axis=0)
            spared = (fields[train] <= np.maximum(there - minimum, 0)).all(axis=1)
            if spared.any():
                rarest = np.where(fields[train] > 0, there, len(part) + 1).min(axis=1)
                part[train[np.where(spared, rarest, -1).argmax()]] = giver
