"""Read TIFF files, plain or gzipped, of one plane or colour picture; helpers for all TIFF files."""

from __future__ import annotations

import gzip
import io
import logging
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from cellocate.errors import CellocateError
from cellocate.images.colour_planes import is_ramp
from cellocate.images.ome_xml import significant_bits
from cellocate.images.orientation import TAG, upright, upright_shape
from cellocate.images.stack import LARGEST
from cellocate.quiet import quiet

MINISBLACK = tifffile.PHOTOMETRIC.MINISBLACK
_LIGHT = (MINISBLACK, tifffile.PHOTOMETRIC.RGB, tifffile.PHOTOMETRIC.YCBCR)


class CutShortError(OSError):
    """A file ends before its pixels do."""

    def __init__(self) -> None:
        super().__init__("cut short")


class SeveralPlanes(Exception):  # noqa: N818 # not an error
    """A file holds several planes, so it must be read as a stack."""


def tiff_header(path: Path) -> tuple[int, int, str]:
    """Height, width and pixel type of a complete file of one plane.

    Raises:
        OSError: it is missing, cut short or damaged.
        SeveralPlanes: it holds several planes.
        CellocateError: it holds numbers that are not brightness, or is transparent in places.
    """
    with opened(path) as tiff:
        page = _only_page(tiff, path)
        if page.extrasamples:
            _without_alpha(decoded(page), page, path)
        return *upright_shape(page.imagelength, page.imagewidth, orientation(page)), str(page.dtype)


def read_tiff(path: Path) -> NDArray[Any]:
    """Pixels of a file of one plane in native byte order, shape (H, W) or (H, W, 3), without alpha.

    Raises:
        OSError, SeveralPlanes, CellocateError: as `tiff_header`.
    """
    with opened(path) as tiff:
        page = _only_page(tiff, path)
        return native(_without_alpha(decoded(page), page, path))


def read_samples(path: Path) -> NDArray[Any]:
    """The only page of a file, whatever its numbers mean: shape (H, W) or (H, W, samples), oriented.

    Raises:
        OSError: it is missing, cut short or damaged.
        SeveralPlanes: it holds several planes.
    """
    with opened(path) as tiff:
        page = _page(tiff)
        return native(upright(_samples_last(decoded(page), page), orientation(page)))


def bits_of(path: Path) -> int | None:
    """The bits of a pixel that hold light, by OME metadata or the packing of pixels; None if unknown.

    Raises:
        OSError: it is missing, cut short or damaged.
    """
    with opened(path) as tiff:
        page: Any = tiff.pages.first
        packed = page.bitspersample if 8 < page.bitspersample < 16 else None
        return significant_bits(tiff.ome_metadata or "") or packed


def native(pixels: NDArray[Any]) -> NDArray[Any]:
    """Pixels in native byte order."""
    return pixels.astype(pixels.dtype.newbyteorder("="), copy=False)


@contextmanager
def opened(path: Path) -> Iterator[tifffile.TiffFile]:
    """Open a TIFF, plain or gzipped, without tifffile's log messages.

    Raises:
        OSError: it is missing, cut short, damaged or no TIFF.
    """
    with quiet("tifffile", level=logging.CRITICAL), _opened(path) as tiff:
        yield tiff


def _opened(path: Path) -> tifffile.TiffFile:
    try:
        if path.suffix.lower() == ".gz":
            return tifffile.TiffFile(io.BytesIO(_unfolded(path)))
        return tifffile.TiffFile(path)
    except EOFError:
        raise CutShortError() from None
    except zlib.error:
        raise OSError("damaged: gzip") from None
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001 # such as struct.error where a few bytes are all there is
        raise OSError(f"damaged: {type(error).__name__}") from None


def _unfolded(path: Path) -> bytes:
    with gzip.open(path) as file:
        content = file.read(2 * LARGEST + 1)
    if len(content) > 2 * LARGEST:
        raise OSError("damaged: an impossible size")
    return content


def decoded(pages: Any) -> NDArray[Any]:  # noqa: ANN401 # tifffile's page or series, which have no public types
    """Decode a page or series as stored; an `OSError` if that fails."""
    try:
        return np.asarray(pages.asarray())
    except Exception as error:  # noqa: BLE001 # each of its two dozen codecs has errors of its own
        raise OSError(f"damaged: {type(error).__name__}") from None


