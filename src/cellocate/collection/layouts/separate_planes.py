"""Z planes and time points in files of their own, as their names say: stacks become fields, time points groups."""

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
    """Make one field of the planes of each z stack, and one group of the time points of each image.

    Args:
        found: the fields of a folder, whose planes and time points are still fields of their own.
        place: the folder.
        asked: whether somebody said what is to become of z stacks.
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
        if said := found.metadata.pop(ids[0], None):
            found.metadata[name] = said
        for i in ids[1:]:
            found.metadata.pop(i, None)
    most = max(map(len, several.values()))
    note = f"{counted(len(several), 'z stack')} of up to {most} planes in files of their own"
    how = "" if asked else ": each became its maximum (--z mean, or --z with a number, for another)"
    found.notes.append(note + how)


def _series(found: FoundFields) -> None:
    groups = _grouped((i for i in found.by_id if TIME_SERIES not in found.metadata.get(i, {})), _TIME)
    numbers = {int(match["number"]) for ids in groups.values() for i in ids for match in [*_TIME.finditer(i)][-1:]}
    if not numbers or min(numbers) > 1 or max(numbers) - min(numbers) >= len(numbers):
        return  # not counted from 0 or 1: a name of something else, such as the cell line T24
    series = {stem: ids for stem, ids in groups.items() if stem and len(ids) > 1}
    for stem, ids in series.items():
        for i in ids:
            found.metadata.setdefault(i, {})[TIME_SERIES] = stem
    if series:
        example = next(iter(series.values()))
        found.notes.append(
            f"time points in files of their own, such as {example[0]} and {example[1]}: those of one image are one "
            "group in splits and intervals"
        )


def _grouped(ids: Iterable[str], number: re.Pattern[str]) -> dict[str, list[str]]:
    """Ids by what is left of them without a number, each group in the order of the number."""
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
