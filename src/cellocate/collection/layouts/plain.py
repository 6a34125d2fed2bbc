"""Files that hold one channel each and say which in their names: `<id>_<channel>.<suffix>`."""

from __future__ import annotations

import os
import re
from pathlib import Path

from cellocate.collection.layouts.found import Found
from cellocate.collection.reading import Reading
from cellocate.counted import counted
from cellocate.images import CHANNELS, SUFFIXES
from cellocate.images.address import Address

_ENDINGS = "|".join(re.escape(ending) for ending in SUFFIXES)
_NAME = re.compile(rf"(?P<id>.+)_(?P<channel>{'|'.join(CHANNELS)})(?:{_ENDINGS})", re.IGNORECASE)
# the website's composites: three channels, or lately two, as the colours of one picture
_COMPOSITE = re.compile(rf"(?P<id>.+?)_(?P<blue>blue_)?red_green(?:{_ENDINGS})", re.IGNORECASE)


def find(place: Path, reading: Reading) -> Found | None:
    """The channel files in `place`, composites where there is nothing better; None where there are none."""
    found, composites = Found(), Found()
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
    found.because = f"{counted(len(found.by_id), 'id')} with files <id>_<channel> in {place}"
    return found if found.by_id else None


def is_channel(path: Path) -> bool:
    """Whether a file is by its name one channel of a field, or a composite."""
    return bool(_NAME.fullmatch(path.name) or _COMPOSITE.fullmatch(path.name))


def _address(path: str, channel: str, reading: Reading) -> str:
    if channel == "yellow" and reading.yellow != "mean":
        return str(Address(Path(path), colour=reading.yellow))
    return path
