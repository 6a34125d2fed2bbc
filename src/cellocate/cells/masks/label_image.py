"""Understand a mask of any kind as a label image."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cellocate.cells.field_notes import Note
from cellocate.cells.masks.cells_of_pieces import (
    Grouped,
    ring_notes,
    split_binary_mask,
    split_repeated_numbers,
    without_regions,
)
from cellocate.cells.masks.colour_masks import number_pixels
from cellocate.cells.masks.label_arrays import MAX_CELLS, Labels, Shape, check_shape
from cellocate.cells.masks.mask_background import find_background
from cellocate.cells.masks.pieces import Ints, Pieces
from cellocate.cells.masks.refusals import refuse_classes, refuse_holes, refuse_lines, refuse_pictures
from cellocate.counted import plural
from cellocate.errors import CellocateError

_ITS_OWN = 0.9  # of the pixels of nuclei have the number of their cell


class LabelImage(NamedTuple):
    """The number of the cell at each pixel."""

    labels: NDArray[np.uint16]  # shape (H, W), 0 for none
    notes: tuple[Note, ...] = ()  # sentences for the user about how the mask was read
    renumbered: bool = False  # whether cells have other numbers than in the mask


_EMPTY = LabelImage(np.zeros((0, 0), np.uint16), (Note("the mask is empty: it marks no cell"),))


def as_label_image(
    pixels: NDArray[Any],
    shape: Shape | None = None,
    *,
    where: object = None,
    cells: Labels | None = None,
    known: Collection[int] = (),
) -> LabelImage:
    """Understand a mask as a label image, if it has one meaning.

    A label image is returned as it is. Pieces of one number become separate cells if there is no other number (a binary
    mask), or if they lie too far apart for one cell. A background other than 0, colours, lines between cells and
    regions around cells are recognised. Notes report all of this. Renumbered cells are in order of first occurrence by
    rows.

    Args:
        pixels: as in the file: bool, or integers, shape (H, W), or with colours or alpha (H, W, 2 to 4).
        shape: required height and width: those of the field.
        where: the file.
        cells: for a mask of nuclei, the cells; nuclei with the number of their cell keep it.
        known: numbers in a table of cells; if it has all of the mask's, no number is split into several cells.

    Raises:
        CellocateError: the mask has another size, probabilities, classes instead of cells, more cells than numbers, or
            an ambiguous background; or it is a photograph, or was smoothed.

    Example:
        >>> mask = np.zeros((5, 9), np.uint8)
        >>> mask[1:4, 1:4], mask[1:4, 5:8] = 255, 255
        >>> read = as_label_image(mask)
        >>> read.labels[2].tolist(), read.renumbered
        ([0, 1, 1, 1, 0, 2, 2, 2, 0], True)
        >>> read.notes[0]
        '255 marks 2 separate pieces (a binary mask): each is read as a cell, touching cells as one'
    """
    numbers, coloured = number_pixels(pixels, where)
    check_shape(numbers.shape, shape, where=where)
    if cells is not None and _share(numbers == cells, numbers != 0) >= _ITS_OWN:
        return LabelImage(np.where((numbers > 0) & (numbers <= MAX_CELLS), numbers, 0).astype(np.uint16))
    if not numbers.any():
        return _EMPTY._replace(labels=np.zeros(numbers.shape, np.uint16))
    everything = Pieces.of(numbers)
    refuse_pictures(everything, where)
    background, notes = find_background(numbers, everything, where, "#{:06x}".format if coloured else str)
    pieces = everything.without(background)
    if not len(pieces):
        return _EMPTY._replace(labels=np.zeros(numbers.shape, np.uint16))
    refuse_lines(pieces, where)
    values = pieces.numbers[np.unique(pieces.number) - 1]
    if coloured:
        colours = plural(len(values), "colour")
        notes.append(Note(f"the mask is a picture in {{:,}} {colours}: each is read as a number", len(values)))
    elif values.max() > MAX_CELLS:
        notes.append(Note("the mask has numbers above {}: cells are renumbered", MAX_CELLS))
    cell, about = _cells(pieces, values.tolist(), known, where, coloured=coloured)
    cells_there = np.append(0, cell)[pieces.image]
    as_they_are = not coloured and values.min() > 0 and values.max() <= MAX_CELLS
    if as_they_are and (cell == pieces.number)[cell > 0].all():
        labels = np.where(cells_there > 0, numbers, 0)
    else:
        labels, as_they_are = _in_order(cells_there, where), False
    return LabelImage(labels.astype(np.uint16), (*notes, *about, *ring_notes(pieces)), not as_they_are)


def _share(mask: NDArray[np.bool_], of: NDArray[np.bool_]) -> float:
    return float(mask[of].mean()) if of.any() else 0.0


def _cells(pieces: Pieces, values: list[int], known: Collection[int], where: object, *, coloured: bool) -> Grouped:
    if len(values) == 1:
        name = "one colour" if coloured else str(values[0])
        refuse_holes(pieces, name, where)
        return (pieces.number, []) if len(known) == 1 else split_binary_mask(pieces, name)
    cell, regions = without_regions(pieces)
    if set(values) <= set(known):
        return cell, regions
    refuse_classes(pieces, cell, where)
    cell, split = split_repeated_numbers(pieces, cell, where, palette=coloured)
    return cell, [*regions, *split]


def _in_order(cell: Ints, where: object) -> Ints:
    """Renumber to 1 to n, in order of first occurrence by rows."""
    numbers, first = np.unique(cell, return_index=True)
    inside = numbers > 0
    if inside.sum() > MAX_CELLS:
        what = f"{inside.sum()} cells in one mask"
        raise CellocateError(what, where=where, mend=f"Cut it into fields of at most {MAX_CELLS} cells.")
    order = np.zeros(len(numbers), np.int64)
    order[np.flatnonzero(inside)[np.argsort(first[inside])]] = np.arange(1, inside.sum() + 1)
    return order[np.searchsorted(numbers, cell)]
