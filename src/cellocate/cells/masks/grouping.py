"""Which pieces of a mask are cells: each number one, or each piece; and which are none."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellocate.cells.masks.pieces import Ints, Pieces
from cellocate.cells.masks.refusals import refuse_run_out
from cellocate.counted import counted

_REGIONS = 30  # pieces, the largest, that may be regions
_HELD = 3  # cells that a region holds, and no cell
_LINES = 0.25  # of a typical piece, which lines along cells cover at least
_OFTEN = 4  # one in so many numbers marks several cells: the mask repeats its numbers, as a palette does

Grouped = tuple[Ints, list[str]]
"""What each piece belongs to, shape (n,), from 1, and 0 for none; and sentences for the user."""


def without_lines(pieces: Pieces, cell: Ints) -> Grouped:
    """Leave out numbers that only mark lines along many others, such as the borders that a watershed draws."""
    count = int(cell.max())
    solid = np.bincount(cell[pieces.solid], minlength=count + 1) > 0
    if count <= _HELD or solid.sum() < count / 2:
        return cell, []
    one, other, _ = pieces.neighbours()
    pairs = np.unique(np.stack([cell[one], np.append(cell, 0)[other]]), axis=1)  # -1, for none, is the last
    others = np.bincount(pairs[0][(pairs[1] > 0) & (pairs[0] != pairs[1])], minlength=count + 1)
    area = np.bincount(cell, weights=pieces.area, minlength=count + 1)
    lines = ~solid & (others >= max(_HELD, (count - 1) / 2)) & (area >= _LINES * pieces.typical)
    note = "lines along the cells in the mask are no cells, and left out"
    return np.where(lines[cell], 0, cell), [note] * bool(lines.any())


def without_regions(pieces: Pieces, cell: Ints) -> Grouped:
    """Leave out what lies around several cells of different numbers, such as a rectangle that they were drawn in."""
    left, boxes, plain = cell.copy(), pieces.boxes, pieces.plain & (cell > 0)
    largest = np.argsort(-np.prod(boxes[:, 2:] - boxes[:, :2], axis=1), kind="stable")[:_REGIONS]
    for piece in largest.tolist():
        held = plain & (boxes[:, :2] >= boxes[piece, :2]).all(axis=1) & (boxes[:, 2:] <= boxes[piece, 2:]).all(axis=1)
        if len(np.unique(cell[held])) > _HELD:  # the piece itself is one of them
            inside = pieces.inside(piece)
            if len(np.unique(cell[inside[plain[inside]]])) >= _HELD:
                left[piece] = 0
    n = int((left != cell).sum())
    verb = "is no cell" if n == 1 else "are no cells"
    return left, [f"{counted(n, 'region')} around cells in the mask {verb}, and left out"] * (n > 0)


def of_one_number(pieces: Pieces, number: str) -> Grouped:
    """The pieces of a binary mask, each of which becomes a cell."""
    if (n := int(pieces.plain.sum())) < 2:
        return np.ones(len(pieces), np.int64), []
    note = f"{number} marks {n} separate pieces (a binary mask): each is read as a cell, and cells that touch as one"
    return _without_specks(pieces, np.arange(1, len(pieces) + 1), ~pieces.plain, [note])


def of_numbers(pieces: Pieces, cell: Ints, values: Ints, where: object = None) -> Grouped:
    """The pieces of numbers that mark several cells, too far apart to be one: each of them becomes a cell.

    Raises:
        CellocateError: the numbers ran out.
    """
    plain = np.flatnonzero(pieces.plain & (cell > 0))
    order = plain[np.argsort(cell[plain], kind="stable")]
    of_number = np.split(order, np.flatnonzero(np.diff(cell[order])) + 1)
    several = [which for which in of_number if len(which) > 1]
    apart = [which for which in several if pieces.apart(which)]
    if not apart:
        note = f"{_marks(len(several))} several pieces close together: read as one cell each"
        return cell, [note] * bool(several)
    refuse_run_out(values, where)
    if len(apart) > 1 and _OFTEN * len(apart) >= len(of_number):
        apart = several
    split, pieces_of_them = cell.copy(), np.concatenate(apart)
    split[pieces_of_them] = cell.max() + np.arange(1, len(pieces_of_them) + 1)
    specks = ~pieces.plain & np.isin(cell, cell[pieces_of_them])
    note = f"{_marks(len(apart))} several pieces far apart: each piece is read as a cell, and cells that touch as one"
    return _without_specks(pieces, split, specks, [note])


def _marks(numbers: int) -> str:
    return f"{counted(numbers, 'number')} of the mask mark{'s' if numbers == 1 else ''}"


def _without_specks(pieces: Pieces, cell: Ints, specks: NDArray[np.bool_], notes: list[str]) -> Grouped:
    n = int(specks.sum())
    if n:
        size = f"of at most {pieces.area[specks].max()} px"
        notes = [*notes, f"{counted(n, 'speck')} {size} in the mask {'is' if n == 1 else 'are'} left out"]
    return np.where(specks, 0, cell), notes
