"""Z planes and time points in separate files: stacks become one field, time points one group."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from cellocate.collection.collection import TIME_SERIES
from cellocate.collection.layouts.found_files import FoundFields
from cellocate.counted import counted
from cellocate.images.address import Address
from cellocate.images.plane_files import PLANE, split_name

# `T0001` of Yokogawa, `sk1` of Harmony, `t=1` of Bio-Formats, `time000000001` of Micro-Manager
_TIME = re.compile(r"(?<![a-z])(?:time|t|sk)[ _=-]?(?P<number>\d+)", re.IGNORECASE)
_GAPS = " _-.=()[]"


def join_planes(found: FoundFields, place: Path, *, asked: bool) -> None:
    """Join the planes of each z stack to one field, and group the time points of each image.

    Args:
        found: fields of a folder, in which each plane and time point is still a field.
        place: the folder.
        asked: whether the user chose what to do with z stacks.
    """
    _stacks(found, place, asked=asked)
    _series(found)


def _stacks(found: FoundFields, place: Path, *, asked: bool) -> None:
    planes = [i for i in found.by_id if all(_is_plane(address) for address in found.by_id[i].values())]
    stacks = _grouped(planes, PLANE)
    several = {stem: ids for stem, ids in stacks.items() if len(ids) > 1}
    if not several or any((stem or place.resolve().name) in found.by_id for stem in stacks):
        return
    for stem, ids in stacks.items():
        channels: dict[str, str] = {}
        for i in ids:
            for channel, address in found.by_id.pop(i).items():
                channels.setdefault(channel, str(replace(Address.parse(address), z="max", planes="files")))
        name = stem or place.resolve().name
        found.by_id[name] = channels
        if metadata := found.metadata.pop(ids[0], None):
            found.metadata[name] = metadata
        for i in ids[1:]:
            found.metadata.pop(i, None)
    most = max(map(len, several.values()))
    note = f"{counted(len(several), 'z stack')} of up to {most} planes in separate files"
    how = "" if asked else ": the maximum of each is used (--z mean, or --z with a number, chooses another)"
    found.notes.append(note + how)


def _series(found: FoundFields) -> None:
    groups = _grouped((i for i in found.by_id if TIME_SERIES not in found.metadata.get(i, {})), _TIME)
    numbers = {int(match["number"]) for ids in groups.values() for i in ids for match in [*_TIME.finditer(i)][-1:]}
    if not numbers or min(numbers) > 1 or max(numbers) - min(numbers) >= len(numbers):
        return  # not counted from 0 or 1, so something else, such as the cell line T24
    series = {stem: ids for stem, ids in groups.items() if stem and len(ids) > 1}
    for stem, ids in series.items():
        for i in ids:
            found.metadata.setdefault(i, {})[TIME_SERIES] = stem
    if series:
        example = next(iter(series.values()))
        found.notes.append(
            f"time points in separate files, such as {example[0]} and {example[1]}: those of one image are one "
            "group in splits and intervals"
        )


def _grouped(ids: Iterable[str], number: re.Pattern[str]) -> dict[str, list[str]]:
    """Ids by their text without the number, each group in the order of the numbers."""
    groups: dict[str, list[tuple[int, str]]] = {}
    for i in ids:
        matches = list(number.finditer(i))
        if matches:
            start, end = matches[-1].span()
            stem = "_".join(filter(None, (i[:start].rstrip(_GAPS), i[end:].lstrip(_GAPS))))
            groups.setdefault(stem, []).append((int(matches[-1]["number"]), i))
    return {stem: [i for _, i in sorted(members)] for stem, members in groups.items()}


def _is_plane(text: str) -> bool:
    address = Address.parse(text)
    return address.z is None and split_name(address.file.name) is not None
