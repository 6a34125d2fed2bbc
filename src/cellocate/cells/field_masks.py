"""The cells of a field, whoever found them; and masks that the user brings."""

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
    """What is needed of a segmentation to cut cells out."""

    @property
    def nuclei(self) -> NDArray[Any]:
        """The number of the cell that a nucleus lies in, at each of its pixels, shape (H, W)."""

    @property
    def cells(self) -> NDArray[Any]:
        """The number of the cell at each pixel, 0 for none, shape (H, W)."""

    @property
    def pixel_size(self) -> float:
        """µm per px."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences for the user; those that are a `Note` are grouped over fields."""


@dataclass(frozen=True)
class ImportedMasks:
    """Masks that were brought."""

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
    """The masks of a field that lie in a folder (see `MaskFolder`), numbered as ours are.

    Gaps among the cells' numbers are closed, and each nucleus gets the number of the cell that most of it lies in.

    Args:
        folder: of the masks.
        field: its id.
        shape: height and width of the field.
        pixel_size: µm per px; without one the field is taken to be as wide as those of the atlas.
        images: of a field, which are not its mask; such as `Collection.files`.

    Raises:
        CellocateError: there are none of this field's cells, or a file is unreadable, of another size, or has no clear
            meaning.
    """
    masks = open_mask_folder(folder).excluding(images)
    brought, as_brought = masks.labels(field, shape)
    nuclei, cells = renumbered(matched(brought, as_brought), as_brought)
    notes = list(masks.notes[field])
    if not np.array_equal(cells, as_brought):
        text = "cells were numbered anew, from 1 without gaps: the masks that are written have the new numbers"
        notes.append(Note(text))
    if pixel_size is None:
        notes.append(Note("no pixel size was given: fields are taken to be {:g} µm wide", FIELD_SPAN))
    return ImportedMasks(nuclei, cells, pixel_size or FIELD_SPAN / max(shape), tuple(notes))
