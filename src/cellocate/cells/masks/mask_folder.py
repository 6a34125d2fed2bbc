"""The user's masks of each field's cells, and optionally nuclei, in a folder."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from copy import copy
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cellocate.cells.field_notes import Note
from cellocate.cells.masks.label_arrays import Shape
from cellocate.cells.masks.label_files import read_label_image
from cellocate.cells.masks.label_image import LabelImage
from cellocate.cells.masks.mask_files import MEND_ROIS, OUTLINES, ROIS, Images, MaskFiles, may_be_read
from cellocate.cells.masks.qupath_geojson import read_geojson
from cellocate.counted import counted
from cellocate.errors import CellocateError
from cellocate.images.rle import Mask, masks_of

_SOME = 5  # fields named in a message


class MaskFolder:
    """The masks in a folder: label images such as `<id>_cells.png`, or QuPath's outlines `<id>.geojson`.

    Masks of nuclei are named `<id>_nuclei.png`; QuPath's outlines hold both. docs/formats.md lists all names and forms,
    and `as_label_image` documents how other masks are read.

    Attributes:
        folder: the folder.
        notes: sentences for the user about how each mask was read, by field; only of fields read so far.

    Raises:
        CellocateError: the folder does not exist, or holds no possible mask.
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
        """A copy that never takes an image of a field (as `Collection.files` gives them) for its mask."""
        found = copy(self)
        found._images = images
        return found

    @property
    def ids(self) -> list[str]:
        """The fields with a mask of their cells, by the names of the files."""
        return self._files.ids

    def has(self, field: str) -> bool:
        """Whether a field has at least one mask of its cells."""
        return bool(self._files.cell_candidates(field, self._images))

    def require(self, ids: Sequence[str]) -> None:
        """Raise a `CellocateError` if one of these fields has no mask of its cells, several, or another field's."""
        lacking = [field for field in ids if self._files.cells(field, self._images) is None]
        if lacking:
            named = ", ".join(lacking[:_SOME]) + (" and others" if len(lacking) > _SOME else "")
            what = f"{len(lacking)} of {counted(len(ids), 'field')} without a mask of their cells: {named}"
            if len(ids) == 1:
                what = f"no mask of the cells of field {lacking[0]}"
            raise CellocateError(what, where=self.folder, mend=self._mend(lacking[0], ids))
        self.refuse_shared_masks(ids)

    def refuse_shared_masks(self, ids: Sequence[str]) -> None:
        """Raise a `CellocateError` if one file could be the mask of two of these fields."""
        self._files.refuse_shared_masks(ids, self._images)

    def labels(self, field: str, shape: Shape | None = None) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
        """Read the label images of a field's nuclei (possibly none) and cells, each (H, W), numbered as in the files.

        Outlines need the `shape` of the field, height and width.

        Raises:
            CellocateError: the mask of the cells is missing; or one is broken, has another size, or no clear meaning.
        """
        path = self._path(field)
        if path.name.lower().endswith(OUTLINES):
            found = read_geojson(path, _required(shape, path))
            self.notes[field] = found.notes
            return found.nuclei, found.cells
        read = read_label_image(path, shape)
        nuclei, cells = LabelImage(np.zeros_like(read.labels)), read.labels
        if (of_nuclei := self._files.nuclei(field)) is not None:
            nuclei = read_label_image(of_nuclei, (cells.shape[0], cells.shape[1]), cells=cells)
        name_notes = self._files.name_notes(field, path)
        on_nuclei = (Note(f"nuclei: {note.template}", *note.values) for note in nuclei.notes)
        self.notes[field] = (*read.notes, *name_notes, *on_nuclei)
        return nuclei.labels, cells

    def read(
        self, field: str, shape: Shape | None = None, *, known: Collection[int] = ()
    ) -> tuple[Shape, dict[int, Mask]]:
        """Read the height and width of a field's label image, and the mask of each cell by its number.

        Outlines need the `shape` of the field. `known` are the numbers in a table of its cells, if there is one.

        Raises:
            CellocateError: the mask is missing, broken, of another size, or has no clear meaning; or its cells must be
                renumbered although a table refers to them by number.
        """
        path = self._path(field)
        if path.name.lower().endswith(OUTLINES):
            outlined = read_geojson(path, _required(shape, path))
            read = LabelImage(outlined.cells, outlined.notes)
        else:
            read = read_label_image(path, shape, known=known)
        if known and read.renumbered:
            mend = "Save it as a label image with the numbers of the table."
            what = f"a table refers to the cells by number, but {read.notes[0]}"
            raise CellocateError(what, where=path, mend=mend)
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
            what, mend = f"no mask of the cells of field {field}", f"Name it {field}_cells.png, for example."
            raise CellocateError(what, where=self.folder, mend=mend)
        return path

    def _mend(self, field: str, ids: Sequence[str]) -> str:
        """What to do about a field without a mask; `ids` are all fields."""
        mend, stray = f"Name it {field}_cells.png, for example", self._files.stray(ids, self._images)
        if stray is None:
            nuclei = self._files.nuclei(field)
            return f"{mend}." if nuclei is None else f"{mend}: {nuclei.name} is there, but marks nuclei by its name."
        if stray.lower().endswith(ROIS):
            return f"The folder has {stray}, with regions of ImageJ's ROI Manager. {MEND_ROIS}"
        if not may_be_read(stray):
            return f"{mend}: {stray} is there, but is not a PNG, TIFF, OME-Zarr, GeoJSON or NumPy array."
        return f"{mend}: {stray} is there, but its name fits no field."


def _required(shape: Shape | None, path: Path) -> Shape:
    if shape is None:
        mend = "Use the masks that 'cellocate cells --masks' writes of them."
        raise CellocateError("outlines do not contain the size of their field", where=path, mend=mend)
    return shape
