"""Masks that a user brings: of the cells of each field, and perhaps of their nuclei, in a folder."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from copy import copy
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cellocate.cells.field_notes import Note
from cellocate.cells.masks.label_arrays import Shape
from cellocate.cells.masks.label_files import read_labels
from cellocate.cells.masks.label_image import LabelImage
from cellocate.cells.masks.mask_files import MEND_ROIS, OUTLINES, ROIS, Images, MaskFiles, may_be_read
from cellocate.cells.masks.qupath_geojson import read_geojson
from cellocate.counted import counted
from cellocate.errors import CellocateError
from cellocate.images.rle import Mask, masks_of

_SOME = 5  # fields that are named


class MaskFolder:
    """The masks in a folder: label images such as `<id>_cells.png`, or QuPath's outlines `<id>.geojson`.

    Nuclei beside them are `<id>_nuclei.png`; QuPath's outlines have both. docs/formats.md lists all names and forms,
    and `as_label_image` tells what is made of a mask that is no label image.

    Args:
        folder: where they lie.

    Attributes:
        folder: the same.
        notes: sentences for the user about how the mask of each field was read; of the fields read so far.

    Raises:
        CellocateError: there is no such folder, or nothing in it that could be a mask.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.notes: dict[str, tuple[Note, ...]] = {}
        if not self.folder.is_dir():
            raise CellocateError("no such folder of label images", where=folder, mend="Check the name.")
        self._files = MaskFiles(self.folder)
        self._images: Images = lambda _: {}
        if not self._files:
            raise CellocateError("no label images of cells", where=folder, mend=self._mend("<id>", ()))

    def excluding(self, images: Images) -> MaskFolder:
        """The same, where none of the images of a field (such as `Collection.files` gives) is taken for its mask."""
        found = copy(self)
        found._images = images
        return found

    @property
    def ids(self) -> list[str]:
        """The fields that have a mask of their cells, judged by the names of the files."""
        return self._files.ids

    def has(self, field: str) -> bool:
        """Whether a field has a mask of its cells, or even several."""
        return bool(self._files.cell_candidates(field, self._images))

    def require(self, ids: Sequence[str]) -> None:
        """Raise a `CellocateError` where one of these fields has no mask of its cells, several, or another's."""
        lacking = [field for field in ids if self._files.cells(field, self._images) is None]
        if lacking:
            named = ", ".join(lacking[:_SOME]) + (" and others" if len(lacking) > _SOME else "")
            what = f"{len(lacking)} of {counted(len(ids), 'field')} without a mask of their cells: {named}"
            if len(ids) == 1:
                what = f"no mask of the cells of field {lacking[0]}"
            raise CellocateError(what, where=self.folder, mend=self._mend(lacking[0], ids))
        self.refuse_shared_masks(ids)

    def refuse_shared_masks(self, ids: Sequence[str]) -> None:
        """Raise a `CellocateError` where one file could be the mask of two of these fields."""
        self._files.refuse_shared_masks(ids, self._images)

    def labels(self, field: str, shape: Shape | None = None) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
        """Label images of a field's nuclei and cells, each (H, W), as they are numbered there; nuclei may be none.

        Args:
            field: its id.
            shape: height and width of the field, which outlines do not have.

        Raises:
            CellocateError: that of the cells is missing; either is broken, of another size, or has no clear meaning.
        """
        path = self._path(field)
        if path.name.lower().endswith(OUTLINES):
            found = read_geojson(path, _needed(shape, path))
            self.notes[field] = found.notes
            return found.nuclei, found.cells
        read = read_labels(path, shape)
        nuclei, cells = LabelImage(np.zeros_like(read.labels)), read.labels
        if (of_nuclei := self._files.nuclei(field)) is not None:
            nuclei = read_labels(of_nuclei, (cells.shape[0], cells.shape[1]), cells=cells)
        name_notes = self._files.name_notes(field, path)
        on_nuclei = (Note(f"nuclei: {note.template}", *note.values) for note in nuclei.notes)
        self.notes[field] = (*read.notes, *name_notes, *on_nuclei)
        return nuclei.labels, cells

    def read(
        self, field: str, shape: Shape | None = None, *, known: Collection[int] = ()
    ) -> tuple[Shape, dict[int, Mask]]:
        """Height and width of a field's label image, and the mask of each cell by its number, gaps or none.

        Args:
            field: its id.
            shape: height and width of the field, which outlines do not have.
            known: the numbers that a table gives to its cells, where there is one.

        Raises:
            CellocateError: the mask is missing, broken, of another size, or has no clear meaning; or its cells have to
                be numbered anew, and a table names them by number.
        """
        path = self._path(field)
        if path.name.lower().endswith(OUTLINES):
            outlined = read_geojson(path, _needed(shape, path))
            read = LabelImage(outlined.cells, outlined.notes)
        else:
            read = read_labels(path, shape, known=known)
        if known and read.renumbered:
            mend = "Save it as a label image with the numbers of the table."
            raise CellocateError(f"a table names the cells by number, and {read.notes[0]}", where=path, mend=mend)
        self.notes[field] = (*read.notes, *self._files.name_notes(field, path))
        height, width = read.labels.shape
        return (height, width), masks_of(read.labels)

    def masks(self, field: str, shape: Shape) -> list[Mask]:
        """The masks of a field's cells, in the order of their numbers.

        Raises:
            CellocateError: see `read`.
        """
        return list(self.read(field, shape)[1].values())

    def _path(self, field: str) -> Path:
        path = self._files.cells(field, self._images)
        if path is None:
            what, mend = f"no mask of the cells of field {field}", f"Name it {field}_cells.png, or the like."
            raise CellocateError(what, where=self.folder, mend=mend)
        return path

    def _mend(self, field: str, ids: Sequence[str]) -> str:
        """What to do where a field has no mask; `ids` are all fields."""
        mend, stray = f"Name it {field}_cells.png, or the like", self._files.stray(ids, self._images)
        if stray is None:
            nuclei = self._files.nuclei(field)
            return f"{mend}." if nuclei is None else f"{mend}: {nuclei.name} is there, but marks nuclei by its name."
        if stray.lower().endswith(ROIS):
            return f"{stray}, which is there, has regions of ImageJ's ROI Manager. {MEND_ROIS}"
        if not may_be_read(stray):
            return f"{mend}: {stray} is there, but is no PNG, TIFF, OME-Zarr, GeoJSON or array of NumPy's."
        return f"{mend}: {stray} is there, but its name fits no field."


def _needed(shape: Shape | None, path: Path) -> Shape:
    if shape is None:
        mend = "Give the masks that 'cellocate cells --masks' writes of them."
        raise CellocateError("outlines, which do not tell the size of their field", where=path, mend=mend)
    return shape
