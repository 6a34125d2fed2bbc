"""Number cells 1 to n, and each nucleus like its cell."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellocate.cells.masks.label_arrays import Labels, checked_labels
from cellocate.errors import CellocateError

Numbered = NDArray[np.uint16]


def check_numbering(nuclei: Labels, cells: Labels, *, where: object = None) -> None:
    """Check that two label images fit: cells 1 to n without gaps, each nucleus inside the cell of its number.

    Raises:
        CellocateError: they differ in size, a number is missing, or a nucleus has a pixel outside its cell.
    """
    cells = checked_labels(cells, where=where)
    nuclei = checked_labels(nuclei, cells.shape, where=where)
    there = np.bincount(cells.ravel())[1:] > 0
    if not there.all():
        what = f"the cell numbers have gaps: {there.argmin() + 1} is missing, and the highest is {len(there)}"
        raise CellocateError(what, where=where, mend="Number them 1 to n (cells.masks.renumbered does).")
    stray = (nuclei != 0) & (nuclei != cells)
    if stray.any():
        y, x = np.unravel_index(stray.argmax(), stray.shape)
        what = f"nucleus {nuclei[y, x]} has pixels outside cell {nuclei[y, x]}, such as y {y}, x {x}"
        raise CellocateError(what, where=where, mend="Number nuclei like their cells (cells.masks.matched does).")


def renumbered(nuclei: Labels, cells: Labels) -> tuple[Numbered, Numbered]:
    """Renumber cells 1 to n, in order, and their nuclei alike; nuclei without a cell are dropped.

    Example:
        >>> nuclei, cells = renumbered(np.array([[0, 9, 4]]), np.array([[7, 9, 0]]))
        >>> nuclei.tolist(), cells.tolist()
        ([[0, 2, 0]], [[1, 2, 0]])
    """
    cells = checked_labels(cells)
    nuclei = checked_labels(nuclei, cells.shape)
    there = np.bincount(cells.ravel(), minlength=int(nuclei.max(initial=0)) + 1) > 0
    there[0] = False
    numbers = np.where(there, np.cumsum(there), 0).astype(np.uint16)
    return numbers[nuclei], numbers[cells]


def matched(nuclei: Labels, cells: Labels) -> Numbered:
    """Number independently found nuclei like the cell in which most of each lies; both have shape (H, W).

    Pixels of a nucleus outside that cell are dropped, and so are nuclei in no cell.

    Example:
        >>> matched(np.array([[5, 5, 5, 0, 8]]), np.array([[0, 2, 2, 1, 1]])).tolist()
        [[0, 2, 2, 0, 1]]
    """
    cells = checked_labels(cells)
    nuclei = checked_labels(nuclei, cells.shape)
    both = (nuclei > 0) & (cells > 0)
    pairs, sizes = np.unique(np.stack([nuclei[both], cells[both]]), axis=1, return_counts=True)
    cell_of = np.zeros(int(nuclei.max(initial=0)) + 1, np.uint16)
    rising = np.argsort(sizes, kind="stable")  # the largest share is written last
    cell_of[pairs[0, rising]] = pairs[1, rising]
    found = cell_of[nuclei]
    return np.where(found == cells, found, 0).astype(np.uint16)
