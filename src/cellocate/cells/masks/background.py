"""Which numbers of a mask stand for no cell."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellocate.cells.masks.pieces import Bools, Ints, Pieces
from cellocate.counted import counted
from cellocate.errors import CellocateError

_ALL, _HALF = 0.9, 0.5  # of the border of the image
_LARGER = 4.0  # times the median area of the other numbers: too large for a cell
_TOUCHED, _MORE = 3, 0.5  # other numbers, and their share, that a large number around cells touches
_NEIGHBOURS, _MOST = 6, 0.8  # the same of any size: more than a cell has neighbours
_FEW = 0.5  # of the cells in a region, which touch what is outside
_LINES = 0.25  # of a typical piece, which lines along cells cover at least
_MEND = "Save the mask with 0 where there is no cell."


def find_background(pieces: Pieces, where: object = None) -> tuple[Ints, list[str]]:
    """The numbers that are no cells (as `Pieces.number` counts them), and sentences for the user about them.

    That is 0, or another number that lies along the border and around cells; a region around cells; and lines between
    cells, such as a watershed draws.

    Args:
        pieces: of all numbers of a mask.
        where: the file.

    Raises:
        CellocateError: it cannot be told.
    """
    values = pieces.numbers
    lines, notes = _lines(pieces)
    others = np.flatnonzero(~lines & (values != 0)) + 1
    zero = int(np.searchsorted(values, 0)) + 1 if 0 in values else None
    shares = _shares_of_border(pieces, lines)
    around = _around(pieces, others, zero, shares)
    if not len(others):
        return np.arange(1, len(values) + 1), notes
    if zero is None and not len(around):
        around = _without_zero(pieces, others, shares, where)
        if not len(around):
            notes.append("the mask has no background: each of its pixels is in a cell")
    if len(around):
        none, about = _other_than_zero(pieces, around, np.setdiff1d(others, around), zero, shares, where)
    elif values[others - 1].min() < 0:
        what = f"numbers of cells from {values[0]} to {values[-1]}, with no clear background"
        raise CellocateError(what, where=where, mend=_MEND)
    else:
        none, about = np.array([] if zero is None else [zero], np.int64), []
    return np.union1d(none, np.flatnonzero(lines) + 1), [*notes, *about]


def _lines(pieces: Pieces) -> tuple[Bools, list[str]]:
    """Whether each number only marks lines along many others; a negative one also along few."""
    solid, values = pieces.solid_numbers()[1:], pieces.numbers
    long = pieces.by_number(pieces.area)[1:] >= _LINES * pieces.typical
    touched = np.bincount(pieces.meetings[0], minlength=len(values) + 1)[1:]
    among_cells = 2 * solid.sum() > len(values)  # not among pieces so small that all are thin
    along = long & (touched > max(_TOUCHED, (len(values) - 2) * _MORE)) & among_cells
    lines = ~solid & (values != 0) & ((values < 0) | along)
    return lines, ["lines along the cells in the mask are no cells, and left out"] if lines.any() else []


def _shares_of_border(pieces: Pieces, lines: Bools) -> NDArray[np.float64]:
    """How much of the border of the image each number covers; of the pixels next to it where lines run along it."""
    shares = _on_rim(pieces, 0)
    return _on_rim(pieces, 1) if shares[1:][lines].sum() >= _ALL and min(pieces.image.shape) > 4 else shares


def _on_rim(pieces: Pieces, rim: int) -> NDArray[np.float64]:
    height, width = pieces.image.shape
    inner = pieces.image[rim : height - rim, rim : width - rim]
    border = np.concatenate([inner[0], inner[-1], inner[1:-1, 0], inner[1:-1, -1]])
    counts = np.bincount(pieces.number[border - 1], minlength=len(pieces.numbers) + 1)
    return np.asarray(counts / len(border))


def _around(pieces: Pieces, others: Ints, zero: int | None, shares: NDArray[np.float64]) -> Ints:
    """Numbers other than 0 that lie all around: along the border, or beside most of the others, which 0 is not."""
    areas, solid = pieces.by_number(pieces.area), pieces.solid_numbers()
    first, second = pieces.meetings
    by_zero = np.isin(others, second[first == zero]) if zero is not None else np.zeros(len(others), bool)
    found = []
    for number in others[solid[others]].tolist():
        rest = others != number
        n, of_rest = int(rest.sum()), areas[others[rest]]
        touched = int(np.isin(second[first == number], others).sum())
        large = n > 0 and areas[number] >= max(_LARGER * np.median(of_rest), 2 * of_rest.max())
        beside_most = touched > _NEIGHBOURS and touched >= _MOST * n
        beside_many = touched > _TOUCHED and touched >= _MORE * n
        outside = by_zero[rest].sum() > _FEW * n
        if (
            shares[number] >= _ALL
            or (beside_most and (large or not outside))
            or (beside_many and large and not outside)
        ):
            found.append(number)
    return np.array(found, np.int64)


def _without_zero(pieces: Pieces, others: Ints, shares: NDArray[np.float64], where: object) -> Ints:
    """The background of a mask without 0, if it has any: a large number, along the border."""
    areas = pieces.by_number(pieces.area)
    first = others[np.argmax(shares[others])]
    rest = areas[others[others != first]]
    if len(others) > 2 and shares[first] >= _HALF and areas[first] >= 2 * np.median(rest):
        return np.array([first])
    if len(others) < 3 or areas[others].max() >= _LARGER * np.median(areas[others]):
        said = ", ".join(map(str, pieces.numbers[:3])) + (" …" if len(pieces.numbers) > 3 else "")
        raise CellocateError(f"no 0 in a mask of {said}, and no clear background", where=where, mend=_MEND)
    return np.array([], np.int64)


def _other_than_zero(
    pieces: Pieces, around: Ints, cells: Ints, zero: int | None, shares: NDArray[np.float64], where: object
) -> tuple[Ints, list[str]]:
    """What is no cell where other numbers than 0 lie around: these, and perhaps 0."""
    said = " and ".join(str(value) for value in pieces.numbers[around - 1])
    note = f"the background of the mask is {said}, not 0"
    if zero is None and not len(cells):
        raise CellocateError(f"a mask of {said} alone, and no clear background", where=where, mend=_MEND)
    if zero is None:
        return around, [note]
    areas, of_zero = pieces.by_number(pieces.area), pieces.number == zero
    if not len(cells):
        whole = of_zero & pieces.solid & ~pieces.touching_border()
        if whole.sum() > 1:
            return around, [f"the mask is inverted: {said} is its background, and 0 marks the cells"]
        if whole.sum() == 1 or not (of_zero & pieces.solid).any():
            what = f"a mask in which {said} or 0 may be the background"
            raise CellocateError(what, where=where, mend=_MEND)
        return np.array([zero]), []  # one cell that fills the image but for its corners
    if shares[zero] >= _HALF:
        n = len(around)
        return np.append(around, zero), [f"{counted(n, 'region')} around cells in the mask is no cell, and left out"]
    if (of_zero & pieces.solid).sum() == 1 and areas[zero] <= _LARGER * np.median(areas[cells]):
        return around, [f"the background of the mask is {said}, and 0 is the number of a cell"]
    return np.append(around, zero), [note]
