"""Files of several planes: OME-TIFF and ImageJ stacks, OME-Zarr, and microscopes' own formats."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from cellocate.errors import CellocateError
from cellocate.images.address import Projection, see_file, suffix
from cellocate.images.stack import LARGEST, MICROSCOPES, Stack


class Reader(Protocol):
    """How one format is read."""

    def describe(self, path: Path) -> Stack:
        """What the file holds, from its header."""

    def plane(self, path: Path, channel: int, z: int) -> NDArray[Any]:
        """One plane, (H, W)."""


def describe(path: Path) -> Stack:
    """What a file of several planes holds, without decoding its pixels.

    Raises:
        FileNotFoundError: there is no such file.
        OSError: it is cut short or damaged.
        CellocateError: it holds something else, is too large for a field, or its reader is not installed.
    """
    see_file(path)
    stack = _reader(path).describe(path)
    if not 0 < stack.height * stack.width <= LARGEST or not stack.names or stack.planes < 1:
        what = f"no size of a field ({stack.width}×{stack.height} px, {len(stack.names)} channels)"
        raise CellocateError(what, where=path, mend="Cut it into fields, if it is what it says it is.")
    possible = stack.pixel_size is not None and 0 < stack.pixel_size < math.inf
    return stack if possible else replace(stack, pixel_size=None)


def absent_chunks(path: Path) -> str:
    """How many chunks an OME-Zarr image lacks, such as "3 of 12, read as 0"; "" where none, and of other files.

    Raises:
        CellocateError: it is no OME-Zarr image.
    """
    if suffix(path) != ".zarr":
        return ""
    from cellocate.images import zarrs

    return zarrs.absent(path)


def read_plane(path: Path, channel: int, z: int | Projection | None) -> NDArray[Any]:
    """One plane of a stack, shape (H, W), in the machine's byte order; the mean of planes is rounded.

    Args:
        path: of the file.
        channel: from 0.
        z: from 0, or how all planes become one; None where there is but one.

    Raises:
        FileNotFoundError: there is no such file.
        OSError: it is cut short or damaged.
        CellocateError: there is no such plane, or several and nobody said which.
    """
    reader, stack = _reader(path), describe(path)
    if not 0 <= channel < len(stack.names):
        what = f"no channel {channel} (it has {len(stack.names)}, from 0)"
        raise CellocateError(what, where=path, mend="Name one that it has.")
    if z is None and stack.planes > 1:
        mend = "Write z: max, z: mean, or the number of a plane into collection.yaml."
        raise CellocateError(f"a stack of {stack.planes} planes", where=path, mend=mend)
    if isinstance(z, int) and not 0 <= z < stack.planes:
        raise CellocateError(f"no plane {z} (it has {stack.planes}, from 0)", where=path, mend="Name one that it has.")
    if z in (None, *range(stack.planes)):
        pixels = reader.plane(path, channel, int(z or 0))
    else:
        planes = (reader.plane(path, channel, k) for k in range(stack.planes))
        pixels = _highest(planes) if z == "max" else _mean(planes)
    return pixels.astype(pixels.dtype.newbyteorder("="), copy=False)


def _highest(planes: Any) -> NDArray[Any]:  # noqa: ANN401 # an iterable of arrays, one in memory at a time
    highest: NDArray[Any] = next(planes).copy()
    for plane in planes:
        np.maximum(highest, plane, out=highest)
    return highest


def _mean(planes: Any) -> NDArray[Any]:  # noqa: ANN401 # as above
    first = next(planes)
    total, n = first.astype(np.float64), 1
    for plane in planes:
        total += plane
        n += 1
    mean: NDArray[Any] = np.round(total / n).astype(first.dtype)
    return mean


def _reader(path: Path) -> Reader:
    ending = suffix(path)
    if ending == ".zarr":
        from cellocate.images import zarrs

        return zarrs
    if ending in MICROSCOPES:
        from cellocate.images import microscopes

        return microscopes
    from cellocate.images import tiff

    return tiff