def _only_page(tiff: tifffile.TiffFile, path: Path) -> Any:  # noqa: ANN401 # as above
    """The only page of a file (besides smaller copies), with one sample or three colours.

    Raises:
        SeveralPlanes: there are others.
    """
    page = _page(tiff)
    check_brightness(tiff, path)
    in_colour = page.photometric not in (tifffile.PHOTOMETRIC.MINISBLACK, tifffile.PHOTOMETRIC.PALETTE)
    colours = page.samplesperpixel
    if colours - len(page.extrasamples) != (3 if in_colour else 1) or len(page.extrasamples) > 1:
        what = f"{colours} samples per pixel with unknown meaning"
        raise CellocateError(what, where=path, mend="Save each channel as a grey image.")
    return page


def _page(tiff: tifffile.TiffFile) -> Any:  # noqa: ANN401 # as above
    """The only page of a file (besides smaller copies), whatever its numbers mean.

    Raises:
        SeveralPlanes: there are others.
    """
    try:
        pages: Any = tiff.pages
        page: Any = pages.first
        wrong = page.size > LARGEST or not page.dataoffsets
        several = len(pages) > 1 and sum(not other.is_reduced for other in pages) != 1
        axes, _ = page.axes, page.photometric
    except Exception as error:  # noqa: BLE001 # a damaged file can break any of these
        raise OSError(f"damaged: {type(error).__name__}") from None
    if wrong:
        raise OSError("damaged: an impossible size")
    check_complete(tiff)
    if several or axes not in ("YX", "YXS", "SYX"):
        raise SeveralPlanes
    return page


def _samples_last(pixels: NDArray[Any], page: Any) -> NDArray[Any]:  # noqa: ANN401 # as above
    if pixels.ndim != len(page.axes):  # a damaged page may have fewer
        raise OSError("damaged: an impossible size")
    return np.moveaxis(pixels, 0, 2) if page.axes == "SYX" else pixels


def _without_alpha(pixels: NDArray[Any], page: Any, path: Path) -> NDArray[Any]:  # noqa: ANN401 # as above
    pixels = _samples_last(pixels, page)
    if page.extrasamples:
        check_opaque(pixels[..., -1], path)
        pixels = pixels[..., 0] if page.samplesperpixel == len("LA") else pixels[..., :-1]
    return upright(pixels, orientation(page))


def check_opaque(alpha: NDArray[Any], path: Path) -> None:
    """Refuse a picture that is transparent in places, where the pixels are unknown."""
    if alpha.min() != alpha.max():
        what = "a picture that is transparent in places (its alpha channel is not constant)"
        raise CellocateError(what, where=path, mend="Save it without transparency.")


def orientation(page: Any) -> int:  # noqa: ANN401 # as above
    """The orientation tag of a page, for `upright`; 1 if it has none."""
    tag = page.tags.get(TAG)
    return tag.value if tag is not None and isinstance(tag.value, int) else 1


def check_brightness(tiff: tifffile.TiffFile, path: Path) -> None:
    """Raise a `CellocateError` if the numbers of a file are not brightness."""
    try:
        page: Any = tiff.pages.first
        photometric: Any = page.photometric
        ramp = photometric == tifffile.PHOTOMETRIC.PALETTE and is_ramp(np.transpose(page.colormap))
    except Exception as error:  # noqa: BLE001 # a damaged file can break it
        raise OSError(f"damaged: {type(error).__name__}") from None
    if photometric not in _LIGHT and not ramp:
        name = getattr(photometric, "name", f"kind {photometric}").lower()  # unknown kinds have only a number
        what = f"numbers that are not brightness ({name})"
        raise CellocateError(what, where=path, mend="Save each channel as a grey image.")


def check_complete(tiff: tifffile.TiffFile) -> None:
    """Check that the last page ends within the file, and that the first has all its tags."""
    try:
        page: Any = tiff.pages[-1]
        end = max(o + n for o, n in zip(page.dataoffsets, page.databytecounts, strict=True))
        first: Any = tiff.pages.first
        tiff.filehandle.seek(first.offset)
        (tags,) = struct.unpack(tiff.tiff.tagnoformat, tiff.filehandle.read(tiff.tiff.tagnosize))
    except Exception as error:  # noqa: BLE001 # a damaged file can break any of these
        raise OSError(f"damaged: {type(error).__name__}") from None
    if end > tiff.filehandle.size or len(first.tags) < tags:  # tifffile ignores tags beyond the end
        raise CutShortError()
