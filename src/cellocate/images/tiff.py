"""TIFF files, plain or gzipped: of one plane, of one plane for each colour, or stacks of channels and planes."""

from __future__ import annotations

import gzip
import io
import logging
import math
import struct
import zlib
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import tifffile
from numpy.typing import NDArray

from cellocate.errors import CellocateError
from cellocate.images.stack import LARGEST, Stack, significant_bits

logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # its lines would stand beside ours
_LIGHT = (tifffile.PHOTOMETRIC.MINISBLACK, tifffile.PHOTOMETRIC.RGB, tifffile.PHOTOMETRIC.YCBCR)
_MICROMETRES = {"µm": 1.0, "micron": 1.0, "um": 1.0, "nm": 1e-3, "mm": 1e3, "\\u00B5m": 1.0}


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
        pixels = _decoded(page)
        if page.axes == "SYX":
            pixels = np.moveaxis(pixels, 0, 2)
        return pixels.astype(pixels.dtype.newbyteorder("="), copy=False)


def describe(path: Path) -> Stack:
    """What a stack holds: its channels are the axis C, or pages of which nothing else is said.

    Raises:
        FileNotFoundError: there is no such file.
        OSError: it is cut short or damaged.
        CellocateError: its axes are others than channel, z, y and x.
    """
    with _opened(path) as tiff:
        series, shape = _series(tiff, path)
        _see_whole(tiff)
        names, pixel_size = _told(tiff, shape)
        bits = significant_bits(tiff.ome_metadata or "")
        return Stack(names, shape.get("Z", 1), shape["Y"], shape["X"], str(series.dtype), pixel_size, bits)


def bits_of(path: Path) -> int | None:
    """The bits of a pixel that hold light, as OME metadata or pixels packed more tightly than in bytes say.

    Raises:
        FileNotFoundError: there is no such file.
        OSError: it is cut short or damaged.
    """
    with _opened(path) as tiff:
        page: Any = tiff.pages.first
        packed = page.bitspersample if 8 < page.bitspersample < 16 else None
        return significant_bits(tiff.ome_metadata or "") or packed


def plane(path: Path, channel: int, z: int) -> NDArray[Any]:
    """One plane, (H, W); no other is decoded where each has a page of its own."""
    with _opened(path) as tiff:
        series, shape = _series(tiff, path)
        place = {"C": channel, "Z": z}
        outer = [axis for axis in shape if axis not in "YX"]
        at = tuple(place.get(axis, 0) for axis in outer)
        counts = tuple(shape[axis] for axis in outer)
        if _has_pages(series, shape):
            page = series.pages[int(np.ravel_multi_index(at, counts)) if at else 0]
            if page is None:
                raise OSError("cut short")
            return _decoded(page)
        return np.asarray(_decoded(series)[at])


def _has_pages(series: Any, shape: dict[str, int]) -> bool:  # noqa: ANN401 # as below
    """Whether each plane has a page of its own, so that no other need be decoded with it."""
    return len(series.pages) == math.prod(n for axis, n in shape.items() if axis not in "YX")


def _opened(path: Path) -> tifffile.TiffFile:
    try:
        if path.suffix.lower() == ".gz":
            return tifffile.TiffFile(io.BytesIO(_unfolded(path)))
        return tifffile.TiffFile(path)
    except EOFError:
        raise OSError("cut short") from None
    except zlib.error:
        raise OSError("damaged: gzip") from None
    except OSError:
        raise
    except Exception as error:  # such as struct.error where a few bytes are all there is
        raise OSError(f"damaged: {type(error).__name__}") from None


def _unfolded(path: Path) -> bytes:
    with gzip.open(path) as file:
        content = file.read(2 * LARGEST + 1)
    if len(content) > 2 * LARGEST:
        raise OSError("damaged: an impossible size")
    return content


def _decoded(pages: Any) -> NDArray[Any]:  # noqa: ANN401 # tifffile's page or series, which have no public types
    try:
        return np.asarray(pages.asarray())
    except Exception as error:  # each of its two dozen codecs has errors of its own
        raise OSError(f"damaged: {type(error).__name__}") from None


def _only_page(tiff: tifffile.TiffFile, path: Path) -> Any:  # noqa: ANN401 # as above
    try:
        pages = len(tiff.pages)
        page: Any = tiff.pages.first
        wrong = page.size > LARGEST or not page.dataoffsets
        axes, photometric = page.axes, page.photometric
    except Exception as error:  # a damaged file can break any of these
        raise OSError(f"damaged: {type(error).__name__}") from None
    if wrong:
        raise OSError("damaged: an impossible size")
    _see_whole(tiff)
    colours = page.samplesperpixel if "S" in axes else 3
    if pages != 1 or axes not in ("YX", "YXS", "SYX") or colours not in (3, 4):
        raise CellocateError("an image of several planes", where=path, mend="Give one plane per file.")
    _see_light(photometric, path)
    return page


