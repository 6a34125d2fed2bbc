"""The layout `folder`: single-channel files with the channel in their names, as atlas, exporters or users name them."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Mapping, Set
from pathlib import Path

from cellocate.collection.channels import ChannelChoices, assign
from cellocate.collection.channels.name_meaning import WAVELENGTHS, phrases
from cellocate.collection.collection_yaml import FolderSettings
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
from cellocate.images.address import Address, is_tiff, suffix
from cellocate.images.image_files import in_colour
from cellocate.images.read_stacks import describe
from cellocate.images.stack import MICROSCOPES

_NAME = re.compile(rf"(?P<id>.+)_(?P<channel>{'|'.join(CHANNELS)})(?:{ENDINGS})", re.IGNORECASE)
_ONE_CHANNEL = (".png", ".jpg", ".jpeg")
_STACK = re.compile(
    rf".*(?:\.ome\.tiff?(?:\.gz)?|\.companion\.ome|\.zarr|{'|'.join(map(re.escape, MICROSCOPES))})", re.IGNORECASE
)


@layout("folder")
def find(place: Path, reading: FolderSettings) -> FoundFields | None:
    """Find the channel files in `place`; None if there are none.

    Channels are recognised by the names in `reading`; else by colour words, as in the atlas (composites only if
    nothing better is there), unless other channels lie next to these; else by an exporter's convention or a dye.

    Raises:
        CellocateError: a channel that the user names is missing, or `place` is a single such file.
        UnclearChannelsError: nothing shows which channel is which.
    """
    if is_one_file(place):
        if is_channel(place) or suffix(place) in _ONE_CHANNEL:
            what = "an image of one channel, or in colour"
            raise CellocateError(what, where=place, mend=f"Give the folder with all channels: {place.parent}.")
        return None
    found = None if reading.channels else _by_colour(place, reading)
    if found and not _has_other_channels(found, place):
        return found
    return _by_token(place, reading) or found


def has_channel_files(place: Path) -> bool:
    """Whether a folder has files that are named as channels."""
    return _by_colour(place, FolderSettings()) is not None or parse_names(list(_images(place))) is not None


def has_stacks(place: Path, found: FoundFields | None) -> bool:
    """Whether other files have suffixes of formats with several channels."""
    return _has_stacks(place, found.seen if found else set())


def words_in_names(reading: FolderSettings) -> list[str]:
    """The user's words for channels that may be part of names: text and wavelengths; other numbers count channels.

    Example:
        >>> words_in_names(FolderSettings(channels={"blue": "DAPI", "green": 488, "red": 0}))
        ['DAPI', '488']
    """
    return [str(value) for value in reading.channels.values() if isinstance(value, str) or value in WAVELENGTHS]


def is_channel(path: Path) -> bool:
    """Whether a file name is that of one channel, or of a composite."""
    return bool(_NAME.fullmatch(path.name) or COMPOSITE.fullmatch(path.name))


def _by_colour(place: Path, reading: FolderSettings) -> FoundFields | None:
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


def _has_other_channels(found: FoundFields, place: Path) -> bool:
    """Whether most fields have another file whose name differs from their channels in the last word only."""
    if len({channel for of in found.by_id.values() for channel in of}) == len(CHANNELS):
        return False  # all four are there
    with os.scandir(place) as entries:
        rest = [stem(entry.name) for entry in entries if entry.path not in found.seen]
    names = [name for name in rest if name and not name.startswith(".") and not is_derived(name)]
    if not names:
        return False
    parts = {}
    for path in found.seen:
        if match := _NAME.fullmatch(os.path.basename(path)):  # noqa: PTH119 # many thousands
            before = f"{match['id']}_"
            parts[before + match["channel"]] = NameParts(match["id"], match["channel"], before, "")
    known = ParsedNames(parts, len(parts))
    others = Counter(part.token for part in similar_names(known, names).values() if "_" not in part.token)
    return any(2 * n > len(known.sizes) for n in others.values())


def _by_token(place: Path, reading: FolderSettings) -> FoundFields | None:
    images = _images(place)
    names = _parsed(list(images), reading) if images else None
    if names is None or _holds_several(first := images[next(iter(names.parts))][0], names):
        return None
    choices = ChannelChoices(names.tokens, place, tuple(map(channel_number, names.tokens)), first.name)
    others_named = similar_names(names, list(images)) if reading.channels else {}
    seen = frozenset(str(path) for name in {**names.parts, **others_named} for path in images[name])
    coloured = _in_colour(names, images)
    try:
        places = assign(choices, reading.channels)
    except CellocateError:
        numbered = reading.channels and not words_in_names(reading)
        colours = coloured and is_tiff(first)
        if _has_stacks(place, seen) or (numbered and (colours or len(names.tokens) == 1)):
            return None  # stacks may have these channels
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
    found: dict[str, list[Path]] = {}
    with os.scandir(place) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            name = stem(entry.name)
            if name is not None and not name.startswith(".") and not is_derived(name):
                found.setdefault(name, []).append(Path(entry.path))
    for name in merged_zen_channels(set(found)):
        del found[name]
    return found


def _parsed(names: list[str], reading: FolderSettings) -> ParsedNames | None:
    """Parse names by convention, unless the user's words stand elsewhere in the names."""
    found = parse_names(names)
    if not reading.channels or (found and all(_is_there(value, found) for value in reading.channels.values())):
        return found
    by_words = parse_names_by_words(names, words_in_names(reading))
    return by_words if by_words.parts and (found is None or len(by_words.tokens) == len(reading.channels)) else found


def _is_there(value: int | str, names: ParsedNames) -> bool:
    try:
        ChannelChoices(names.tokens, Path(), tuple(map(channel_number, names.tokens))).place(value)
    except CellocateError:
        return False
    return True


def _holds_several(path: Path, names: ParsedNames) -> bool:
    """Whether a file has several channels, so that its name cannot tell which one.

    Slices may be channels if every name lists several stains.
    """
    try:
        if not is_tiff(path) or in_colour(path):
            return False
        images = describe(path)
    except (CellocateError, OSError):  # reported when the image is read
        return False
    of_all = len(names.tokens) == 1 and len({p.channel or p.wavelength for p in phrases(stem(path.name) or "")}) > 1
    return any(len(image.names) > 1 or (of_all and max(image.planes, image.times) > 1) for image in images)


def _in_colour(names: ParsedNames, images: Mapping[str, list[Path]]) -> bool:
    """Whether the files of a channel are pictures in a display colour."""
    firsts = {part.token: name for name, part in reversed(names.parts.items())}
    return any(in_colour(images[name][0]) for name in firsts.values())


def _has_stacks(place: Path, excluded: Set[str]) -> bool:
    with os.scandir(place) as entries:
        return any(
            _STACK.fullmatch(entry.name) and not entry.name.startswith(".") and entry.path not in excluded
            for entry in entries
        )


def _address(path: str, channel: str, reading: FolderSettings, *, coloured: bool = False) -> str:
    if channel == "yellow" and reading.yellow != "mean":
        return str(Address(Path(path), colour=reading.yellow))
    return str(Address(Path(path), colour="max")) if coloured else path
