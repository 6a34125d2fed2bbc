"""Masks that the user brings: label images in a folder, one or two for each field."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from cellocate.errors import CellocateError
from cellocate.images import FIELD_SPAN, SUFFIXES, read_channel

_CELLS = ("cells", "cellmask", "predictedmask")
_NUCLEI = ("nuclei", "nucleimask")


class Masks(Protocol):
    """The cells of a field: what is needed of a segmentation to cut them out."""

    @property
    def nuclei(self) -> NDArray[Any] | None:
        """The number of the cell that a nucleus lies in, at each of its pixels; None where nuclei are not known."""

    @property
    def cells(self) -> NDArray[Any]:
        """The number of the cell at each pixel, 0 for none, shape (H, W)."""

    @property
    def pixel_size(self) -> float:
        """µm per px."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences for the user."""


@dataclass(frozen=True)
class Given:
    """Masks that were brought."""

    nuclei: NDArray[Any] | None
    cells: NDArray[Any]
    pixel_size: float
    notes: tuple[str, ...] = ()


def given_masks(folder: Path, field: str, shape: tuple[int, int], pixel_size: float | None) -> Given:
    """The masks of a field: `<id>_cells.png`, or `_cellmask` or `_predictedmask`, and `<id>_nuclei.png` if there.

    Args:
        folder: of the masks.
        field: its id.
        shape: height and width of the field.
        pixel_size: µm per px; without one the field is taken to be as wide as those of the atlas.

    Raises:
        CellocateError: there are none of cells, or a file is unreadable or of another size.
    """
    path = _found(folder, field, _CELLS)
    if path is None:
        mend = f"Add {field}_cells.png, or leave the field out with --skip-bad."
        raise CellocateError("no masks of the cells of a field", where=folder / f"{field}_cells.png", mend=mend)
    cells = _read(path, shape)
    beside = _found(folder, field, _NUCLEI)
    nuclei = None if beside is None else _read(beside, shape)
    if pixel_size is not None:
        return Given(nuclei, cells, pixel_size)
    guess = FIELD_SPAN / max(shape)
    return Given(nuclei, cells, guess, (f"no pixel size was given: fields are taken to be {FIELD_SPAN:g} µm wide",))


def _found(folder: Path, field: str, names: tuple[str, ...]) -> Path | None:
    places = (folder / f"{field}_{name}{suffix}" for name in names for suffix in SUFFIXES)
    return next((place for place in places if place.is_file()), None)


def _read(path: Path, shape: tuple[int, int]) -> NDArray[Any]:
    labels = read_channel(path, "blue")
    if labels.shape != shape:
        sizes = f"{labels.shape[1]}×{labels.shape[0]} px, the field {shape[1]}×{shape[0]} px"
        raise CellocateError(f"masks of another size ({sizes})", where=path, mend="Give the masks of this field.")
    return labels.astype(np.uint16, copy=False)
