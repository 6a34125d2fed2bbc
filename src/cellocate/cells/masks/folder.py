"""Masks that a user brings: label images of cells, and perhaps of nuclei, in a folder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cellocate.cells.masks.geojson import read_geojson
from cellocate.cells.masks.labels import Shape, read_labels
from cellocate.cells.masks.zarrs import read_zarr_labels
from cellocate.errors import CellocateError
from cellocate.images.rle import Mask, masks_of
from cellocate.tables import normal

_SUFFIXES = (".png", ".tif", ".tiff", ".zarr")
_OUTLINES = ".geojson"
_CELLS = (*(name + suffix for name in ("_cells", "_cellmask", "_predictedmask") for suffix in _SUFFIXES), _OUTLINES)
_NUCLEI = tuple(name + suffix for name in ("_nuclei", "_nucleimask") for suffix in _SUFFIXES)
_MEND = "They are named <id>_cells.png."


class CellMasks:
    """Label images `<id>_cells.png` in a folder: the number of the cell at each pixel, 0 for none; 8 or 16 bits.

    `<id>_cellmask.png` and `<id>_predictedmask.png` are read as well, and TIFF or OME-Zarr (`.zarr`) instead of PNG.
    Nuclei beside them are `<id>_nuclei.png` or `<id>_nucleimask.png`. QuPath's outlines, `<id>.geojson`, have both.
    Those of a field `plate/a` lie in the folder `plate` there.

    Args:
        folder: where they lie.

    Raises:
        CellocateError: there is no such folder, or no label image of cells in it, or two of one field.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        if not self.folder.is_dir():
            raise CellocateError("no such folder of label images", where=folder, mend="Check the name.")
        self._files = self._find(_CELLS)
        self._nuclei = self._find(_NUCLEI)
        if not self._files:
            raise CellocateError("no label images of cells", where=folder, mend=_MEND)

    @property
    def ids(self) -> list[str]:
        """The fields that have a label image."""
        return list(self._files)

    def require(self, ids: Sequence[str]) -> None:
        """Raise a `CellocateError` where one of these fields has no label image."""
        lacking = [field for field in ids if field not in self._files]
        if lacking:
            what = f"{len(lacking)} of {len(ids)} fields have no label image of their cells, such as {lacking[0]}"
            raise CellocateError(what, where=self.folder, mend=_MEND)

    def labels(self, field: str, shape: Shape | None = None) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
        """Label images of a field's nuclei and cells, each (H, W), as they are numbered there; nuclei may be none.

        Args:
            field: its id.
            shape: height and width of the field, which outlines do not tell.

        Raises:
            CellocateError: that of the cells is missing; either is broken or of another size.
        """
        if shape is not None and field in self._files and self._files[field].suffix == _OUTLINES:
            return read_geojson(self._files[field], shape)[:2]
        cells = self._cells(field, shape)
        found = self._nuclei.get(field)
        return np.zeros_like(cells) if found is None else _read(found, (cells.shape[0], cells.shape[1])), cells

    def read(self, field: str) -> tuple[Shape, dict[int, Mask]]:
        """Height and width of a field's label image, and the mask of each cell by its number, gaps or none.

        Raises:
            CellocateError: it is missing, or no label image.
        """
        labels = self._cells(field)
        return (labels.shape[0], labels.shape[1]), masks_of(labels)

    def masks(self, field: str, shape: Shape) -> list[Mask]:
        """The masks of a field's cells, in the order of their numbers.

        Raises:
            CellocateError: the label image is missing, or of another height and width than the field.
        """
        return list(masks_of(self._cells(field, shape)).values())

    def _cells(self, field: str, shape: Shape | None = None) -> NDArray[np.uint16]:
        self.require([field])
        return _read(self._files[field], shape)

    def _find(self, endings: tuple[str, ...]) -> dict[str, Path]:
        files: dict[str, Path] = {}
        for name in _names(self.folder):
            ending = next((ending for ending in endings if name.endswith(ending)), None)
            if ending is None:
                continue
            field = normal(name.removesuffix(ending))
            if field in files:
                what = f"two label images of one field, {files[field].name} and {Path(name).name}"
                raise CellocateError(what, where=self.folder, mend="Keep one of them.")
            files[field] = self.folder / name
        return files


def _names(folder: Path) -> list[str]:
    """Files and OME-Zarr images in a folder and those in it, as an id may have a `/`; hidden ones are passed over."""
    found: list[str] = []
    for at, folders, files in os.walk(folder):
        shown = [name for name in folders if not name.startswith(".")]
        images = [name for name in shown if name.endswith(".zarr")]
        folders[:] = [name for name in shown if not name.endswith(".zarr")]
        names = [*images, *(name for name in files if not name.startswith("."))]
        found += [Path(at, name).relative_to(folder).as_posix() for name in names]
    return sorted(found)


def _read(path: Path, shape: Shape | None) -> NDArray[np.uint16]:
    if path.suffix == _OUTLINES:
        mend = "Give the masks that 'cellocate cells --masks' writes of them."
        raise CellocateError("outlines, where label images are needed", where=path, mend=mend)
    return read_zarr_labels(path, shape) if path.suffix == ".zarr" else read_labels(path, shape)
