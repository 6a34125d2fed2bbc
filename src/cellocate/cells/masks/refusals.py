"""Masks that are no label image and cannot be made one."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.ndimage import label

from cellocate.cells.masks.pieces import Ints, Pieces, inner_pixels
from cellocate.errors import CellocateError

_SHARE = 0.01  # of all marked pixels: more lie in thin pieces only if a mask was smoothed, or is a photograph
_THIN, _LARGE = 10, 30.0  # thin pieces beside typical ones of so many px, which are no small cells
_MOSTLY = 0.5  # of all marked pixels, which lie in lines
_FIELD, _DASHES = 96**2, 3  # px of an image, and thin pieces in it, which are dashes or points however small
_MANY = 1000  # thin pieces, into which a photograph falls
_LARGEST = 5  # pieces that are searched for holes
_HOLES, _FILLED = 3, 0.2  # holes of a piece, and their share of it: too many for gaps in a cell
_ALONG = 0.8  # of the outline of a piece, which lies along one other number
_PIECES = 1.5  # to each number: more than cells have that lie under others
_FULL = 0.9  # of the numbers that 8 or 16 bits can hold
_EXPORT = "Export the numbers of the cells themselves, as grey PNG or TIFF: no colours, no JPEG, no smoothing."
_NUMBER = "Give each cell a number of its own, for example with skimage.measure.label, and 0 to what is no cell."


def refuse_pictures(pieces: Pieces, where: object = None) -> None:
    """Raise a `CellocateError` where most pieces are 1 or 2 px wide, as in a photograph or a smoothed mask."""
    marked = pieces.value != 0
    thin, wide = ~pieces.solid & marked, pieces.solid & marked
    share = pieces.area[thin].sum() / max(1, pieces.area[marked].sum())
    large = wide.any() and np.median(pieces.area[wide]) >= _LARGE
    smoothed = large and thin.sum() > max(_THIN, wide.sum()) and share > _SHARE
    if smoothed or thin.sum() > max(_MANY, 4 * wide.sum()):
        what = f"no label image: {thin.sum()} of its {marked.sum()} pieces are only 1 or 2 px wide"
        raise CellocateError(what, where=where, mend=_EXPORT)


def refuse_lines(pieces: Pieces, where: object = None) -> None:
    """Raise a `CellocateError` where a mask marks lines or points, such as the outlines of cells, and not areas."""
    if len(np.unique(pieces.number)) == 1:  # a line of one number goes on where its pixels touch at a corner
        pieces = Pieces.of(np.minimum(pieces.image, 1), corners=True).without(np.array([0]))
    thin = ~pieces.solid
    dashes = pieces.image.size >= _FIELD and thin.sum() >= _DASHES
    lines = thin & ((pieces.area >= _LARGE) | dashes)
    if pieces.area[lines].sum() > _MOSTLY * pieces.area.sum():
        what = f"lines or points where areas are needed: {lines.sum()} of {len(pieces)} pieces are only 1 or 2 px wide"
        mend = "Give the label image of the cells, not their outlines (or fill these)."
        raise CellocateError(what, where=where, mend=mend)


def refuse_holes(pieces: Pieces, said: str, where: object = None) -> None:
    """Raise a `CellocateError` where a piece of a binary mask has holes that may as well be the cells."""
    for piece in np.argsort(-pieces.area, kind="stable")[:_LARGEST].tolist():
        holes = pieces.holes(piece) >= 0
        count = len(np.unique(label(holes)[0][inner_pixels(holes)]))
        whole = pieces.area[piece] + holes.sum()
        if count >= _HOLES and (holes.sum() >= _FILLED * whole or 2 * whole >= pieces.image.size):
            what = f"{said} marks one area with {count} holes: cells that touch, or what is no cell"
            raise CellocateError(what, where=where, mend=_NUMBER)


def refuse_classes(pieces: Pieces, cell: Ints, where: object = None) -> None:
    """Raise a `CellocateError` where numbers mean parts of cells, such as 1 the nucleus and 2 the cytoplasm.

    Args:
        pieces: of the mask.
        cell: the number of each; 0 for those that are no cells.
        where: the file.
    """
    one, other, px = pieces.neighbours
    values = pieces.numbers
    plain = pieces.plain & (cell > 0)
    sides = pd.DataFrame({"piece": one, "around": np.append(cell, 0)[other], "px": px})  # -1, for none, is the last
    sides = sides.groupby(["piece", "around"], as_index=False).agg({"px": "sum"})
    share = sides["px"] / sides.groupby("piece")["px"].transform("sum")
    table = sides.assign(share=share, number=cell[sides["piece"]])
    within = (table["share"] >= _ALONG) & (table["around"] > 0) & (table["around"] != table["number"])
    table = table[within & plain[table["piece"]]]
    how_many = np.bincount(cell[plain], minlength=len(values) + 1)
    numbers = int((how_many[1:] > 0).sum())
    counts = table.groupby(["number", "around"]).size()
    for (number, around), n in zip(counts.index.tolist(), counts.tolist(), strict=True):
        if how_many[number] > 1 and 2 * n >= how_many[number] and how_many.sum() >= _PIECES * numbers:
            marks = f"{values[number - 1]} marks {how_many[number]} pieces, most of them within {values[around - 1]}"
            raise CellocateError(f"a mask of classes, not of cells: {marks}", where=where, mend=_NUMBER)
    nested = table["number"][(table["share"] == 1) & ~pieces.touching_border()[table["piece"]]].nunique()
    if 4 * nested >= numbers and (nested > 1 or numbers == 2):
        what = f"{nested} of {numbers} numbers lie each inside another, as nuclei in cells"
        mend = "Give the cells as <id>_cells.png and the nuclei as <id>_nuclei.png."
        raise CellocateError(what, where=where, mend=mend)


def refuse_run_out(values: Ints, where: object = None) -> None:
    """Raise a `CellocateError` where numbers mark several cells because 8 or 16 bits have no more of them."""
    highest = int(values.max())
    if highest in (255, 65_535) and len(values) >= _FULL * highest:
        what = f"numbers up to {highest} that mark several cells each: there were more cells than the file can number"
        mend = f"Save the label image again with {16 if highest == 255 else 32} bits: some cells may be missing here."
        raise CellocateError(what, where=where, mend=mend)


def refuse_specks(specks: int, cells: int, where: object = None) -> None:
    """Raise a `CellocateError` where a mask of several numbers has more specks than cells."""
    if specks > max(cells, _THIN):
        what = f"no label image: numbers that mark several cells, and {specks} specks beside {cells} larger pieces"
        raise CellocateError(what, where=where, mend=_EXPORT)
