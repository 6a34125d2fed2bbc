"""Files of one channel each, which say in their names which: `<id>_red.png`, or as exporters and users name them."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Mapping, Set
from pathlib import Path

from cellocate.collection.channels import ChannelChoices, assign
from cellocate.collection.channels.name_meaning import WAVELENGTHS, phrases
from cellocate.collection.collection_yaml import Reading
from cellocate.collection.layouts.derived_images import COMPOSITE, ENDINGS, is_derived, merged_zen_channels, stem
from cellocate.collection.layouts.found_files import FoundFields
from cellocate.collection.layouts.naming_conventions import (
    NameParts,
    ParsedNames,
    channel_number,
    parse_names,
    parse_names_by_words,
    similar_names,
)
from cellocate.collection.layouts.register_layout import is_one_file, layout
from cellocate.errors import CellocateError
from cellocate.images import CHANNELS
from cellocate.images.address import Address, suffix
from cellocate.images.image_files import in_colour
from cellocate.images.read_stacks import describe
from cellocate.images.stack import MICROSCOPES

_NAME = re.compile(rf"(?P<id>.+)_(?P<channel>{'|'.join(CHANNELS)})(?:{ENDINGS})", re.IGNORECASE)
_ONE_CHANNEL = (".png", ".jpg", ".jpeg")
_STACK = re.compile(
    rf".*(?:\.ome\.tiff?(?:\.gz)?|\.companion\.ome|\.zarr|{'|'.join(map(re.escape, MICROSCOPES))})", re.IGNORECASE
)


@layout("folder")
def find(place: Path, reading: Reading) -> FoundFields | None:
    """The channel files in `place`; None where there are none.

    They are named by the channels of `reading`; or else by colours, as the atlas has them (composites where there is
    nothing better), unless other channels lie beside these; or else by an exporter's habit or by dyes.

    Raises:
        CellocateError: a channel that a user names is not among them, or `place` is a single one of such files.
        UnclearChannelsError: nothing tells which channel is which.
    """
    if is_one_file(place):
        if is_channel(place) or suffix(place) in _ONE_CHANNEL:
            what = "an image of one channel, or of colours"
            raise CellocateError(what, where=place, mend=f"Give the folder that holds all channels: {place.parent}.")
        return None
    found = None if reading.channels else _by_colour(place, reading)
    if found and not _are_among_others(found, place):
        return found
    return _by_token(place, reading) or found


def has_channel_files(place: Path) -> bool:
    """Whether a folder has files that are named as channels."""
    return _by_colour(place, Reading()) is not None or parse_names(list(_images(place))) is not None


def has_stacks(place: Path, found: FoundFields | None) -> bool:
    """Whether there are files, other than those found, that by their ending hold several channels."""
    return _has_stacks(place, found.seen if found else set())


def words_in_names(reading: Reading) -> list[str]:
    """What a user says that may stand in names: words and wavelengths; other numbers are those of channels.

    Example:
        >>> words_in_names(Reading(channels={"blue": "DAPI", "green": 488, "red": 0}))
        ['DAPI', '488']
    """
    return [str(said) for said in reading.channels.values() if isinstance(said, str) or said in WAVELENGTHS]


def is_channel(path: Path) -> bool:
    """Whether a file is by its name one channel of a field, or a composite."""
    return bool(_NAME.fullmatch(path.name) or COMPOSITE.fullmatch(path.name))


def _by_colour(place: Path, reading: Reading) -> FoundFields | None:
    found, composites = FoundFields(because=f"files <id>_<channel> in {place}"), FoundFields()
    seen = set()
    with os.scandir(place) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if match := COMPOSITE.fullmatch(entry.name):
                for channel in ("blue", "red", "green") if match["blue"] else ("red", "green"):
                    composites.add(match["id"], channel, entry.path)
                seen.add(entry.path)
            elif match := _NAME.fullmatch(entry.name):
                channel = match["channel"].lower()
                found.add(match["id"], channel, _address(entry.path, channel, reading))
                seen.add(entry.path)
    for field, channels in composites.by_id.items():
        if field not in found.by_id:
            found.by_id[field] = channels
    found.seen = frozenset(seen)
    return found if found.by_id else None


def _are_among_others(found: FoundFields, place: Path) -> bool:
    """Whether most fields have a file whose name differs from those of their colours in the last word alone."""
    if len({channel for of in found.by_id.values() for channel in of}) == len(CHANNELS):
        return False  # what else there is can be none of the four
    with os.scandir(place) as entries:
        rest = [stem(entry.name) for entry in entries if entry.path not in found.seen]
    names = [name for name in rest if name and not name.startswith(".") and not is_derived(name)]
    if not names:
        return False
    parts = {}
    for path in found.seen:
        if match := _NAME.fullmatch(os.path.basename(path)):  # noqa: PTH119 # of many thousands
            before = f"{match['id']}_"
            parts[before + match["channel"]] = NameParts(match["id"], match["channel"], before, "")
    known = ParsedNames(parts, len(parts))
    others = Counter(part.token for part in similar_names(known, names).values() if "_" not in part.token)
    return any(2 * n > len(known.sizes) for n in others.values())


def _by_token(place: Path, reading: Reading) -> FoundFields | None:
    images = _images(place)
    names = _taken_apart(list(images), reading) if images else None
    if names is None or _holds_several(first := images[next(iter(names.parts))][0], names):
        return None
    choices = _choices(names, images, place)
    unasked = similar_names(names, list(images)) if reading.channels else {}
    seen = frozenset(str(path) for name in {**names.parts, **unasked} for path in images[name])
    coloured = _in_colour(names, images)
    try:
        places = assign(choices, reading.channels)
    except CellocateError:
        numbered = reading.channels and not words_in_names(reading)
        colours = coloured and suffix(first).startswith(".tif")
        if _has_stacks(place, seen) or (numbered and (colours or len(names.tokens) == 1)):
            return None  # stacks may have the channels that are asked for
        raise
    channels = {choices.names[at]: channel for channel, at in places.items()}
    found = FoundFields(because=f"files of one channel in {place}", seen=seen)
    for name, part in names.parts.items():
        for path in images[name] if part.token in channels else ():
            channel = channels[part.token]
            address = _address(str(path), channel, reading, coloured=coloured)
            found.add(part.id or place.resolve().name, channel, address)
    found.record_channels(choices, places)
    return found


def _images(place: Path) -> dict[str, list[Path]]:
    """The images that may be channels, by their names without endings."""
    found: dict[str, list[Path]] = {}
    with os.scandir(place) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            name = stem(entry.name)
            if name is not None and not name.startswith(".") and not is_derived(name):
                found.setdefault(name, []).append(Path(entry.path))
    for name in merged_zen_channels(set(found)):
        del found[name]
    return found


def _taken_apart(names: list[str], reading: Reading) -> ParsedNames | None:
    """By a habit of exporters, unless what a user names stands elsewhere in the names."""
    found = parse_names(names)
    if not reading.channels or (found and all(_is_there(said, found) for said in reading.channels.values())):
        return found
    asked = parse_names_by_words(names, words_in_names(reading))
    return asked if asked.parts and (found is None or len(asked.tokens) == len(reading.channels)) else found


def _is_there(said: int | str, names: ParsedNames) -> bool:
    try:
        ChannelChoices(names.tokens, Path(), tuple(map(channel_number, names.tokens))).place(said)
    except CellocateError:
        return False
    return True


def _choices(names: ParsedNames, images: Mapping[str, list[Path]], place: Path) -> ChannelChoices:
    return ChannelChoices(
        names.tokens, place, tuple(map(channel_number, names.tokens)), images[next(iter(names.parts))][0].name
    )


def _holds_several(path: Path, names: ParsedNames) -> bool:
    """Whether a file has several channels, so that its name cannot say which one.

    Slices may be channels, where a name says several stains and each file the same.
    """
    try:
        if not suffix(path).startswith(".tif") or in_colour(path):
            return False
        images = describe(path)
    except (CellocateError, OSError):  # which is told when it is read
        return False
    of_all = len(names.tokens) == 1 and len({p.channel or p.wavelength for p in phrases(stem(path.name) or "")}) > 1
    return any(len(image.names) > 1 or (of_all and max(image.planes, image.times) > 1) for image in images)


def _in_colour(names: ParsedNames, images: Mapping[str, list[Path]]) -> bool:
    """Whether the files of a channel are pictures in a colour, as microscopes show it."""
    firsts = {part.token: name for name, part in reversed(names.parts.items())}
    return any(in_colour(images[name][0]) for name in firsts.values())


def _has_stacks(place: Path, besides: Set[str]) -> bool:
    with os.scandir(place) as entries:
        return any(
            _STACK.fullmatch(entry.name) and not entry.name.startswith(".") and entry.path not in besides
            for entry in entries
        )


def _address(path: str, channel: str, reading: Reading, *, coloured: bool = False) -> str:
    if channel == "yellow" and reading.yellow != "mean":
        return str(Address(Path(path), colour=reading.yellow))
    return str(Address(Path(path), colour="max")) if coloured else path
