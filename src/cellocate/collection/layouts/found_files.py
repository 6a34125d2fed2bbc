"""The image files that a layout finds in a folder, before labels are joined."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from cellocate.collection.atlas_names import antibody_numbers
from cellocate.collection.channels import ChannelChoices
from cellocate.collection.collection import Problem
from cellocate.counted import counted
from cellocate.errors import CellocateError
from cellocate.images import CHANNELS
from cellocate.images.address import suffix
from cellocate.tables import normalised


@dataclass
class FoundFields:
    """The fields that a layout finds, with the files of their channels.

    Attributes:
        because: what was recognised, as a sentence.
        by_id: normalised id → channel → address of its pixels.
        metadata: id → metadata from the files themselves, such as `pixel_size` or `plate`.
        stains: channel → the names or numbers that the files have for it.
        seen: paths of all image files, including unused channels.
        problems: such as two files for one channel.
        notes: sentences about how the files were read, for the user.
    """

    because: str = ""
    by_id: dict[str, dict[str, str]] = field(default_factory=dict)
    metadata: dict[str, dict[str, object]] = field(default_factory=dict)
    stains: dict[str, list[int | str]] = field(default_factory=dict)
    seen: frozenset[str] = frozenset()
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, field_id: str, channel: str, address: str) -> None:
        """Add a channel of a field; a second file for the same channel is a problem."""
        field_id = normalised(field_id)
        channels = self.by_id.setdefault(field_id, {})
        if channel in channels:
            where = f"{channels[channel]} and {address}"
            error = CellocateError(f"two files for {channel}", where=where, mend="Keep one of them.")
            self.problems.append(Problem(field_id, "files", error))
        channels[channel] = address

    def record_channels(self, choices: ChannelChoices, places: Mapping[str, int]) -> None:
        """Record which names or numbers in the files were taken for which channel."""
        for channel, place in places.items():
            values = self.stains.setdefault(channel, [])
            if choices.value(place) not in values:
                values.append(choices.value(place))
        for name, meaning in zip(choices.names, choices.meanings, strict=True):
            note = f"{' '.join(name.split())} is not read: it is {meaning.text}"
            if (
                meaning.other_stain
                and name not in {choices.names[i] for i in places.values()}
                and note not in self.notes
            ):
                self.notes.append(note)

    def fail(self, field_id: str, error: CellocateError) -> None:
        """Record a field whose file cannot be used."""
        field_id = normalised(field_id)
        self.by_id.setdefault(field_id, {})
        self.problems.append(Problem(field_id, "files", error))

    def table(self) -> pd.DataFrame:
        """The table of a collection: files and metadata, sorted by id."""
        ids = sorted(self.by_id)
        channels = [c for c in CHANNELS if any(c in files for files in self.by_id.values())]
        columns: dict[str, list[object]] = {c: [self.by_id[i].get(c) for i in ids] for c in channels}
        for name in sorted(set().union(*self.metadata.values())):
            columns[name] = [self.metadata.get(i, {}).get(name) for i in ids]
        table = pd.DataFrame(columns, index=pd.Index(ids, name="id", dtype=object), dtype=object)
        return table.assign(antibody=antibody_numbers(table["antibody"])) if "antibody" in table else table


def normalised_path(path: str) -> str:
    """A path without `..`, unless a symbolic link on the way would change where it leads.

    Example:
        >>> normalised_path("nowhere/../images/a.png"), normalised_path("images/a..b.png")
        ('images/a.png', 'images/a..b.png')
    """
    if ".." not in path or "\0" in path:
        return path
    normal = os.path.normpath(path)
    return normal if os.path.realpath(normal) == os.path.realpath(path) else path


def describe_contents(folder: Path) -> str:
    """The kinds of files in a folder, for the message that nothing usable was found.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> for name in ("cell 1.png", "cell 2.png", "notes.txt"):
        ...     (folder / name).touch()
        >>> describe_contents(folder)
        "it holds 2 .png, 1 .txt, such as 'cell 1.png'"
    """
    paths = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    kinds = Counter(suffix(path) or "without suffix" for path in paths if path.is_file())
    folders = sum(path.is_dir() for path in paths)
    held = [f"{n} {kind}" for kind, n in kinds.most_common(_SHOWN)] + ([counted(folders, "folder")] if folders else [])
    first = next((f", such as {path.name!r}" for path in paths if path.is_file() and suffix(path) in held[0]), "")
    return f"it holds {', '.join(held) or 'no files'}{first}"


_SHOWN = 3  # kinds of files
