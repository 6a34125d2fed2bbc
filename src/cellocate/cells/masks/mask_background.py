"""Find the numbers of a mask that are background."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from cellocate.cells.field_notes import Note, left_out_note
from cellocate.cells.masks.label_arrays import Labels
from cellocate.cells.masks.one_piece import fill_from_nearest
from cellocate.cells.masks.pieces import Bools, Ints, Pieces
from cellocate.errors import CellocateError

_ALL, _HALF = 0.9, 0.5  # of the border of the image
_LARGER = 4.0  # times the median area of the other numbers: too large for a cell
_TOUCHED, _MORE = 3, 0.5  # a large number around cells touches more numbers, and at least this share of them
_NEIGHBOURS, _MANY = 6, 0.8  # the same for a number of any size: more neighbours than a cell has
_FEW = 0.5  # at most this share of the cells in a region touches 0
_TWO = 2  # numbers, 0 and another: a binary mask
_LINES = 0.25  # lines along cells cover at least this share of a typical piece
_MEND = "Save the mask with 0 where there is no cell."

Found = tuple[Ints, list[Note]]
"""The background numbers of a mask, and notes for the user."""


def find_background(
    mask: Labels, pieces: Pieces, where: object = None, name_number: Callable[[int], str] = str
) -> Found:
    """Find the numbers of a mask, shape (H, W), that are not cells; `name_number` formats a number, such as a colour.

    These are 0, or another number along the border and around cells; a region around cells; and lines between cells,
    such as a watershed draws.

    Raises:
        CellocateError: the background is ambiguous.

    Example:
        >>> mask = np.full((9, 9), 255)
        >>> mask[2:5, 2:5], mask[6:8, 2:5] = 4, 7
        >>> find_background(mask, Pieces.of(mask))
        (array([  0, 255]), ['the background of the mask is 255, not 0'])
    """
    thin = _lines(pieces)
    lines = pieces.numbers[thin & (pieces.numbers != 0)]
    notes = [Note("lines along the cells in the mask were left out")] * bool(len(lines))
    zero = pieces.numbers == 0
    if thin[zero].any() and len(zero) == _TWO and _shares_of_border(pieces)[1:][zero][0] < _HALF:
        text = "0 marks only lines: all areas between them are read as cells, even if one is the background"
        notes.append(Note(text))
    filled = pieces
    if thin.any() and not thin.all():  # lines may separate the background from the cells
        filled = Pieces.of(fill_from_nearest(mask, np.append(False, thin[pieces.number - 1])[pieces.image]))
    none, about = _of_areas(filled, zero=bool((pieces.numbers == 0).any()), where=where, name_number=name_number)
    return np.union1d(none, lines), [*notes, *about]


def _lines(pieces: Pieces) -> Bools:
    """Whether each number marks only lines: 0 or less, or a number along many others."""
    solid, values = pieces.solid_numbers()[1:], pieces.numbers
    long = pieces.by_number(pieces.area)[1:] >= _LINES * pieces.typical
    touched = np.bincount(pieces.touching_numbers[0], minlength=len(values) + 1)[1:]
    among_cells = 2 * solid.sum() > len(values)  # false where all pieces are small and thin
    along = long & (touched > max(_TOUCHED, (len(values) - 2) * _MORE)) & among_cells
    return np.asarray(~solid & ((values <= 0) | along))


def _of_areas(pieces: Pieces, *, zero: bool, where: object, name_number: Callable[[int], str]) -> Found:
    """The background numbers of a mask without lines; `zero`: whether 0 occurs, even if only as lines."""
    values = pieces.numbers
    others = np.flatnonzero(values != 0) + 1
    if not len(others):
        return np.array([0]), []
    around = _around(pieces, others)
    if not zero and not len(around):
        around = _without_zero(pieces, others, where, name_number)
        if not len(around):
            return around, [Note("the mask has no background: each of its pixels is in a cell")]
    if not len(around):
        if values[0] < 0:
            what = f"numbers of cells from {values[0]} to {values[-1]}, with no clear background"
            raise CellocateError(what, where=where, mend=_MEND)
        return np.array([0]), []
    cells, names = np.setdiff1d(others, around), " and ".join(map(name_number, values[around - 1].tolist()))
    if not len(cells):
        return _read_inverted(pieces, names, around, zero=zero, where=where)
    return _judge_zero(pieces, names, around, cells)


def _around(pieces: Pieces, others: Ints) -> Ints:
    """Numbers other than 0 that surround the rest: along the border, or beside most of the others, which 0 is not."""
    areas, solid, shares = pieces.by_number(pieces.area), pieces.solid_numbers(), _shares_of_border(pieces)
    first, second = pieces.touching_numbers
    by_zero = np.isin(others, second[pieces.numbers[first - 1] == 0])
    found = []
    for number in others[solid[others]].tolist():
        rest = others != number
        n, of_rest = int(rest.sum()), areas[others[rest]]
        touched = int(np.isin(second[first == number], others).sum())
        large = n > 0 and areas[number] >= max(_LARGER * np.median(of_rest), 2 * of_rest.max())
        beside_most = touched > _NEIGHBOURS and touched >= _MANY * n
        beside_many = touched > _TOUCHED and touched >= _MORE * n and large
        inside = by_zero[rest].sum() <= _FEW * n
        if shares[number] >= _ALL or (beside_most and (large or inside)) or (beside_many and inside):
            found.append(number)
    return np.array(found, np.int64)


def _shares_of_border(pieces: Pieces) -> NDArray[np.float64]:
    """The share of the border of the image that each number covers, shape (k + 1,)."""
    image = pieces.image
    border = np.concatenate([image[0], image[-1], image[1:-1, 0], image[1:-1, -1]])
    counts = np.bincount(pieces.number[border - 1], minlength=len(pieces.numbers) + 1)
    return np.asarray(counts / len(border), np.float64)


def _without_zero(pieces: Pieces, others: Ints, where: object, name_number: Callable[[int], str]) -> Ints:
    """The background of a mask without 0: a large number along the border, if there is one."""
    areas, shares = pieces.by_number(pieces.area), _shares_of_border(pieces)
    first = others[np.argmax(shares[others])]
    if len(others) > 2 and shares[first] >= _HALF and areas[first] >= 2 * np.median(areas[others[others != first]]):
        return np.array([first])
    if len(others) < 3 or areas[others].max() >= _LARGER * np.median(areas[others]):
        names = ", ".join(map(name_number, pieces.numbers[:3].tolist())) + (" …" if len(pieces.numbers) > 3 else "")
        raise CellocateError(f"no 0 in a mask of {names}, and no clear background", where=where, mend=_MEND)
    return np.array([], np.int64)


def _read_inverted(pieces: Pieces, names: str, around: Ints, *, zero: bool, where: object) -> Found:
    """Every number but 0 is background: the mask is inverted, or one cell fills the image."""
    of_zero = (pieces.value == 0) & pieces.solid
    whole = int((of_zero & ~pieces.touching_border()).sum())
    if whole > 1:
        note = Note("the mask is inverted: {} is its background, and 0 marks the cells", names)
        return pieces.numbers[around - 1], [note]
    if whole == 1 or not zero:
        what = f"a mask of {names} and 0, either of which may be the background" if zero else f"a mask of {names} alone"
        raise CellocateError(what, where=where, mend=_MEND)
    return np.array([0]), []


def _judge_zero(pieces: Pieces, names: str, around: Ints, cells: Ints) -> Found:
    """A number surrounds the cells: 0 lies outside, or is a cell, or marks nothing."""
    areas, of_zero = pieces.by_number(pieces.area), pieces.value == 0
    values = pieces.numbers[around - 1]
    if (pieces.numbers == 0).any():
        zero = int(np.flatnonzero(pieces.numbers == 0)[0]) + 1
        if _shares_of_border(pieces)[zero] >= _HALF:
            return np.append(values, 0), [left_out_note(len(around), "region", " around cells in the mask")]
        if (of_zero & pieces.solid).sum() == 1 and areas[zero] <= _LARGER * np.median(areas[cells]):
            return values, [Note("the background of the mask is {}, and 0 is the number of a cell", names)]
    return np.append(values, 0), [Note("the background of the mask is {}, not 0", names)]
