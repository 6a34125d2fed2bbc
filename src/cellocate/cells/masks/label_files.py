"""Read label images from files: PNG, TIFF, NumPy arrays, OME-Zarr."""

from __future__ import annotations

import zipfile
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellocate.cells.masks.label_arrays import Labels, Shape
from cellocate.cells.masks.label_image import LabelImage, as_label_image
from cellocate.cells.masks.mask_files import MEND_ROIS, ROIS
from cellocate.cells.masks.zarr_labels import read_zarr_numbers
from cellocate.errors import CellocateError
from cellocate.images import read_numbers

_ARRAYS = (".npy", ".npz")
_LARGEST = 2**32  # bytes of an unpacked array


def read_label_image(
    path: str | Path, shape: Shape | None = None, *, cells: Labels | None = None, known: Collection[int] = ()
) -> LabelImage:
    """Read a label image as `as_label_image` understands it.

    Args:
        path: PNG, TIFF, OME-Zarr (a folder `.zarr`, or one in the folder `labels` of such an image), or a NumPy array
            (`.npy`; `.npz` with one array).
        shape: required height and width: those of the field.
        cells: for a mask of nuclei, the cells; see `as_label_image`.
        known: numbers in a table of cells; see `as_label_image`.

    Raises:
        CellocateError: the file is missing or broken, or its meaning is unclear.
    """
    path = Path(path)
    if path.suffix.lower() in ROIS:
        raise CellocateError("regions of ImageJ's ROI Manager, not a label image", where=path, mend=MEND_ROIS)
    if path.suffix.lower() in _ARRAYS:
        pixels = _array(path)
    elif path.suffix.lower() == ".zarr" or path.is_dir():
        pixels = read_zarr_numbers(path)
    else:
        pixels = read_numbers(path)
    return as_label_image(pixels, shape, where=path, cells=cells, known=known)


def _array(path: Path) -> NDArray[Any]:
    """An array of numbers; arrays of Python objects are refused, because they can run code."""
    try:
        if path.suffix.lower() == ".npy":
            with path.open("rb") as file:
                if file.read(len(np.lib.format.MAGIC_PREFIX)) != np.lib.format.MAGIC_PREFIX:
                    raise ValueError("no array")
            return np.array(np.load(path, mmap_mode="r", allow_pickle=False))
        with zipfile.ZipFile(path) as archive:
            sizes = [entry.file_size for entry in archive.infolist()]
        if len(sizes) != 1 or sizes[0] > _LARGEST:
            raise CellocateError("several arrays, or too large a one", where=path, mend="Save the mask by itself.")
        with np.load(path, allow_pickle=False) as arrays:
            return np.array(arrays[arrays.files[0]])
    except FileNotFoundError:
        raise CellocateError("no such label image", where=path, mend="Check the name.") from None
    except (OSError, ValueError, EOFError, LookupError, zipfile.BadZipFile, MemoryError) as error:
        if "allow_pickle" in str(error) or "Python objects" in str(error):
            what = "Python objects, as in Cellpose's _seg.npy: not opened, because they can run any code"
            mend = "Save the masks in Cellpose (File menu, or --save_png): this writes <id>_cp_masks.png."
            raise CellocateError(what, where=path, mend=mend) from None
        raise CellocateError("not a NumPy array, or damaged", where=path, mend="Save it again.") from None
