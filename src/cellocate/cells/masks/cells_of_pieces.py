"""Decide whether each number or each piece of a mask is a cell."""

from __future__ import annotations

import numpy as np

from cellocate.cells.field_notes import Note, left_out_note
from cellocate.cells.masks.pieces import Bools, Ints, Pieces
from cellocate.cells.masks.refusals import refuse_run_out, refuse_specks
from cellocate.counted import plural

_REGIONS = 30  # largest pieces checked for regions
_HELD = 3  # a region holds at least this many cells
_WIDE = 0.25  # of the image: an area, or a net across it, that may be touching cells
_LARGEST = 5  # pieces searched for holes
_OFTEN = 4  # if one in so many numbers marks several cells, the mask repeats its numbers, as a palette does

Grouped = tuple[Ints, list[Note]]
"""The cell of each piece, shape (n,), from 1, 0 for none; and notes for the user."""


def without_regions(pieces: Pieces) -> Grouped:
    """Leave out numbers around several others, such as a line around the cells."""
    boxes, plain = pieces.boxes, pieces.plain
    regions = set[int]()
    for piece in np.argsort(-np.prod(boxes[:, 2:] - boxes[:, :2], axis=1), kind="stable")[:_REGIONS].tolist():
        held = plain & (boxes[:, :2] >= boxes[piece, :2]).all(axis=1) & (boxes[:, 2:] <= boxes[piece, 2:]).all(axis=1)
        if len(np.unique(pieces.number[held])) > _HELD:  # the piece itself included
            inside = pieces.inside(piece)
            if len(np.unique(pieces.number[inside[plain[inside]]])) >= _HELD:
                regions.add(int(pieces.number[piece]))
    cell = np.where(np.isin(pieces.number, list(regions)), 0, pieces.number)
    return cell, [left_out_note(len(regions), "region", " around cells in the mask")] * bool(regions)


def ring_notes(pieces: Pieces) -> list[Note]:
    """A note if most of the largest pieces are rings, as broad outlines are and cells rarely."""
    largest = np.argsort(-pieces.area, kind="stable")[:_LARGEST].tolist()
    rings = sum((pieces.holes(piece) == 0).sum() > pieces.area[piece] for piece in largest)
    note = "most cells are rings around holes larger than themselves: if they are outlines, fill them"
    return [Note(note)] * bool(2 * rings > len(largest))


def split_binary_mask(pieces: Pieces, name: str) -> Grouped:
    """Make each piece of a binary mask a cell."""
    if (n := int(pieces.plain.sum())) < 2:
        top, left, bottom, right = pieces.boxes[pieces.area.argmax()].tolist()
        wide = (bottom - top) * (right - left) >= _WIDE * pieces.image.size
        return pieces.number, [Note("{} marks one large area: it is read as one cell", name)] * wide
    text = "{} marks {} separate pieces (a binary mask): each is read as a cell, touching cells as one"
    return _without_specks(pieces, np.arange(1, len(pieces) + 1), ~pieces.plain, [Note(text, name, n)])


def split_repeated_numbers(pieces: Pieces, cell: Ints, where: object = None, *, palette: bool = False) -> Grouped:
    """Make each piece a cell where a number marks several cells.

    `cell` is the cell of each piece so far. In a `palette` numbers stand for colours, which often repeat.

    Raises:
        CellocateError: the numbers ran out.
    """
    plain = np.flatnonzero(pieces.plain & (cell > 0))
    order = plain[np.argsort(cell[plain], kind="stable")]
    of_number = np.split(order, np.flatnonzero(np.diff(cell[order])) + 1)
    several = [which for which in of_number if len(which) > 1]
    apart = [which for which in several if pieces.apart(which)]
    if apart:
        refuse_run_out(pieces.numbers, where)
    if palette or (len(apart) > 1 and _OFTEN * len(apart) >= len(of_number)):
        apart = several
    close, notes = len(several) - len(apart), []
    if close:
        notes.append(_marks(close, "several pieces close together: each number is read as one cell"))
    if not apart:
        return cell, notes
    split, pieces_of_them = cell.copy(), np.concatenate(apart)
    split[pieces_of_them] = cell.max() + np.arange(1, len(pieces_of_them) + 1)
    specks = ~pieces.plain & np.isin(cell, cell[pieces_of_them])
    refuse_specks(int(specks.sum()), len(pieces_of_them), where)
    note = _marks(len(apart), "several pieces: each piece is read as a cell, touching cells as one")
    return _without_specks(pieces, split, specks, [note, *notes])


def _marks(n: int, what: str) -> Note:
    return Note(f"{{:,}} {plural(n, 'number')} of the mask mark{'s' if n == 1 else ''} {what}", n)


def _without_specks(pieces: Pieces, cell: Ints, specks: Bools, notes: list[Note]) -> Grouped:
    n = int(specks.sum())
    if n:
        text = f"{{:,}} {plural(n, 'speck')} of at most {{}} px in the mask {'is' if n == 1 else 'are'} left out"
        notes = [*notes, Note(text, n, int(pieces.area[specks].max()))]
    return np.where(specks, 0, cell), notes
