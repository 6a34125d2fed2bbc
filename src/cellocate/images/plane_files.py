"""Z stacks with planes in separate files, such as `a_z01_ch00.tif` and `a_z02_ch00.tif`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellocate.errors import CellocateError
from cellocate.images.address import Projection

# also `p01` of Harmony's names, `r01c01f01p01`
PLANE = re.compile(r"(?:(?<![a-z])z[ _=-]?|(?<=f\d\d)p)(?P<number>\d+)", re.IGNORECASE)
"""The plane number in a file name; the last match counts."""


def split_name(name: str) -> tuple[str, int, str] | None:
    """Split a file name at its plane number into the text before, the number and the rest; None if it has none.

    Example:
        >>> split_name("a_z01_ch00.tif"), split_name("a_size2.tif")
        (('a_z', 1, '_ch00.tif'), None)
    """
    matches = list(PLANE.finditer(name))
    if not matches:
        return None
    start, end = matches[-1].span("number")
    return name[:start], int(name[start:end]), name[end:]


def plane_files(path: Path) -> tuple[Path, ...]:
    """All planes of a stack, given one of its files: names that differ only in the number, sorted by it.

    Raises:
        FileNotFoundError: the files are gone.
    """
    parts = split_name(path.name)
    if parts is None:
        return (path,)
    changed = path.parent.stat().st_mtime_ns
    files = _by_name(path.parent, changed).get((parts[0], parts[2]), ())
    if not files:
        raise FileNotFoundError(path)
    return tuple(path.parent / name for name in files)


def projected(planes: Iterator[NDArray[Any]], how: Projection) -> NDArray[Any]:
    """The maximum or the rounded mean of planes, with one in memory at a time.

    Args:
        planes: at least one, each of shape (H, W).
        how: "max" or "mean".

    Raises:
        ValueError: they differ in shape or type.

    Example:
        >>> two = [np.array([[1, 4]], np.uint8), np.array([[3, 2]], np.uint8)]
        >>> projected(iter(two), "max").tolist(), projected(iter(two), "mean").tolist()
        ([[3, 4]], [[2, 3]])
    """
    first = next(planes)
    total, n = first.astype(np.float64 if how == "mean" else first.dtype), 1
    for plane in planes:
        if (plane.shape, plane.dtype) != (first.shape, first.dtype):
            raise ValueError("planes that differ in size or depth")
        if how == "mean":
            total += plane
        else:
            np.maximum(total, plane, out=total)
        n += 1
    return total if how == "max" else np.round(total / n).astype(first.dtype)


def plane_at(files: Sequence[Path], z: int) -> Path:
    """The file of one plane, counted from 0.

    Raises:
        CellocateError: there are fewer planes.
    """
    if z >= len(files):
        what = f"no plane {z}: there are {len(files)}, counted from 0"
        raise CellocateError(what, where=files[0], mend="Choose one of these.")
    return files[z]


@lru_cache(maxsize=16)
def _by_name(folder: Path, changed: int) -> dict[tuple[str, str], list[str]]:
    """File names in a folder, by the text around the plane number; read again when it changes."""
    found: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for path in folder.iterdir():
        if parts := split_name(path.name):
            found.setdefault((parts[0], parts[2]), []).append((parts[1], path.name))
    return {around: [name for _, name in sorted(names)] for around, names in found.items()}
