"""Refuse masks that cannot be read as a label image."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.ndimage import label

from cellocate.cells.masks.pieces import Ints, Pieces, inner_pixels
from cellocate.errors import CellocateError

_SHARE = 0.01  # of all marked pixels: if more lie in thin pieces, the mask was smoothed or is a photograph
_THIN, _LARGE = 10, 30.0  # more thin pieces are not small cells where typical pieces have this many px
_MOSTLY = 0.5  # of all marked pixels: if more lie in lines, the mask is one of outlines
_FIELD, _DASHES = 96**2, 3  # in an image of so many px, so many thin pieces are dashes or points, however small
_MANY = 1000  # more thin pieces mean a photograph
_LARGEST = 5  # pieces searched for holes
_HOLES, _FILLED = 3, 0.2  # so many holes, and this share of the piece, are too much for gaps in a cell
_ALONG = 0.8  # of a piece's outline along another number: then it lies within that number
_PIECES = 1.5  # pieces for each number: more than cells under other cells have
_FULL = 0.9  # of the numbers of 8 or 16 bits
_EXPORT = "Export the cell numbers themselves, as grey PNG or TIFF: no colours, no JPEG, no smoothing."
_NUMBER = "Give each cell its own number, for example with skimage.measure.label, and the background 0."


def refuse_pictures(pieces: Pieces, where: object = None) -> None:
    """Raise a `CellocateError` if most pieces are 1 or 2 px wide, as in a photograph or a smoothed mask."""
    marked = pieces.value != 0
    thin, wide = ~pieces.solid & marked, pieces.solid & marked
    share = pieces.area[thin].sum() / max(1, pieces.area[marked].sum())
    large = wide.any() and np.median(pieces.area[wide]) >= _LARGE
    smoothed = large and thin.sum() > max(_THIN, wide.sum()) and share > _SHARE
    if smoothed or thin.sum() > max(_MANY, 4 * wide.sum()):
        what = f"not a label image: {thin.sum()} of its {marked.sum()} pieces are only 1 or 2 px wide"
        raise CellocateError(what, where=where, mend=_EXPORT)


def refuse_lines(pieces: Pieces, where: object = None) -> None:
    """Raise a `CellocateError` if a mask marks lines or points, such as outlines of cells, instead of areas."""
    if len(np.unique(pieces.number)) == 1:  # a line of one number continues across corners
        pieces = Pieces.of(np.minimum(pieces.image, 1), corners=True).without(np.array([0]))
    thin = ~pieces.solid
    dashes = pieces.image.size >= _FIELD and thin.sum() >= _DASHES
    lines = thin & ((pieces.area >= _LARGE) | dashes)
    if pieces.area[lines].sum() > _MOSTLY * pieces.area.sum():
        what = f"lines or points instead of areas: {lines.sum()} of {len(pieces)} pieces are only 1 or 2 px wide"
        mend = "Give the label image of the cells, not their outlines (or fill these)."
        raise CellocateError(what, where=where, mend=mend)


def refuse_holes(pieces: Pieces, name: str, where: object = None) -> None:
    """Raise a `CellocateError` if a piece of a binary mask has holes that may be the cells."""
    for piece in np.argsort(-pieces.area, kind="stable")[:_LARGEST].tolist():
        holes = pieces.holes(piece) >= 0
        count = len(np.unique(label(holes)[0][inner_pixels(holes)]))
        whole = pieces.area[piece] + holes.sum()
        if count >= _HOLES and (holes.sum() >= _FILLED * whole or 2 * whole >= pieces.image.size):
            what = f"{name} marks one area with {count} holes: touching cells, or the background"
            raise CellocateError(what, where=where, mend=_NUMBER)


def refuse_classes(pieces: Pieces, cell: Ints, where: object = None) -> None:
    """Raise a `CellocateError` if numbers mean parts of cells, such as 1 the nucleus and 2 the cytoplasm.

    `cell` is the number of each piece; 0 for pieces that are not cells.
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
        mend = "Save the cells as <id>_cells.png and the nuclei as <id>_nuclei.png."
        raise CellocateError(what, where=where, mend=mend)


def refuse_run_out(values: Ints, where: object = None) -> None:
    """Raise a `CellocateError` if numbers mark several cells because 8 or 16 bits ran out of numbers."""
    highest = int(values.max())
    if highest in (255, 65_535) and len(values) >= _FULL * highest:
        what = f"numbers up to {highest} mark several cells each: the file cannot number so many cells"
        mend = f"Save the label image again with {16 if highest == 255 else 32} bits: some cells may be missing here."
        raise CellocateError(what, where=where, mend=mend)


def refuse_specks(specks: int, cells: int, where: object = None) -> None:
    """Raise a `CellocateError` if a mask of several numbers has more specks than cells."""
    if specks > max(cells, _THIN):
        what = f"not a label image: numbers mark several cells, with {specks} specks and {cells} larger pieces"
        raise CellocateError(what, where=where, mend=_EXPORT)
