"""Read TIFF files of several planes: ImageJ's and plain ones here, those with OME metadata in `ome_tiff`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import tifffile
from numpy.typing import NDArray

from cellocate.errors import CellocateError
from cellocate.images import ome_tiff
from cellocate.images.length_units import PixelSize, pixel_size
from cellocate.images.orientation import upright, upright_shape
from cellocate.images.stack import LARGEST, Index, Stack, squeezed
from cellocate.images.tiff import CutShortError, check_brightness, check_complete, decoded, opened, orientation

_UNITS = {2: "inch", 3: "cm"}  # of the tag ResolutionUnit
_FINER_THAN_PRINT = 2.0  # µm per px: 12,700 dpi, which no printer and no scanner has, only a microscope
_NO_FIELD = 16  # px: a shorter side is another axis


def describe(path: Path, of: Path | None = None) -> tuple[Stack, ...]:
    """Describe the images of a file, or of the set of files in its OME metadata.

    Args:
        path: path of the file.
        of: the file whose metadata are in this one.

    Raises:
        OSError: it is missing, cut short or damaged.
        CellocateError: its pixels are no brightness, or its metadata belong to another image.
    """
    if path.suffix.lower() in ome_tiff.COMPANIONS:
        return ome_tiff.describe(path)
    with opened(path) as tiff:
        check_complete(tiff)
        check_brightness(tiff, path)
        if not tiff.ome_metadata and "<OME" in _description(tiff):
            raise OSError("damaged: metadata cut short")
        if tiff.ome_metadata:
            if (holder := ome_tiff.holder(tiff.ome_metadata, path)) is not None:
                if of is not None:
                    raise OSError("damaged: metadata that refer to each other")
                return describe(holder, of=path)
            if stacks := ome_tiff.describe(path, tiff):
                return stacks
        return _series_stacks(tiff, path)


def planes(stack: Stack, indices: Sequence[Index]) -> Iterator[NDArray[Any]]:
    """Read planes of one image, each (H, W); others are decoded only if compressed together with these."""
    if (image := ome_tiff.image_of(stack)) is not None:
        yield from ome_tiff.planes(image, stack, indices)
        return
    with opened(stack.file) as tiff:
        for index in indices:
            try:
                pixels = _series_plane(tiff, tiff.series[stack.series or 0], index)
            except OSError:
                raise
            except Exception as error:  # noqa: BLE001 # a damaged file can break any of it
                raise OSError(f"damaged: {type(error).__name__}") from None
            yield pixels


def _description(tiff: tifffile.TiffFile) -> str:
    page: Any = tiff.pages.first
    return str(page.description)[:1000]


def _series_stacks(tiff: tifffile.TiffFile, path: Path) -> tuple[Stack, ...]:
    """The images that tifffile finds in a file; unlabelled pages are channels."""
    try:
        found = [(i, series) for i, series in enumerate(tiff.series) if not series.keyframe.is_reduced]
        stacks = tuple(_series_stack(tiff, series, path, i if len(tiff.series) > 1 else None) for i, series in found)
        kinds = {series.kind for _, series in found}
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001 # a damaged file can break any of it
        raise OSError(f"damaged: {type(error).__name__}") from None
    if len(stacks) > 1 and "generic" in kinds:
        sizes = ", ".join(f"{stack.width}×{stack.height} px" for stack in stacks[:3])
        what = f"pages of different sizes ({sizes}{', …' if len(stacks) > 3 else ''})"  # as shown
        raise CellocateError(what, where=path, mend="Save each image in a separate file.")
    return stacks


def _series_stack(tiff: tifffile.TiffFile, series: Any, path: Path, number: int | None) -> Stack:  # noqa: ANN401
    axes, shape = _axes(series)
    tag = orientation(series.keyframe)
    lengths = dict(zip(axes, shape, strict=True))
    lengths["Y"], lengths["X"] = upright_shape(lengths["Y"], lengths["X"], tag)
    if lengths["Y"] * lengths["X"] > LARGEST:
        raise OSError("damaged: an impossible size")
    if series.dataoffset is not None and series.dataoffset + series.nbytes > tiff.filehandle.size:
        raise CutShortError()
    shown = tuple(lengths[axis] if axis in "YX" else n for axis, n in zip(axes, shape, strict=True))
    names = _names(tiff, lengths.get("C", lengths.get("S", 1)), math.prod(shape) // (shape[-1] * shape[-2]))
    return Stack(names, axes, shown, str(series.dtype), _size(tiff, series.keyframe), path, number, members=(path,))


def _axes(series: Any) -> tuple[str, tuple[int, ...]]:  # noqa: ANN401 # as above
    """The axes of an image. Unlabelled pages are channels, unless that is impossible."""
    axes, shape = squeezed(str(series.axes), tuple(map(int, series.shape)))
    for unknown in ("I", "Q", "S"):  # tifffile's letters for unlabelled pages, and for samples of a pixel
        if axes == f"{unknown}YX":
            narrow = unknown != "S" and shape[2] < min(_NO_FIELD, shape[0])  # H × W × C, as numpy users save it
            return axes if narrow else "CYX", shape
    return axes, shape


def _names(tiff: tifffile.TiffFile, channels: int, planes: int) -> tuple[str, ...]:
    """ImageJ's names of channels. Its metadata also show if a file lost its last pages."""
    meta = tiff.imagej_metadata or {}
    if meta.get("images", planes) > planes:
        raise CutShortError()
    labels = [str(label) for label in meta.get("Labels", [])]
    return tuple(labels) if len(labels) == channels else ("",) * channels