def _see_light(photometric: Any, path: Path) -> None:  # noqa: ANN401 # one of tifffile's
    if photometric not in _LIGHT:
        name = getattr(photometric, "name", f"kind {photometric}").lower()  # of an unknown kind there is but a number
        what = f"numbers that are not brightness ({name})"
        raise CellocateError(what, where=path, mend="Save each channel as a grey image.")


def _see_whole(tiff: tifffile.TiffFile) -> None:
    """The last page ends within the file, and the first says all that it began to say."""
    try:
        page: Any = tiff.pages[-1]
        end = max(o + n for o, n in zip(page.dataoffsets, page.databytecounts, strict=True))
        first: Any = tiff.pages.first
        tiff.filehandle.seek(first.offset)
        (said,) = struct.unpack(tiff.tiff.tagnoformat, tiff.filehandle.read(tiff.tiff.tagnosize))
    except Exception as error:  # a damaged file can break any of these
        raise OSError(f"damaged: {type(error).__name__}") from None
    if end > tiff.filehandle.size or len(first.tags) < said:  # tags beyond the end are passed over
        raise OSError("cut short")


def _series(tiff: tifffile.TiffFile, path: Path) -> tuple[Any, dict[str, int]]:
    """The first image of the file, and the length of each of its axes, in order; pages without a meaning are C."""
    try:
        series: Any = tiff.series[0]
        axes = str(series.axes).replace("SYX", "CYX")  # what numpy's (C, H, W) becomes unless one says otherwise
        shape = {_CHANNELS.get(axis, axis): int(n) for axis, n in zip(axes, series.shape, strict=True)}
        photometric = tiff.pages.first.photometric
    except Exception as error:  # a damaged file can break any of these
        raise OSError(f"damaged: {type(error).__name__}") from None
    if (shape.get("Y", 1) * shape.get("X", 1) if _has_pages(series, shape) else series.size) > LARGEST:
        raise OSError("damaged: an impossible size")
    _see_light(photometric, path)
    if len(shape) < series.ndim or not {"Y", "X"} <= set(shape) <= set("TCZYX") or shape.get("T", 1) > 1:
        what = f"a stack with the axes {series.axes}"
        raise CellocateError(what, where=path, mend="Save it with the axes channel, z, y and x, one time point a file.")
    return series, shape


_CHANNELS = {"I": "C", "Q": "C"}  # tifffile's words for pages that nobody described


def _told(tiff: tifffile.TiffFile, shape: dict[str, int]) -> tuple[tuple[str, ...], float | None]:
    """The names of the channels and the pixel size, as OME's or ImageJ's metadata have them.

    A file that lost its last pages still opens, as a smaller one; its metadata tell.
    """
    n = shape.get("C", 1)
    planes = n * shape.get("Z", 1)
    if tiff.ome_metadata:
        try:
            return _ome(tiff.ome_metadata, n, planes)
        except (ElementTree.ParseError, ValueError) as error:
            raise OSError(f"damaged: {type(error).__name__}") from None
    meta = tiff.imagej_metadata or {}
    if meta.get("images", planes) > planes:
        raise OSError("cut short")
    labels = [str(label) for label in meta.get("Labels", [])]
    names = tuple(labels) if len(labels) == n else ("",) * n
    unit = _MICROMETRES.get(str(meta.get("unit", "")))
    tag: Any = tiff.pages.first.tags.get("XResolution")
    if unit is None or tag is None or not tag.value[0]:
        return names, None
    return names, unit * tag.value[1] / tag.value[0]


def _ome(xml: str, n: int, planes: int) -> tuple[tuple[str, ...], float | None]:
    """https://docs.openmicroscopy.org/ome-model: Pixels of the first Image, with its Channels."""
    pixels = ElementTree.fromstring(xml).find(".//{*}Pixels")
    if pixels is None:
        return ("",) * n, None
    if int(pixels.get("SizeC", n)) * int(pixels.get("SizeZ", planes // n)) > planes:
        raise OSError("cut short")
    names = tuple(channel.get("Name", "") for channel in pixels.findall("{*}Channel"))
    size, unit = pixels.get("PhysicalSizeX"), _MICROMETRES.get(pixels.get("PhysicalSizeXUnit", "µm"))
    return names if len(names) == n else ("",) * n, float(size) * unit if size and unit else None
