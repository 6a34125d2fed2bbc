"""Convert label images to run lengths and back: one text for each cell, as in the 2021 challenge."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cellocate.cells.masks.label_arrays import MAX_CELLS, Labels, Shape, checked_labels
from cellocate.errors import CellocateError
from cellocate.images.rle import Mask, label_image, masks_of


def to_run_lengths(labels: Labels) -> list[str]:
    """Encode the mask of each cell, in the order of numbers, as text (COCO's letters, zlib, base64).

    Example:
        >>> texts = to_run_lengths(np.array([[0, 1], [2, 1]]))
        >>> from_run_lengths(texts, (2, 2)).tolist()
        [[0, 1], [2, 1]]
    """
    return [mask.text for mask in masks_of(checked_labels(labels)).values()]


def from_run_lengths(texts: Sequence[str], shape: Shape) -> NDArray[np.uint16]:
    """Decode a label image, numbered in the order of the texts; where two cells overlap, the later one stays.

    Raises:
        CellocateError: a mask is broken, belongs to an image of another size, or has no pixel of its own; or there are
            too many masks.
    """
    if len(texts) > MAX_CELLS:
        raise CellocateError(f"{len(texts)} masks in one field", mend=f"A label image holds {MAX_CELLS} at most.")
    masks = {}
    for number, text in enumerate(texts, start=1):
        try:
            masks[number] = Mask.parse(text, *shape)
        except ValueError as error:
            raise CellocateError(f"a broken mask: {error}", where=f"mask {number}", mend="Write it again.") from None
    labels = label_image(masks, *shape)
    refuse_empty_cells(labels, len(masks))
    return labels


def refuse_empty_cells(labels: Labels, cells: int, *, where: object = None) -> None:
    """Raise a `CellocateError` if one of the numbers 1 to `cells` has no pixel."""
    there = np.bincount(labels.ravel(), minlength=cells + 1)[1:] > 0
    if not there.all():
        what = f"cell {there.argmin() + 1} has no pixel of its own"
        raise CellocateError(what, where=where, mend="Remove it: it is empty, or lies under others.")
