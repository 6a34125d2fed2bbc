"""Files that hold all channels of a field: OME-TIFF, OME-Zarr, ImageJ stacks, microscopes' own formats."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cellocate.collection.layouts.found import Found
from cellocate.collection.reading import Reading
from cellocate.errors import CellocateError
from cellocate.images import CHANNELS
from cellocate.images.address import Address, suffix
from cellocate.images.stacks import MICROSCOPES, Stack, describe

_PERHAPS = (".tif", ".tiff", ".tif.gz", ".tiff.gz")
_SURELY = (".zarr", *MICROSCOPES)
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
    paths = sorted(path for path in place.iterdir() if not path.name.startswith("."))
    sure = [path for path in paths if suffix(path) in _SURELY]
    perhaps = [path for path in paths if suffix(path) in _PERHAPS]
    if not sure and not any(_is_stack(path) for path in perhaps[:3]):
        return None
    return describe_all(((_id(path), path) for path in (*sure, *perhaps)), reading, place)


def present(place: Path) -> bool:
    """Whether a folder has files that cannot be anything else."""
    with os.scandir(place) as entries:
        return any(suffix(Path(entry.name)) in _SURELY for entry in entries)


def describe_all(files: Iterable[tuple[str, Path]], reading: Reading, place: Path) -> Found:
    """Open each file far enough to know its channels and pixel size; what cannot be opened is a problem of its id."""
    found = Found(because=f"files of several channels in {place}")
    named = list(files)
    with ThreadPoolExecutor(max_workers=4) as pool:
        stacks = list(pool.map(_describe, (path for _, path in named)))
    for (field, path), stack in zip(named, stacks, strict=True):
        if isinstance(stack, CellocateError):
            found.fail(field, stack)
            continue
        for channel, index in which(stack, reading, path).items():
            found.add(field, channel, str(Address(path, channel=index, z=reading.z)))
        if stack.pixel_size is not None:
            found.told[field] = {"pixel_size": stack.pixel_size}
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


def _describe(path: Path) -> Stack | CellocateError:
    try:
        return describe(path)
    except CellocateError as error:
        return error
    except OSError as error:
        reason = "cut short" if "cut short" in str(error) else "damaged or not an image"
        what = f"an image cannot be read ({reason})"
        return CellocateError(what, where=path, mend="Copy it again from its source.")


def _is_stack(path: Path) -> bool:
    stack = _describe(path)
    return isinstance(stack, Stack) and (len(stack.names) > 1 or stack.planes > 1)


def _id(path: Path) -> str:
    name = path.name[: -len(suffix(path))]
    return name[:-4] if name.lower().endswith(".ome") else name
