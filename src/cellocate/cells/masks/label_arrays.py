"""Check and write label images: the number of the cell at each pixel, 0 for none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from cellocate.errors import CellocateError
from cellocate.files import new_file
from cellocate.images import write_png

Labels = NDArray[np.integer[Any]]
"""Shape (H, W), integers, 0 for none."""
Shape = tuple[int, int]
"""Height and width, px."""

MAX_CELLS = 65_535
"""Cells in one label image: the largest number of 16 bits."""
_TIFF = (".tif", ".tiff")


def write_labels(path: str | Path, labels: Labels) -> None:
    """Write a label image, shape (H, W), up to 65,535, as .png, .tif or .tiff of 16 bits, whole or not at all.

    Raises:
        CellocateError: another suffix, not a label image, or numbers out of range.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a_cells.tif"
        >>> write_labels(path, np.array([[0, 1], [300, 1]]))
        >>> tifffile.imread(path).tolist()
        [[0, 1], [300, 1]]
    """
    path = Path(path)
    pixels = checked_labels(labels, where=path)
    suffix = path.suffix.lower()
    if suffix == ".png":
        write_png(path, pixels)
    elif suffix in _TIFF:
        with new_file(path) as aside:
            tifffile.imwrite(aside, pixels, compression="zlib", photometric="minisblack", metadata=None)
    else:
        raise CellocateError("not a file name of a label image", where=path, mend="Use .png, .tif or .tiff.")


def checked_labels(labels: Labels, shape: Shape | None = None, *, where: object = None) -> NDArray[np.uint16]:
    """Check a label image, and its height and width if given, and convert it to uint16.

    Raises:
        CellocateError: it is not a label image, or has numbers below 0 or above 65,535.
    """
    if labels.ndim != 2 or not np.issubdtype(labels.dtype, np.integer):
        what = f"an array of {labels.dtype} of shape {labels.shape} is not a label image"
        raise CellocateError(what, where=where, mend="Give integers, (H, W).")
    check_shape(labels.shape, shape, where=where)
    if labels.size and not (labels.min() >= 0 and labels.max() <= MAX_CELLS):
        what = f"numbers of cells from {labels.min()} to {labels.max()}"
        raise CellocateError(what, where=where, mend=f"Number cells from 1 to at most {MAX_CELLS}, and use 0 for none.")
    return labels.astype(np.uint16, copy=False)


def check_shape(found: tuple[int, ...], shape: Shape | None, *, where: object = None) -> None:
    """Raise a `CellocateError` if a mask differs in height or width from its field, unless `shape` is None."""
    if shape is None or found == shape:
        return
    what = f"masks on {found[1]} × {found[0]} px in a field of {shape[1]} × {shape[0]} px"
    turned = found == shape[::-1]
    mend = "Turn them: rows and columns are swapped." if turned else "Give masks as large as the images."
    if not turned and found[0] * shape[1] == found[1] * shape[0]:
        mend = "Resize them to the size of the images without smoothing (nearest neighbour)."
    raise CellocateError(what, where=where, mend=mend)
