"""A plain folder of `<id>_<channel>.<suffix>` files."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from cellocate.collection.collection import Collection, Problem
from cellocate.errors import CellocateError
from cellocate.images import CHANNELS, SUFFIXES

_PLACES = ("", "train", "images")
_NAME = re.compile(
    rf"(?P<id>.+)_(?P<channel>{'|'.join(CHANNELS)})(?:{'|'.join(re.escape(s) for s in SUFFIXES)})", re.IGNORECASE
)


@dataclass
class ChannelFiles:
    """The channel files of a folder: id → channel → path; and ids with two files for one channel."""

    by_id: dict[str, dict[str, str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def channel_files(folder: Path) -> ChannelFiles:
    """Find the channel files in `folder`, or else in its `train/` or `images/`.

    Raises:
        CellocateError: there is none.
    """
    for place in _PLACES:
        if (folder / place).is_dir() and (found := _scan(folder / place)).by_id:
            return found
    inside = sorted(d.name for d in folder.iterdir() if d.is_dir() and _scan(d).by_id)
    mend = (
        f"Did you mean {folder / inside[0]}?" if inside else "Files are named <id>_green.png, <id>_blue.png and so on."
    )
    raise CellocateError("no channel images found", where=folder, mend=mend)


def table(files: dict[str, dict[str, str]]) -> pd.DataFrame:
    """Channel files as the columns of a collection's table, ids in order of name."""
    ids = sorted(files)
    columns = {c: [files[i].get(c) for i in ids] for c in CHANNELS if any(c in of for of in files.values())}
    return pd.DataFrame(columns, index=pd.Index(ids, name="id", dtype=object), dtype=object)


def read(folder: Path, files: ChannelFiles) -> Collection:
    """An unlabelled collection of all fields that have files."""
    fields = table(files.by_id)
    fields["labels"] = None
    return Collection(folder, "folder", fields, problems=tuple(files.problems))


def _scan(folder: Path) -> ChannelFiles:
    found = ChannelFiles()
    with os.scandir(folder) as entries:
        for entry in entries:
            match = _NAME.fullmatch(entry.name)
            if match is None or entry.name.startswith("."):
                continue
            channels = found.by_id.setdefault(match["id"], {})
            channel = match["channel"].lower()
            if channel in channels:
                error = CellocateError(
                    f"two files for {channel}", where=f"{channels[channel]} and {entry.name}", mend="Keep one of them."
                )
                found.problems.append(Problem(match["id"], "files", error))
            channels[channel] = entry.path
    return found
