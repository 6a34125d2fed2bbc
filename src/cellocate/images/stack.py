"""An image in a file of several planes: its channels, z planes and time points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from cellocate.errors import CellocateError
from cellocate.images.length_units import PixelSize

LARGEST = 2**29
"""Maximal pixels of a plane; a damaged size would fill the memory."""
MICROSCOPES = (".czi", ".nd2", ".lif")

Index = tuple[int | slice, ...]
"""A number, or all, of each stored axis."""


@dataclass(frozen=True)
class Stack:
    """One image in a file, which may hold several.

    Attributes:
        names: names of its channels in the file; "" if a channel has none.
        axes: a letter for each axis in stored order: T(ime), C(hannel), Z, Y, X; S for channels that come last. Other
            letters have no meaning here. Axes of length 1 are left out, except Y and X.
        shape: length of each axis.
        kind: type of its pixels, such as "uint16".
        size: size of its pixels, if recorded.
        file: path of the file; for an image in an OME-Zarr container, its own folder.
        series: number of the image in the file, from 0, if there may be several.
        name: name of the image in the file; "" if it has none.
        metadata: `plate`, `well`, `site` from the file.
        members: files of its planes, or the container that it belongs to.
        faults: why it (None as the key) or one of its time points cannot be read.
        renamed: whether the user changed its axes.
        bits: bits of a pixel that hold light, if recorded.
        left_out: a missing file, if the metadata list images in such files and these were left out.
    """

    names: tuple[str, ...]
    axes: str
    shape: tuple[int, ...]
    kind: str
    size: PixelSize
    file: Path
    series: int | None = None
    name: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    members: tuple[Path, ...] = ()
    faults: Mapping[int | None, CellocateError] = field(default_factory=dict)
    renamed: bool = False
    bits: int | None = None
    left_out: str = ""

    @property
    def pixel_size(self) -> float | None:
        """µm per px, if recorded."""
        return self.size.um

    @property
    def height(self) -> int:
        """Height of a plane, px."""
        return self._length("Y")

    @property
    def width(self) -> int:
        """Width of a plane, px."""
        return self._length("X")

    @property
    def planes(self) -> int:
        """Number of z planes."""
        return self._length("Z")

    @property
    def times(self) -> int:
        """Number of time points."""
        return self._length("T")

    def _length(self, axis: str) -> int:
        return self.shape[self.axes.index(axis)] if axis in self.axes else 1

    def understood(self) -> bool:
        """Whether each axis has a meaning, and no two the same."""
        axes = self.axes.replace("S", "C")
        return set(axes) <= set("TCZYX") and len(set(axes)) == len(axes) and {"Y", "X"} <= set(axes)

    def with_axes(self, axes: str) -> Stack:
        """The same image with other meanings of its axes, in stored order.

        Raises:
            CellocateError: their number differs from that in the file.
        """
        if len(axes) != len(self.axes):
            stored = " × ".join(map(str, self.shape))
            what = f"you gave {len(axes)} axes ({axes}), but the image has {len(self.axes)} ({stored})"
            raise CellocateError(what, where=self.file, mend="Correct axes in collection.yaml.")
        if axes == self.axes:
            return self
        changed = replace(self, axes=axes, renamed=True)
        same = self.axes.find("C") == axes.find("C")
        return changed if same else replace(changed, names=("",) * changed._length("C"))

    def index(self, time: int, channel: int, z: int) -> Index:
        """The index of a plane in the stored array."""
        place: dict[str, int | slice] = {"T": time, "C": channel, "S": channel, "Z": z}
        return tuple(place.get(axis, slice(None)) for axis in self.axes)


def squeezed(axes: str, shape: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
    """Axes and lengths without axes of length 1, except Y and X.

    Example:
        >>> squeezed("TCZYX", (1, 4, 1, 64, 1))
        ('CYX', (4, 64, 1))
    """
    kept = [(axis, length) for axis, length in zip(axes, shape, strict=True) if length != 1 or axis in "YX"]
    return "".join(axis for axis, _ in kept), tuple(length for _, length in kept)
