"""Files of one channel each, which say in their names which: `<id>_red.png`, or as exporters and users name them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Set
from pathlib import Path

from cellocate.collection.channels import Choices, assign
from cellocate.collection.layouts.found import Found
from cellocate.collection.layouts.habits import Names, as_asked, by_habit, number
from cellocate.collection.layouts.made import is_made
from cellocate.collection.reading import Reading
from cellocate.errors import CellocateError
from cellocate.images import CHANNELS, SUFFIXES
from cellocate.images.address import Address, suffix
from cellocate.images.stack import MICROSCOPES
from cellocate.images.stacks import describe

_ENDINGS = "|".join(re.escape(ending) for ending in SUFFIXES)
_ENDING = re.compile(rf"(?:\.ome)?(?:{_ENDINGS})$", re.IGNORECASE)
_NAME = re.compile(rf"(?P<id>.+)_(?P<channel>{'|'.join(CHANNELS)})(?:{_ENDINGS})", re.IGNORECASE)
# the website's composites: three channels, or lately two, as the colours of one picture
_COMPOSITE = re.compile(rf"(?P<id>.+?)_(?P<blue>blue_)?red_green(?:{_ENDINGS})", re.IGNORECASE)
_STACK = re.compile(
    rf".*(?:\.ome\.tiff?(?:\.gz)?|\.companion\.ome|\.zarr|{'|'.join(map(re.escape, MICROSCOPES))})", re.IGNORECASE
)


def find(place: Path, reading: Reading) -> Found | None:
    """The channel files in `place`; None where there are none.

    They are named by the channels of `reading`; or else by colours, as the atlas has them (composites where there is
    nothing better); or else by an exporter's habit or by dyes.

    Raises:
        CellocateError: a channel that a user names is not among them.
        UnclearChannelsError: nothing tells which channel is which.
    """
    found = None if reading.channels else _by_colour(place, reading)
    return found or _by_token(place, reading)


def holds(place: Path) -> bool:
    """Whether a folder has files that are named as channels."""
    return _by_colour(place, Reading()) is not None or by_habit(list(_images(place))) is not None


def has_stacks(place: Path, found: Found | None) -> bool:
    """Whether there are files, other than those found, that by their ending hold several channels."""
    return _has_stacks(place, found.seen if found else set())


def is_channel(path: Path) -> bool:
    """Whether a file is by its name one channel of a field, or a composite."""
    return bool(_NAME.fullmatch(path.name) or _COMPOSITE.fullmatch(path.name))


def _by_colour(place: Path, reading: Reading) -> Found | None:
    found, composites = Found(because=f"files <id>_<channel> in {place}"), Found()
    with os.scandir(place) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if match := _COMPOSITE.fullmatch(entry.name):
                for channel in ("blue", "red", "green") if match["blue"] else ("red", "green"):
                    composites.add(match["id"], channel, entry.path)
            elif match := _NAME.fullmatch(entry.name):
                channel = match["channel"].lower()
                found.add(match["id"], channel, _address(entry.path, channel, reading))
    for field, channels in composites.by_id.items():
        if field not in found.by_id:
            found.by_id[field] = channels
    return found if found.by_id else None


def _by_token(place: Path, reading: Reading) -> Found | None:
    images = _images(place)
    names = _taken_apart(list(images), reading) if images else None
    if names is None:
        return None
    numbers = any(isinstance(said, int) for said in reading.channels.values())  # perhaps of colours
    tinted = not numbers and names == by_habit(list(images))
    if _holds_several(images[next(iter(names.parts))][0], tinted=tinted):
        return None
    choices = _choices(names, images, place)
    seen = frozenset(path for name in names.parts for path in images[name])
    try:
        places = assign(choices, reading.channels)
    except CellocateError:
        if _has_stacks(place, seen):
            return None  # which may have the channels that are asked for
        raise
    channels = {choices.names[at]: channel for channel, at in places.items()}
    found = Found(because=f"files of one channel in {place}", seen=seen)
    for name, part in names.parts.items():
        for path in images[name] if part.token in channels else ():
            channel = channels[part.token]
            found.add(part.id or place.resolve().name, channel, _address(str(path), channel, reading))
    found.assigned(choices, places)
    return found


def _images(place: Path) -> dict[str, list[Path]]:
    """The images that may be channels, by their names without endings."""
    found: dict[str, list[Path]] = {}
    with os.scandir(place) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            name = _ENDING.sub("", entry.name)
            if name != entry.name and not name.startswith(".") and not is_made(name):
                found.setdefault(name, []).append(Path(entry.path))
    return found


def _taken_apart(names: list[str], reading: Reading) -> Names | None:
    """By a habit of exporters, unless what a user names stands elsewhere in the names."""
    found = by_habit(names)
    if not reading.channels or (found and all(_is_there(said, found) for said in reading.channels.values())):
        return found
    asked = as_asked(names, [str(said) for said in reading.channels.values()])
    return asked if asked.parts and (found is None or len(asked.tokens) == len(reading.channels)) else found


def _is_there(said: int | str, names: Names) -> bool:
    try:
        Choices(names.tokens, Path(), tuple(map(number, names.tokens))).place(said)
    except CellocateError:
        return False
    return True


def _choices(names: Names, images: Mapping[str, list[Path]], place: Path) -> Choices:
    return Choices(names.tokens, place, tuple(map(number, names.tokens)), images[next(iter(names.parts))][0].name)


def _holds_several(path: Path, *, tinted: bool) -> bool:
    """Whether a file has several channels, so that its name cannot say which one.

    Args:
        path: of the file.
        tinted: whether its colours are no channels, but a tint.
    """
    try:
        images = describe(path) if suffix(path).startswith(".tif") else ()
        return any(len(image.names) > 1 and not (tinted and "S" in image.axes) for image in images)
    except (CellocateError, OSError):  # which is told when it is read
        return False


def _has_stacks(place: Path, besides: Set[Path]) -> bool:
    with os.scandir(place) as entries:
        return any(
            _STACK.fullmatch(entry.name) and not entry.name.startswith(".") and Path(entry.path) not in besides
            for entry in entries
        )


def _address(path: str, channel: str, reading: Reading) -> str:
    if channel == "yellow" and reading.yellow != "mean":
        return str(Address(Path(path), colour=reading.yellow))
    return path
