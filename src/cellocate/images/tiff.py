"""TIFF files of one plane, or of one plane for each colour."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from cellocate.errors import CellocateError

logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # its lines would stand beside ours
_LARGEST = 2**29  # values in one file that are believed: a damaged size would fill the memory
_LIGHT = (tifffile.PHOTOMETRIC.MINISBLACK, tifffile.PHOTOMETRIC.RGB, tifffile.PHOTOMETRIC.YCBCR)


def tiff_header(path: Path) -> tuple[int, int, str]:
    """Height, width and type of the pixels, of a file that is whole.

    Raises:
        FileNotFoundError: there is no such file.
        OSError: it is cut short or damaged.
        CellocateError: it holds several planes, or numbers that are not brightness.
    """
    with _opened(path) as tiff:
        page = _only_page(tiff, path)
        return page.imagelength, page.imagewidth, str(page.dtype)


def read_tiff(path: Path) -> NDArray[Any]:
    """Pixels in the machine's byte order, shape (H, W) or (H, W, colours).

    Raises:
        FileNotFoundError: there is no such file.
        OSError: it is cut short or damaged.
        CellocateError: it holds several planes, or numbers that are not brightness.
    """
    with _opened(path) as tiff:
        page = _only_page(tiff, path)
        try:
            pixels: NDArray[Any] = page.asarray()
        except Exception as error:  # each of its two dozen codecs has errors of its own
            raise OSError(f"damaged: {type(error).__name__}") from None
        if page.axes == "SYX":
            pixels = np.moveaxis(pixels, 0, 2)
        return pixels.astype(pixels.dtype.newbyteorder("="), copy=False)


def _opened(path: Path) -> tifffile.TiffFile:
    try:
        return tifffile.TiffFile(path)
    except OSError:
        raise
    except Exception as error:  # such as struct.error where a few bytes are all there is
        raise OSError(f"damaged: {type(error).__name__}") from None


def _only_page(tiff: tifffile.TiffFile, path: Path) -> Any:  # noqa: ANN401 # tifffile's page, which has no public type
    try:
        pages = len(tiff.pages)
        page: Any = tiff.pages.first
        end = max(o + n for o, n in zip(page.dataoffsets, page.databytecounts, strict=True))
        wrong = page.size > _LARGEST or not page.dataoffsets
        axes, photometric = page.axes, page.photometric
    except Exception as error:  # a damaged file can break any of these
        raise OSError(f"damaged: {type(error).__name__}") from None
    if wrong:
        raise OSError("damaged: an impossible size")
    if end > path.stat().st_size:
        raise OSError("cut short")
    colours = page.samplesperpixel if "S" in axes else 3
    if pages != 1 or axes not in ("YX", "YXS", "SYX") or colours not in (3, 4):
        raise CellocateError("an image of several planes", where=path, mend="Give one plane per file.")
    if photometric not in _LIGHT:
        what = f"numbers that are not brightness ({photometric.name.lower()})"
        raise CellocateError(what, where=path, mend="Save each channel as a grey image.")
    return page
