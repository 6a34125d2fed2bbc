"""One image in a file of several planes: its channels, z planes and time points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from cellocate.errors import CellocateError
from cellocate.images.length_units import PixelSize

LARGEST = 2**29
"""Pixels of a plane that are believed: a damaged size would fill the memory."""
MICROSCOPES = (".czi", ".nd2", ".lif")

Index = tuple[int | slice, ...]
"""Where a plane is: a number, or all, of each axis as it is stored."""


@dataclass(frozen=True)
class Stack:
    """One image in a file, of which a file may have several.

    Attributes:
        names: of its channels, as the file says them; "" where it does not.
        axes: a letter for each axis, in the order in which they are stored: T(ime), C(hannel), Z, Y, X; S for channels
            that come last. Other letters have no meaning here. Axes of length 1 are left out, but for Y and X.
        shape: the length of each axis.
        kind: of its pixels, such as "uint16".
        size: of its pixels, where the file says it.
        file: where it is; of an image in an OME-Zarr container, its own folder.
        series: which image of the file it is, from 0, where there may be several.
        name: what the file calls it; "" where it does not.
        metadata: that the file has of it: `plate`, `well`, `site`.
        members: the files that its planes lie in, or the container that it belongs to.
        faults: why it cannot be read (None as the key), or one of its time points.
        renamed: whether its axes are not those that the file says.
        bits: of a pixel that hold light, where the file says it.
        left_out: a file that is not there, where the metadata list images in such files and these were left out.
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
        """µm per px, where the file says it."""
        return self.size.um

    @property
    def height(self) -> int:
        """Of a plane, px."""
        return self._length("Y")

    @property
    def width(self) -> int:
        """Of a plane, px."""
        return self._length("X")

    @property
    def planes(self) -> int:
        """Along z."""
        return self._length("Z")

    @property
    def times(self) -> int:
        """Time points."""
        return self._length("T")

    def _length(self, axis: str) -> int:
        return self.shape[self.axes.index(axis)] if axis in self.axes else 1

    def understood(self) -> bool:
        """Whether each axis has a meaning, and none has the meaning of another."""
        axes = self.axes.replace("S", "C")
        return set(axes) <= set("TCZYX") and len(set(axes)) == len(axes) and {"Y", "X"} <= set(axes)

    def with_axes(self, axes: str) -> Stack:
        """The same image with other meanings of its axes, in the order in which they are stored.

        Raises:
            CellocateError: their number is not that of the axes in the file.
        """
        if len(axes) != len(self.axes):
            stored = " × ".join(map(str, self.shape))
            what = f"{len(axes)} axes are named ({axes}), but the image has {len(self.axes)} ({stored})"
            raise CellocateError(what, where=self.file, mend="Mend axes in collection.yaml.")
        if axes == self.axes:
            return self
        changed = replace(self, axes=axes, renamed=True)
        same = self.axes.find("C") == axes.find("C")
        return changed if same else replace(changed, names=("",) * changed._length("C"))

    def index(self, time: int, channel: int, z: int) -> Index:
        """Where a plane is."""
        place: dict[str, int | slice] = {"T": time, "C": channel, "S": channel, "Z": z}
        return tuple(place.get(axis, slice(None)) for axis in self.axes)


def squeezed(axes: str, shape: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
    """Axes and their lengths without those of length 1, but for Y and X.

    Example:
        >>> squeezed("TCZYX", (1, 4, 1, 64, 1))
        ('CYX', (4, 64, 1))
    """
    kept = [(axis, length) for axis, length in zip(axes, shape, strict=True) if length != 1 or axis in "YX"]
    return "".join(axis for axis, _ in kept), tuple(length for _, length in kept)