def _size(tiff: tifffile.TiffFile, page: Any) -> PixelSize:  # noqa: ANN401 # as above
    """The pixel size by ImageJ's unit, MetaMorph's properties, or a resolution that only microscopes have."""
    if (size := _metamorph(page)) != PixelSize():
        return size
    x, y = (_side(page, name) for name in ("XResolution", "YResolution"))
    if tiff.imagej_metadata is not None:
        meta = tiff.imagej_metadata
        unit = str(meta.get("unit", ""))
        return pixel_size(x, y, unit, str(meta.get("yunit", unit)))
    tag = page.tags.get("ResolutionUnit")
    size = pixel_size(x, y, _UNITS.get(int(tag.value), "") if tag is not None else "")
    return size if size.um is not None and size.um < _FINER_THAN_PRINT else PixelSize()


def _metamorph(page: Any) -> PixelSize:  # noqa: ANN401 # as above
    text = str(page.description).strip().rstrip("\0")
    if not text.startswith("<MetaData>"):
        return PixelSize()
    try:
        properties = {prop.get("id"): prop.get("value", "") for prop in ElementTree.fromstring(text).iter("prop")}
    except ElementTree.ParseError:
        return PixelSize()
    x, y, unit, state = (properties.get(f"spatial-calibration-{name}", "") for name in ("x", "y", "units", "state"))
    return PixelSize() if state == "off" else pixel_size(x, y, unit)


def _side(page: Any, name: str) -> float | None:  # noqa: ANN401 # as above
    tag = page.tags.get(name)
    return tag.value[1] / tag.value[0] if tag is not None and tag.value[0] else None


def _series_plane(tiff: tifffile.TiffFile, series: Any, index: Index) -> NDArray[Any]:  # noqa: ANN401 # as above
    axes, shape = _axes(series)
    first = min(axes.index("Y"), axes.index("X"))
    outer = [place for place in index[:first] if isinstance(place, int)]
    inner = index[first:]
    if len(outer) < first or inner[:2] != (slice(None), slice(None)):
        return decoded(series).reshape(shape)[index]  # the user changed the axes
    if series.dataoffset is not None:
        kind, size = series.dtype.newbyteorder(tiff.byteorder), math.prod(shape[first:])
        start = series.dataoffset + _number(outer, shape) * size * kind.itemsize
        pixels = tiff.filehandle.read_array(kind, size, start).reshape(shape[first:])
    else:
        depth = next(k for k in range(first + 1) if math.prod(shape[:k]) == len(series.pages))
        pixels = decoded(series.pages[_number(outer[:depth], shape)]).reshape(shape[depth:])[*outer[depth:]]
    return upright(pixels[inner], orientation(series.keyframe))


def _number(place: Sequence[int], shape: Sequence[int]) -> int:
    """The position of a plane among all, with the last axis fastest."""
    return int(np.ravel_multi_index(tuple(place), tuple(shape[: len(place)]))) if place else 0
