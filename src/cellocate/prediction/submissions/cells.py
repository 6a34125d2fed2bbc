"""The cells of fields, as label images in a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cellocate.errors import CellocateError
from cellocate.images import read_channel
from cellocate.images.rle import Mask, masks_of

NAMES = ("_cells.png", "_cellmask.png", "_predictedmask.png")
"""What follows the id of a field in the name of its label image: ours, and as others write it."""


class CellMasks:
    """Label images `<id>_cells.png` in a folder: the number of the cell at each pixel, 0 for none; 8 or 16 bits.

    `<id>_cellmask.png` and `<id>_predictedmask.png` are read as well.

    Args:
        folder: where they lie.

    Raises:
        CellocateError: there is no such folder, or none of them in it.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        if not self.folder.is_dir():
            raise CellocateError("no such folder of label images", where=folder, mend="Check the name.")
        self._files: dict[str, Path] = {}
        for path in sorted(self.folder.iterdir()):
            ending = next((name for name in NAMES if path.name.endswith(name)), None)
            if ending is not None and not path.name.startswith("."):
                field = path.name.removesuffix(ending)
                if field in self._files:
                    what = f"two label images of one field, {self._files[field].name} and {path.name}"
                    raise CellocateError(what, where=folder, mend="Keep one of them.")
                self._files[field] = path
        if not self._files:
            raise CellocateError("no label images of cells", where=folder, mend=f"They are named <id>{NAMES[0]}.")

    @property
    def ids(self) -> list[str]:
        """The fields that have a label image."""
        return list(self._files)

    def require(self, ids: Sequence[str]) -> None:
        """Raise a `CellocateError` where one of these fields has no label image."""
        lacking = [field for field in ids if field not in self._files]
        if lacking:
            what = f"{len(lacking)} of {len(ids)} fields have no label image of their cells, such as {lacking[0]}"
            raise CellocateError(what, where=self.folder, mend=f"They are named <id>{NAMES[0]}.")

    def read(self, field: str) -> tuple[tuple[int, int], dict[int, Mask]]:
        """Height and width of a field's label image, and the mask of each cell by its number.

        Raises:
            CellocateError: it is missing, or no label image.
        """
        self.require([field])
        labels = read_channel(self._files[field], "red")
        return (labels.shape[0], labels.shape[1]), masks_of(labels)

    def masks(self, field: str, shape: tuple[int, int]) -> list[Mask]:
        """The masks of a field's cells, in the order of their numbers.

        Raises:
            CellocateError: the label image is missing, or of another height and width than the field.
        """
        found, masks = self.read(field)
        if found != shape:
            what = f"cells on {found[1]} × {found[0]} px in a field of {shape[1]} × {shape[0]} px"
            mend = "Give label images as large as the images, enlarged without smoothing if need be."
            raise CellocateError(what, where=self._files[field], mend=mend)
        return list(masks.values())
