"""Masks that are no label image and cannot be made one."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.ndimage import label

from cellocate.cells.masks.pieces import Ints, Pieces, solid
from cellocate.errors import CellocateError

_SHARE = 0.01  # of all marked pixels: more lie in thin pieces only if a mask was smoothed, or is a photograph
_THIN, _LARGE = 10, 100.0  # thin pieces beside typical ones of so many px, which are no small cells
_MANY = 1000  # thin pieces, into which a photograph falls
_LARGEST = 5  # pieces that are searched for holes
_HOLES, _FILLED = 3, 0.2  # holes of a piece, and their share of it: too many for gaps in a cell
_ALONG = 0.5  # of the outline of a piece, which lies along one other number
_FULL = 0.9  # of the numbers that 8 or 16 bits can hold
_EXPORT = "Export the numbers of the cells themselves, as grey PNG or TIFF: no colours, no JPEG, no smoothing."
_NUMBER = "Give each cell a number of its own, for example with skimage.measure.label, and 0 to what is no cell."


def refuse_pictures(pieces: Pieces, where: object = None) -> None:
    """Raise a `CellocateError` where most pieces are 1 or 2 px wide, as in a photograph or a smoothed mask."""
    thin = ~pieces.solid
    share = pieces.area[thin].sum() / max(1, pieces.area.sum())
    smoothed = thin.sum() > max(_THIN, (~thin).sum()) and share > _SHARE and pieces.typical >= _LARGE
    if smoothed or thin.sum() > max(_MANY, 4 * (~thin).sum()):
        what = f"no label image: {thin.sum()} of its {len(pieces)} pieces are only 1 or 2 px wide"
        raise CellocateError(what, where=where, mend=_EXPORT)


def refuse_holes(pieces: Pieces, number: str, where: object = None) -> None:
    """Raise a `CellocateError` where a piece of a binary mask has holes that may as well be the cells."""
    for piece in np.argsort(-pieces.area, kind="stable")[:_LARGEST].tolist():
        holes = pieces.holes(piece) >= 0
        count = len(np.unique(label(holes)[0][solid(holes)]))
        if count >= _HOLES and holes.sum() >= _FILLED * (pieces.area[piece] + holes.sum()):
            what = f"{number} marks one area with {count} holes: cells that touch, or what is no cell"
            raise CellocateError(what, where=where, mend=_NUMBER)


def refuse_classes(pieces: Pieces, cell: Ints, values: Ints, where: object = None) -> None:
    """Raise a `CellocateError` where numbers mean parts of cells, such as 1 the nucleus and 2 the cytoplasm.

    Args:
        pieces: of the mask.
        cell: what each belongs to, from 1; 0 for none.
        values: the number in the file that each of these stands for.
        where: the file.
    """
    one, other, px = pieces.neighbours()
    plain = pieces.plain & (cell > 0)
    sides = pd.DataFrame({"piece": one, "around": np.append(cell, 0)[other], "px": px})  # -1, for none, is the last
    sides = sides.groupby(["piece", "around"], as_index=False).agg({"px": "sum"})
    share = sides["px"] / sides.groupby("piece")["px"].transform("sum")
    table = sides.assign(share=share, number=cell[sides["piece"]])
    within = (table["share"] >= _ALONG) & (table["around"] > 0) & (table["around"] != table["number"])
    table = table[within & plain[table["piece"]]]
    how_many = np.bincount(cell[plain], minlength=len(values) + 1)
    counts = table.groupby(["number", "around"]).size()
    for (number, around), n in zip(counts.index.tolist(), counts.tolist(), strict=True):
        if how_many[number] > 1 and 2 * n >= how_many[number]:
            marks = f"{values[number - 1]} marks {how_many[number]} pieces, most of them within {values[around - 1]}"
            raise CellocateError(f"a mask of classes, not of cells: {marks}", where=where, mend=_NUMBER)
    nested = table["number"][(table["share"] == 1) & ~pieces.touching_border()[table["piece"]]].nunique()
    numbers = int((how_many[1:] > 0).sum())
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
