"""Which number of a mask stands for no cell."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.ndimage import label

from cellocate.cells.masks.labels import Labels
from cellocate.cells.masks.pieces import solid
from cellocate.errors import CellocateError

_AROUND = 0.9  # of the border of the image, that a background covers and no cell does
_HALF, _LARGER = 0.5, 4.0  # of the border; times the median area of the others: enough where there is no 0
_MEND = "Save the mask with 0 where there is no cell."


class Background(NamedTuple):
    """What stands for no cell.

    Attributes:
        numbers: that do.
        note: a sentence for the user where it is not 0 alone; else empty.
    """

    numbers: tuple[int, ...]
    note: str = ""


def find_background(numbers: Labels, where: object = None) -> Background:
    """What stands for no cell in a mask: 0, or another number that lies all around.

    Args:
        numbers: shape (H, W).
        where: the file.

    Raises:
        CellocateError: it cannot be told.

    Example:
        >>> mask = np.full((9, 9), 255)
        >>> mask[2:5, 2:5], mask[6:8, 2:5] = 0, 1
        >>> find_background(mask)
        Background(numbers=(255,), note='the background of the mask is 255, not 0')
    """
    values, counts = np.unique(numbers, return_counts=True)
    if not values.any():
        return Background((0,))
    shares = _shares_of_border(numbers, values)
    lines = [int(v) for v in values[values < 0] if not solid(numbers == v).any()]
    others = [int(v) for v in values if v != 0 and int(v) not in lines]
    around = next((v for v in others if shares[v] >= _AROUND and solid(numbers == v).any()), None)
    if around is None and 0 not in values:
        around = _without_zero(numbers, others, shares, dict(zip(values.tolist(), counts.tolist(), strict=True)), where)
    if around is not None:
        return _other_than_zero(numbers, around, [v for v in others if v != around], lines, where)
    if any(v < 0 for v in others):
        what = f"numbers of cells from {values.min()} to {values.max()}, and no telling which is the background"
        raise CellocateError(what, where=where, mend=_MEND)
    return Background((0, *lines), _of_lines(lines))


def _shares_of_border(numbers: Labels, values: Labels) -> dict[int, float]:
    """How much of the border each number covers; of the pixels next to it, where these have more."""
    shares = np.zeros(len(values))
    for rim in (0, 1):
        inner = numbers[rim : numbers.shape[0] - rim, rim : numbers.shape[1] - rim]
        if rim and min(inner.shape) < 3:
            break  # a mere line has no border and inside
        border = np.concatenate([inner[0], inner[-1], inner[1:-1, 0], inner[1:-1, -1]])
        counts = np.bincount(np.searchsorted(values, border), minlength=len(values))
        shares = np.maximum(shares, counts / len(border))
    return dict(zip(values.tolist(), shares.tolist(), strict=True))


def _without_zero(
    numbers: Labels, others: list[int], shares: dict[int, float], areas: dict[int, int], where: object
) -> int | None:
    """The background of a mask without 0: a number far larger than the others, along the border; or none at all."""
    if len(others) < 3:
        said = " and ".join(map(str, others))
        what = f"no 0 in a mask of {said}, and no telling which is the background"
        raise CellocateError(what, where=where, mend=_MEND)
    first = max(others, key=lambda v: shares[v])
    typical = float(np.median([areas[v] for v in others if v != first]))
    return first if shares[first] >= _HALF and areas[first] >= _LARGER * typical else None


def _other_than_zero(numbers: Labels, around: int, cells: list[int], lines: list[int], where: object) -> Background:
    """What `around`, which lies along the border, means for 0: lines between cells, a cell, or all of the cells."""
    zero = numbers == 0
    parts, _ = label(zero)
    inner = np.unique(parts[solid(zero)])
    at_border = np.unique(np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]]))
    whole = np.setdiff1d(inner, at_border)
    none = tuple(sorted([around, *lines]))
    if cells and not len(inner):
        return Background((*none, 0), f"the background of the mask is {around}, not 0")
    if cells and len(inner) == 1:
        return Background(none, f"the background of the mask is {around}, and 0 is the number of a cell")
    if not cells and len(whole) > 1:
        note = f"the mask is inverted: {around} is its background, and 0 marks the cells"
        return Background(none, note)
    if not cells and zero.any() and not len(whole):
        return Background((0, *lines))  # one cell that fills the image
    said = f"{around} and 0" if zero.any() else f"{around} alone"
    what = f"a mask in which {said} could be the background"
    raise CellocateError(what, where=where, mend=_MEND)


def _of_lines(lines: list[int]) -> str:
    said = ", ".join(map(str, lines))
    return f"lines of {said} in the mask are borders between cells, and no cell" if lines else ""
