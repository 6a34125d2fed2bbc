"""Files that hold all channels of a field: OME-TIFF, OME-Zarr, ImageJ stacks, microscopes' own formats."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cellocate.collection.layouts.found import Found
from cellocate.collection.reading import Reading
from cellocate.errors import CellocateError
from cellocate.images import CHANNELS
from cellocate.images.address import Address, suffix
from cellocate.images.files import unreadable
from cellocate.images.stack import MICROSCOPES, Stack
from cellocate.images.stacks import describe

_SURELY = (".zarr", *MICROSCOPES)
_OME = (".ome.tif", ".ome.tiff", ".ome.tif.gz", ".ome.tiff.gz")
# what people call the stains, in small letters; looked for anywhere in a channel's name
_STAINS = {
    "red": ("red", "tubulin", "microtub"),
    "green": ("green", "protein", "target", "antibody", "gfp", "fitc"),
    "blue": ("blue", "dapi", "hoechst", "nucle", "dna"),
    "yellow": ("yellow", "calreticulin", "reticulum", "er"),
}


def find(place: Path, reading: Reading) -> Found | None:
    """The files of several channels in `place`; None where there are none.

    Raises:
        CellocateError: nothing tells which of their channels is which.
    """
    paths = sorted(path for path in place.iterdir() if not path.name.startswith(".") and _perhaps(path))
    stacks = _described(paths)
    if not any(_surely(path) or _is_stack(stack) for path, stack in zip(paths, stacks, strict=True)):
        return None
    return _found([(field_id(path), path) for path in paths], stacks, reading, place)


def present(place: Path) -> bool:
    """Whether a folder has files that cannot be anything else."""
    with os.scandir(place) as entries:
        return any(_surely(Path(entry.name)) for entry in entries if not entry.name.startswith("."))


def describe_all(files: Iterable[tuple[str, Path]], reading: Reading, place: Path) -> Found:
    """Open each file, given with its id, far enough to know its channels and pixel size.

    Raises:
        CellocateError: nothing tells which channel is which in any file that can be opened.
    """
    named = list(files)
    return _found(named, _described([path for _, path in named]), reading, place)


def is_stack_file(path: Path) -> bool:
    """Whether a file, or the folder of a Zarr image, has the ending of what may hold several channels."""
    return _perhaps(path) and (path.is_file() or suffix(path) == ".zarr")


def field_id(path: Path) -> str:
    """The name of a file without what tells its format.

    Example:
        >>> field_id(Path("a.b.ome.tif")), field_id(Path("a_1.czi"))
        ('a.b', 'a_1')
    """
    name = path.name[: -len(suffix(path))]
    return name[:-4] if name.lower().endswith(".ome") else name


def _found(
    named: Sequence[tuple[str, Path]], stacks: Sequence[Stack | CellocateError], reading: Reading, place: Path
) -> Found:
    """The channels of each file; what cannot be opened, or is unlike the others, is a problem of its id."""
    found = Found(because=f"files of several channels in {place}")
    refused: list[tuple[int, CellocateError]] = []
    understood = False
    for (field, path), stack in zip(named, stacks, strict=True):
        if isinstance(stack, CellocateError):
            found.fail(field, stack)
            continue
        try:
            places = which(stack, reading, path)
        except CellocateError as error:
            found.fail(field, error)
            refused.append((len(stack.names), error))
            continue
        understood = True
        for channel, index in places.items():
            found.add(field, channel, str(Address(path, channel=index, z=reading.z)))
        if stack.pixel_size is not None:
            found.told[field] = {"pixel_size": stack.pixel_size}
    if refused and not understood:
        raise max(refused, key=lambda x: x[0])[1]  # that of a file with most channels says most
    return found


def which(stack: Stack, reading: Reading, path: Path) -> dict[str, int]:
    """Channel → its place in the file, as `collection.yaml` says, or as the names of the file's channels tell.

    Raises:
        CellocateError: a channel that is asked for is not there, or nothing tells them apart.
    """
    if reading.channels:
        return {channel: _place(said, stack, path) for channel, said in reading.channels.items()}
    told = {channel: _named(stack.names, _STAINS[channel]) for channel in CHANNELS}
    found = {channel: places[0] for channel, places in told.items() if len(places) == 1}
    if len(found) < len(stack.names) or len(set(found.values())) < len(found):
        names = ", ".join(f"{i} {name!r}" if name else str(i) for i, name in enumerate(stack.names))
        raise CellocateError(
            f"nothing tells which channel is which (there are {names})",
            where=path,
            mend="Say so in collection.yaml beside the images, such as channels: {blue: 0, green: 1}.",
        )
    return found


def _named(names: tuple[str, ...], stains: tuple[str, ...]) -> list[int]:
    def fits(name: str) -> bool:
        # "er" is a word of its own or nothing
        return any(stain in name.lower().replace("-", " ").split() if stain == "er" else stain in name.lower()
                   for stain in stains)  # fmt: skip

    return [i for i, name in enumerate(names) if fits(name)]


def _place(said: int | str, stack: Stack, path: Path) -> int:
    if isinstance(said, str):
        if said in stack.names:
            return stack.names.index(said)
        what = f"no channel named {said!r} (there are {', '.join(map(repr, stack.names))})"
        raise CellocateError(what, where=path, mend="Mend channels in collection.yaml.")
    if not 0 <= said < len(stack.names):
        what = f"no channel {said} (it has {len(stack.names)}, from 0)"
        raise CellocateError(what, where=path, mend="Mend channels in collection.yaml.")
    return said


def _described(paths: Sequence[Path]) -> list[Stack | CellocateError]:
    with ThreadPoolExecutor(max_workers=4) as pool:
        return list(pool.map(_describe, paths))


def _describe(path: Path) -> Stack | CellocateError:
    try:
        return describe(path)
    except CellocateError as error:
        return error
    except OSError as error:
        return unreadable(path, error)


def _is_stack(stack: Stack | CellocateError) -> bool:
    return isinstance(stack, Stack) and (len(stack.names) > 1 or stack.planes > 1)


def _perhaps(path: Path) -> bool:
    return suffix(path).startswith(".tif") or _surely(path)


def _surely(path: Path) -> bool:
    return suffix(path) in _SURELY or path.name.lower().endswith(_OME)
