"""The masks of one field, found by a segmenter or read from the user's files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from cellocate.cells.field_notes import Note
from cellocate.cells.masks import MaskFolder, matched, renumbered
from cellocate.images import FIELD_SPAN


class FieldMasks(Protocol):
    """What a segmentation must offer, so that its cells can be cut out."""

    @property
    def nuclei(self) -> NDArray[Any]:
        """Label image of nuclei with the numbers of their cells, shape (H, W)."""

    @property
    def cells(self) -> NDArray[Any]:
        """Label image of cells, 0 for none, shape (H, W)."""

    @property
    def pixel_size(self) -> float:
        """µm per px."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences for the user; each `Note` is grouped over fields."""


@dataclass(frozen=True)
class ImportedMasks:
    """Masks that were not made by our own segmentation."""

    nuclei: NDArray[Any]
    cells: NDArray[Any]
    pixel_size: float
    notes: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def open_mask_folder(folder: Path) -> MaskFolder:
    """The masks in a folder, which each process lists once."""
    return MaskFolder(folder)


def read_field_masks(
    folder: Path,
    field: str,
    shape: tuple[int, int],
    pixel_size: float | None,
    images: Callable[[str], Mapping[str, Path]] = lambda _: {},
) -> ImportedMasks:
    """Read the masks of a field from a folder (see `MaskFolder`), numbered as ours are.

    Cells are renumbered without gaps. Each nucleus gets the number of the cell in which most of it lies.

    Args:
        folder: of the masks.
        field: its id.
        shape: height and width of the field.
        pixel_size: µm per px; if None, the field is assumed to be as wide as those of the atlas.
        images: the images of a field, which are not its mask; such as `Collection.files`.

    Raises:
        CellocateError: the cells of this field have no mask, or a file is unreadable, has another size, or no clear
            meaning.
    """
    masks = open_mask_folder(folder).excluding(images)
    own_nuclei, own_cells = masks.labels(field, shape)
    nuclei, cells = renumbered(matched(own_nuclei, own_cells), own_cells)
    notes = list(masks.notes[field])
    if not np.array_equal(cells, own_cells):
        notes.append(Note("cells were renumbered from 1 without gaps: the written masks have the new numbers"))
    if pixel_size is None:
        notes.append(Note("no pixel size was given: fields are assumed to be {:g} µm wide", FIELD_SPAN))
    return ImportedMasks(nuclei, cells, pixel_size or FIELD_SPAN / max(shape), tuple(notes))
