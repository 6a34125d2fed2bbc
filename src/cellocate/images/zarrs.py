"""OME-Zarr images, versions 0.4 and 0.5 (https://ngff.openmicroscopy.org)."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellocate.errors import CellocateError
from cellocate.images.stack import Stack, significant_bits

_MICROMETRES = {"micrometer": 1.0, "nanometer": 1e-3, "millimeter": 1e3}


def describe(path: Path) -> Stack:
    """What the image holds, at its full size.

    Raises:
        FileNotFoundError: there is none.
        OSError: it is damaged.
        CellocateError: it is no OME-Zarr image, or zarr is not installed.
    """
    array, told, axes = _opened(path)
    shape = dict(zip(axes, array.shape, strict=True))
    n = shape.get("c", 1)
    try:
        said = [str(channel.get("label", "")) for channel in told.get("omero", {}).get("channels", [])]
        pixel_size = _pixel_size(told, axes)
    except Exception:  # damaged metadata can break any of these
        raise _no_image(path) from None
    names = tuple(said) if len(said) == n else ("",) * n
    return Stack(names, shape.get("z", 1), shape["y"], shape["x"], str(array.dtype), pixel_size, _bits(path))


def plane(path: Path, channel: int, z: int) -> NDArray[Any]:
    """One plane, (H, W)."""
    array, _, axes = _opened(path)
    place = {"t": 0, "c": channel, "z": z}
    try:
        return np.asarray(array[tuple(place.get(axis, slice(None)) for axis in axes)])
    except Exception as error:  # each codec has errors of its own
        raise OSError(f"damaged: {type(error).__name__}") from None


def absent(path: Path) -> str:
    """How many of the chunks (or shards) that its shape asks for are not there, such as "3 of 12"; "" where all are.

    Zarr reads them as its fill value. A writer may leave out what is even, and a copy that broke off looks the same.
    """
    array, _, _ = _opened(path)
    files = array.shards or array.chunks
    asked = math.prod(-(-side // of) for side, of in zip(array.shape, files, strict=True))
    chunks_in_each = math.prod(side // of for side, of in zip(files, array.chunks, strict=True))
    there = array.nchunks_initialized // chunks_in_each
    return f"{asked - there} of {asked}, read as {array.fill_value}" if there < asked else ""


def _opened(path: Path) -> tuple[Any, dict[str, Any], list[str]]:
    """The array of full size, the image's metadata, and the names of its axes."""
    try:
        import zarr
    except ImportError:
        mend = "Install it with: pip install 'cellocate[formats]'"
        raise CellocateError("zarr is not installed, which reads OME-Zarr", where=path, mend=mend) from None
    if not path.exists():
        raise FileNotFoundError(path)
    try:
        group = zarr.open_group(path, mode="r")
        told = dict(group.attrs.get("ome", group.attrs))  # 0.5, or 0.4
        image = told["multiscales"][0]
        axes = [str(axis["name"]) for axis in image["axes"]]
        array: Any = group[image["datasets"][0]["path"]]
        dimensions = array.ndim  # which a group has not
    except Exception:  # a damaged or foreign group can break any of these
        raise _no_image(path) from None
    if dimensions != len(axes) or not {"y", "x"} <= set(axes) <= set("tczyx"):
        raise CellocateError(f"axes {', '.join(axes)}", where=path, mend="Give an image with y and x.")
    return array, told, axes


def _no_image(path: Path) -> CellocateError:
    mend = "Give an OME-Zarr image of version 0.4 or 0.5."
    return CellocateError("no OME-Zarr image", where=path, mend=mend)


def _bits(path: Path) -> int | None:
    """Of the OME-XML that bioformats2raw writes beside its images. The window of OMERO is a display range."""
    for file in (folder / "OME" / "METADATA.ome.xml" for folder in (path, path.parent)):
        if file.is_file():
            return significant_bits(file.read_text(encoding="utf-8", errors="replace"))
    return None


def _pixel_size(told: dict[str, Any], axes: list[str]) -> float | None:
    image = told["multiscales"][0]
    scales = [t["scale"] for t in image["datasets"][0].get("coordinateTransformations", []) if t.get("type") == "scale"]
    unit = _MICROMETRES.get(image["axes"][axes.index("x")].get("unit", ""))
    return float(scales[0][axes.index("x")]) * unit if scales and unit else None
