"""Read files of several planes: OME-TIFF and ImageJ stacks, OME-Zarr, and microscope formats."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from numpy.typing import NDArray

from cellocate.errors import CellocateError
from cellocate.images import ome_tiff, ome_zarr, tiff_stacks
from cellocate.images.address import Address, refuse_device, suffix
from cellocate.images.plane_files import projected
from cellocate.images.stack import LARGEST, MICROSCOPES, Index, Stack
from cellocate.images.tiff import native


class Reader(Protocol):
    """A reader of one format."""

    def describe(self, path: Path) -> tuple[Stack, ...]:
        """Describe the images of a file by its header."""

    def planes(self, stack: Stack, indices: Sequence[Index]) -> Iterator[NDArray[Any]]:
        """Read planes of one image, each (H, W), or (W, H) if X is stored before Y."""


def describe(path: Path) -> tuple[Stack, ...]:
    """Describe the images of a file of several planes, or of an OME-Zarr folder, without decoding pixels.

    Raises:
        OSError: it is missing, cut short or damaged.
        CellocateError: it holds something else, is too large for a field, or its reader is not installed.
    """
    refuse_device(path)
    stacks = _reader(path).describe(path)
    for stack in stacks:
        if not 0 < stack.height * stack.width <= LARGEST or not stack.names or min(stack.shape) < 1:
            what = f"an impossible size of a field ({stack.width}×{stack.height} px, {len(stack.names)} channels)"
            raise CellocateError(what, where=stack.file, mend="Cut it into fields, if its size is right.")
    return stacks


def absent_chunks(address: Address) -> str:
    """The number of missing chunks of an OME-Zarr image, such as "3 of 12, read as 0"; "" if none, or another format.

    Raises:
        CellocateError: it is no OME-Zarr image.
    """
    return ome_zarr.absent(address.file, address.time) if ome_zarr.is_zarr(address.file) else ""


def read_plane(address: Address) -> NDArray[Any]:
    """Read one plane of a stack (or a projection), shape (H, W), in native byte order.

    Args:
        address: the file and the plane; a single channel need not be named.

    Raises:
        OSError: the file is missing, cut short or damaged.
        CellocateError: there is no such plane, or the address is ambiguous.
    """
    stack, meant, indices = _resolved(address)
    planes = _reader(stack.file).planes(stack, indices)
    pixels = projected(planes, "mean" if address.z == "mean" else "max")
    return native(pixels.T if meant.axes.index("X") < meant.axes.index("Y") else pixels)


def plane_header(address: Address) -> tuple[int, int, str]:
    """Height, width and pixel type of a plane; checks that its file is complete, without decoding it.

    Raises:
        OSError, CellocateError: as `read_plane`.
    """
    stack, meant, indices = _resolved(address)
    if len(stack.members) > 1:
        ome_tiff.check_members(stack, indices)
    return meant.height, meant.width, meant.kind


def bits(address: Address) -> int | None:
    """The bits of a pixel that hold light, if recorded.

    Raises:
        OSError, CellocateError: as `read_plane`.
    """
    return _resolved(address)[0].bits


def unclear(stack: Stack) -> CellocateError:
    """The error for an image with unknown axes."""
    sides = " × ".join(map(str, stack.shape))
    last = "XC" if stack.shape[-1] < min(stack.shape[0], stack.shape[-2]) else "YX"
    example = ("TZC" + last if last == "YX" else "TZY" + last)[-len(stack.shape) :]
    return CellocateError(
        f"axes without a meaning in the file ({stack.axes}, {sides})",
        kind="axes without a meaning in the file",
        where=stack.file,
        mend=f"Write a letter for each into collection.yaml next to it, such as axes: {example}.",
    )


def _resolved(address: Address) -> tuple[Stack, Stack, list[Index]]:
    refuse_device(address.file)
    state = ome_zarr.metadata_file(address.file).stat()
    stack = _image(_described(address.file, state.st_mtime_ns, state.st_size), address)
    meant = stack.with_axes(address.axes) if address.axes else stack
    if not meant.understood():
        raise unclear(meant)
    if address.channel is None and address.z is not None and meant.axes == "CYX" and not any(meant.names):
        meant = meant.with_axes("ZYX")  # unlabelled pages in a single-channel file
    if address.channel is None and meant.axes == "CYX" and not any(meant.names):
        what = f"{len(meant.names)} pages (channels or z planes) in a file that should hold one channel"
        table = f"name one in a table, such as {address.file.name}::channel=0"
        mend = f"If they are z planes, add --z max; if channels, save each as a separate file, or {table}."
        raise CellocateError(what, where=address.file, mend=mend)
    channel = _one(address.channel, "channel", len(meant.names), address.file)
    time = _one(address.time, "time", meant.times, address.file)
    if address.z in ("max", "mean"):
        return stack, meant, [meant.index(time, channel, z) for z in range(meant.planes)]
    if address.z is None and meant.planes > 1:
        mend = "Choose --z max, --z mean, or --z with a plane from 0 (in a table, add ::z=max to the file name)."
        raise CellocateError(f"a z stack of {meant.planes} planes", where=address.file, mend=mend, kind="a z stack")
    assert not isinstance(address.z, str)  # for mypy
    return stack, meant, [meant.index(time, channel, _one(address.z, "z", meant.planes, address.file))]


_WORDS = {"channel": "channel", "time": "time point", "z": "plane", "series": "image"}


def _one(asked: int | None, name: str, there: int, path: Path) -> int:
    word = _WORDS[name]
    if asked is None and there > 1:
        mend = f"Save each {word} as a separate file, or name one in a table, such as {path.name}::{name}=0."
        raise CellocateError(f"{there} {word}s in a file that should hold one", where=path, mend=mend)
    if not 0 <= (asked or 0) < there:
        what = f"no {word} {asked}: there are {there}, counted from 0"
        raise CellocateError(what, where=path, mend="Choose one of these.")
    return asked or 0


def _image(stacks: Sequence[Stack], address: Address) -> Stack:
    if ome_zarr.is_zarr(address.file) and len(stacks) > 1:
        what, mend = f"a container of {len(stacks)} images", f"Name the folder of one, such as {stacks[0].file}."
        raise CellocateError(what, where=address.file, mend=mend)
    if address.series is None:
        return stacks[_one(None, "series", len(stacks), address.file)]
    numbers = [stack.series or 0 for stack in stacks]
    if address.series not in numbers:
        what = f"no image {address.series}: there are {len(stacks)}, counted from 0"
        raise CellocateError(what, where=address.file, mend="Choose one of these.")
    return stacks[numbers.index(address.series)]


@lru_cache(maxsize=256)
def _described(path: Path, changed: int, size: int) -> tuple[Stack, ...]:
    """The images of a file, described again when it changes; those of a plate take a second."""
    return describe(path)


def _reader(path: Path) -> Reader:
    if ome_zarr.is_zarr(path):
        return ome_zarr
    if suffix(path) in MICROSCOPES:
        from cellocate.images import microscopes

        return microscopes
    return tiff_stacks
