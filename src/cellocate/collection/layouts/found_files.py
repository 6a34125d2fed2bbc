"""What a layout finds in a folder, before labels are joined to it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from cellocate.collection.atlas_names import numbered
from cellocate.collection.channels import ChannelChoices
from cellocate.collection.collection import Problem
from cellocate.counted import counted
from cellocate.errors import CellocateError
from cellocate.images import CHANNELS
from cellocate.images.address import suffix
from cellocate.tables import normalised


@dataclass
class FoundFields:
    """The image files of a folder.

    Attributes:
        because: what was recognised, as a sentence.
        by_id: id, in normal form → channel → address of its pixels.
        metadata: id → what the files themselves say, such as `pixel_size` or `plate`.
        stains: channel → the names, or numbers, of what stands for it in the files, where they have any of their own.
        seen: the paths of the files that were looked at, those of channels that nobody names as well.
        problems: such as two files for one channel.
        notes: what a user should know of how the files were read, a sentence each.
    """

    because: str = ""
    by_id: dict[str, dict[str, str]] = field(default_factory=dict)
    metadata: dict[str, dict[str, object]] = field(default_factory=dict)
    stains: dict[str, list[int | str]] = field(default_factory=dict)
    seen: frozenset[str] = frozenset()
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, field_id: str, channel: str, address: str) -> None:
        """Note where a channel of a field is; a second place for the same is a problem."""
        field_id = normalised(field_id)
        channels = self.by_id.setdefault(field_id, {})
        if channel in channels:
            error = CellocateError(
                f"two files for {channel}", where=f"{channels[channel]} and {address}", mend="Keep one of them."
            )
            self.problems.append(Problem(field_id, "files", error))
        channels[channel] = address

    def record_channels(self, choices: ChannelChoices, places: Mapping[str, int]) -> None:
        """Note which of the channels in a file, or of the names of files, was taken for which stain."""
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
        """Note a field whose file cannot be used."""
        field_id = normalised(field_id)
        self.by_id.setdefault(field_id, {})
        self.problems.append(Problem(field_id, "files", error))

    def table(self) -> pd.DataFrame:
        """Files and what they say as the columns of a collection's table, ids in order of name."""
        ids = sorted(self.by_id)
        columns: dict[str, list[object]] = {
            c: [self.by_id[i].get(c) for i in ids] for c in CHANNELS if any(c in of for of in self.by_id.values())
        }
        for name in sorted({name for said in self.metadata.values() for name in said}):
            columns[name] = [self.metadata.get(i, {}).get(name) for i in ids]
        table = pd.DataFrame(columns, index=pd.Index(ids, name="id", dtype=object), dtype=object)
        return table.assign(antibody=numbered(table["antibody"])) if "antibody" in table else table


def normalised_path(path: str) -> str:
    """A path without detours through `..`, unless a link on its way makes it lead elsewhere.

    Example:
        >>> normalised_path("nowhere/../images/a.png"), normalised_path("images/a..b.png")
        ('images/a.png', 'images/a..b.png')
    """
    if ".." not in path or "\0" in path:
        return path
    shown = os.path.normpath(path)
    return shown if os.path.realpath(shown) == os.path.realpath(path) else path


def describe_contents(folder: Path) -> str:
    """What a folder holds, for a message that it is not what was looked for.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> for name in ("cell 1.png", "cell 2.png", "notes.txt"):
        ...     (folder / name).touch()
        >>> describe_contents(folder)
        "it holds 2 .png, 1 .txt, such as 'cell 1.png'"
    """
    paths = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    kinds = Counter(suffix(path) or "of no kind" for path in paths if path.is_file())
    folders = sum(path.is_dir() for path in paths)
    held = [f"{n} {kind}" for kind, n in kinds.most_common(_SHOWN)] + ([counted(folders, "folder")] if folders else [])
    first = next((f", such as {path.name!r}" for path in paths if path.is_file() and suffix(path) in held[0]), "")
    return f"it holds {', '.join(held) or 'no files'}{first}"


_SHOWN = 3  # kinds of files
