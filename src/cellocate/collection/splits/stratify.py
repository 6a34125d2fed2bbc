"""Stratify rows with several labels each: every label gets its share in every part."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def stratify_rows(labels: NDArray[np.bool_], counts: Sequence[int], seed: int = 0) -> NDArray[np.intp]:
    """Assign rows to parts of given sizes that have, as nearly as possible, the same share of each label.

    Rows with the same label set are distributed exactly, as far as possible. The few rows left of each label set are
    distributed by iterative stratification: the rarest label first, each row to the part that lacks its labels most.

    Args:
        labels: shape (N, K), bool.
        counts: rows of each part; their sum is N.
        seed: random seed.

    Returns:
        Shape (N,), the number of each row's part.

    References:
        Sechidis, Tsoumakas, Vlahavas. On the Stratification of Multi-Label Data. ECML PKDD 2011.
        https://doi.org/10.1007/978-3-642-23808-6_10

    Example:
        >>> labels = np.repeat(np.eye(2, dtype=bool), 10, axis=0)
        >>> part = stratify_rows(labels, [16, 4])
        >>> labels[part == 1].sum(axis=0).tolist()
        [2, 2]
    """
    rng = np.random.default_rng(seed)
    sizes = np.array(counts, dtype=np.int64)
    labels = np.column_stack([labels, ~labels.any(axis=1)])  # "no label" counts as a label
    part = _whole_sets(labels, sizes, rng)
    rest = rng.permutation(np.flatnonzero(part < 0))
    wanted = np.outer(sizes / max(1, len(labels)), labels.sum(axis=0))
    for p in range(len(sizes)):
        wanted[p] -= labels[part == p].sum(axis=0)
    room = sizes - np.bincount(part[part >= 0], minlength=len(sizes))
    dealt = _rarest_first(labels[rest], wanted, room)
    _even_out(dealt, labels[rest], wanted, room)
    part[rest] = dealt
    return part


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


def _whole_sets(labels: NDArray[np.bool_], sizes: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.intp]:
    """The part of each row that can be distributed exactly by label set; -1 for the few others."""
    packed = np.ascontiguousarray(np.packbits(labels, axis=1))
    _, kind, of_kind = np.unique(packed.view(f"V{packed.shape[1]}").ravel(), return_inverse=True, return_counts=True)
    order = rng.permutation(len(labels))
    order = order[np.argsort(kind[order], kind="stable")]
    place = np.empty(len(labels), dtype=np.intp)  # rank of each row within its label set
    place[order] = np.arange(len(labels)) - np.repeat(np.cumsum(of_kind) - of_kind, of_kind)
    ends = np.cumsum(of_kind[:, None] * sizes // max(1, len(labels)), axis=1)
    part: NDArray[np.intp] = (place[:, None] >= ends[kind]).sum(axis=1)
    part[part == len(sizes)] = -1
    return part


def _rarest_first(labels: NDArray[np.bool_], wanted: NDArray[np.float64], room: NDArray[np.int64]) -> NDArray[np.intp]:
    """Iterative stratification of rows; updates `wanted` (part, label) and the `room` of each part."""
    part = np.full(len(labels), -1, dtype=np.intp)
    while (part < 0).any():
        left = np.flatnonzero(part < 0)
        counts = labels[left].sum(axis=0)
        rarest = int(np.where(counts > 0, counts, len(labels) + 1).argmin())
        for row in left[labels[left, rarest]]:
            best = max(range(len(room)), key=lambda p: (wanted[p, rarest], room[p]))
            part[row] = best
            room[best] -= 1
            wanted[best] -= labels[row]
    return part


def _even_out(
    part: NDArray[np.intp], labels: NDArray[np.bool_], wanted: NDArray[np.float64], room: NDArray[np.int64]
) -> None:
    """Move rows from overfull parts to parts with room, least needed rows first."""
    weight = 1 / np.maximum(1, labels.sum(axis=0))  # rare labels weigh more
    while room.min(initial=0) < 0:
        giver, taker = int(room.argmin()), int(room.argmax())
        rows = np.flatnonzero(part == giver)
        gain = labels[rows] @ ((wanted[taker] - wanted[giver] - 1) * weight)
        row = rows[int(gain.argmax())]
        part[row] = taker
        for p, step in ((giver, 1), (taker, -1)):
            room[p] += step
            wanted[p] += step * labels[row]
