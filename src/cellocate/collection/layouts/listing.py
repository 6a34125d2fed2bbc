"""The layout `listing`: a table with the files of each field, its labels and metadata."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from cellocate.collection.challenge_labels import FORMATS, faulty_ids, format_among, labels_of
from cellocate.collection.collection import Collection
from cellocate.collection.layouts.found_files import normalised_path
from cellocate.collection.layouts.join_labels import join_labels
from cellocate.collection.layouts.listed_files import FileFinder
from cellocate.collection.metadata_tables import refuse_reserved, tidy
from cellocate.errors import CellocateError
from cellocate.files import new_file, write_text
from cellocate.images import CHANNELS
from cellocate.tables import (
    find_column,
    is_table,
    missing_column_error,
    read_columns,
    read_table,
    table_name,
    tables_in,
)
from cellocate.vocabulary import BUILT_IN, UNKNOWN, Vocabulary, get_vocabulary

USUAL_NAME = "listing"
NAME = f"{USUAL_NAME}.csv"

_VOCABULARY = "vocabulary"  # folder of a vocabulary that is not built in
_IDS = tuple(known.id for known in FORMATS)


def find(place: Path) -> Path | None:
    """The listing at or in `place`: `listing.csv`, or the only table with an id column and a channel column.

    Raises:
        CellocateError: several tables could be meant.
    """
    if place.is_file():
        return place if is_table(place.name) and _lists_files(place) else None
    found = [path for path in tables_in(place) if _lists_files(path)]
    if usual := [path for path in found if table_name(path) == USUAL_NAME]:
        return usual[0]
    if len(found) > 1:
        names = " and ".join(path.name for path in found)
        raise CellocateError(f"several listings ({names})", where=place, mend=f"Name the one you mean {NAME}.")
    return found[0] if found else None


def _lists_files(path: Path) -> bool:
    """Whether a table has an id column, and a channel column with file names (numbers are measurements)."""
    try:
        columns = read_columns(path)
        if find_column(columns, *_IDS) is None:
            return False
        if table_name(path) == USUAL_NAME:
            return True
        named = [column for column in columns if column in CHANNELS]
        return bool(named) and not _are_numbers(read_table(path, names=CHANNELS)[0][named])
    except CellocateError:  # other tables need not be readable
        return False


def _are_numbers(values: pd.DataFrame) -> bool:
    filled = values.to_numpy(dtype=object).ravel()
    filled = filled[filled != ""]
    return len(filled) > 0 and bool(pd.Series(filled).str.fullmatch(r"[-+]?\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?").all())


def read(path: Path, labels: str | Path | None = None, vocabulary: Vocabulary | str | None = None) -> Collection:
    """Read the collection that the table at `path` lists.

    Args:
        path: the table (see docs/formats.md).
        labels: a label table that replaces its labels; metadata there take precedence.
        vocabulary: vocabulary of the labels, if not that of the JSON file of the same name, or the usual one.

    Raises:
        CellocateError: it is not a listing, or a file that belongs to it cannot be read.
    """
    card = _read_card(path)
    columns = read_columns(path, "listing")
    style = format_among(columns)
    id_column = find_column(columns, *((style.id,) if style else _IDS))
    if id_column is None:
        raise missing_column_error(path, "not a listing", f"It needs a column {' or '.join(_IDS)}.")
    rows, lines = read_table(path, names=(*CHANNELS, *((style.labels,) if style else ())))
    ids = rows[id_column]
    fields = _fields(rows.drop(columns=[id_column, *([style.labels] if style else [])]), ids, path)
    listed = Collection(
        path.parent,
        "listing",
        fields.assign(labels=None),
        problems=tuple(faulty_ids(ids, lines, path)),
        because=f"the files that {path.name} lists",
        simulated=card.simulated,
        pixel_size_assumed=card.pixel_size_assumed,
        made=card.made,
    )
    if labels is not None:
        return _relabelled(listed, Path(labels), vocabulary, card.vocabulary)
    if style is None:
        return listed
    found = labels_of(rows.rename(columns={id_column: style.id}), lines, path, style, vocabulary or card.vocabulary)
    fields = fields.join(found.table["labels"])
    fields["labels"] = fields["labels"].astype(object).where(fields["labels"].notna(), None)
    return replace(listed, fields=fields, vocabulary=found.vocabulary, problems=found.problems)


def _relabelled(
    listed: Collection, labels: Path, vocabulary: Vocabulary | str | None, own: Vocabulary | str | None
) -> Collection:
    fields, read, problems = join_labels(listed.fields, labels, vocabulary, own)
    because = f"{listed.because}; labels of {read.vocabulary.name} in {labels.name}"
    problems = [*listed.problems, *problems]
    return replace(listed, fields=fields, vocabulary=read.vocabulary, problems=tuple(problems), because=because)


def _fields(rows: pd.DataFrame, ids: pd.Series[str], path: Path) -> pd.DataFrame:
    """Files and metadata by id; relative paths start at the table's folder."""
    refuse_reserved(rows, path, ("labels",))
    fields = rows.set_index(pd.Index(ids, name="id", dtype=object)).astype(object)
    finder, folder_path = FileFinder(path.parent), cache(normalised_path)  # folders are few

    def place(name: str) -> str:
        there = finder.find(name)
        if ".." not in name:
            return there
        folder, file = os.path.split(there)
        return os.path.join(folder_path(folder), file)  # noqa: PTH118 # pathlib takes seconds for a million

    for channel in CHANNELS:
        if channel in fields:
            fields[channel] = [place(name) if name else None for name in fields[channel].tolist()]
    fields = tidy(fields, path)
    return fields[~fields.index.duplicated() & (fields.index != "")]


@dataclass(frozen=True)
class _Card:
    vocabulary: Vocabulary | str | None = None
    simulated: bool = False
    pixel_size_assumed: bool = False
    made: dict[str, Any] = field(default_factory=dict)


def _read_card(path: Path) -> _Card:
    """Read the JSON file next to the table: vocabulary, whether the fields are simulated, how they were made."""
    card = _card(path)
    if not card.is_file():
        return _Card()
    try:
        content = json.loads(card.read_text(encoding="utf-8"))
        name, simulated, made = content["vocabulary"], bool(content["simulated"]), dict(content.get("made") or {})
        assumed = bool(content.get("pixel_size_assumed"))
    except (ValueError, KeyError, TypeError) as error:
        raise CellocateError(f"unreadable ({error})", where=card, mend="Make the collection again.") from None
    own = path.parent / _VOCABULARY / f"{name}.csv"
    return _Card(get_vocabulary(own) if own.is_file() else name, simulated, assumed, made)


def _card(path: Path) -> Path:
    return path.with_name(f"{table_name(path)}.json")


def write(folder: Path, collection: Collection, made: Mapping[str, Any]) -> None:
    """Write `listing.csv`, which lists `collection` and reads back as the same, with `listing.json`.

    Args:
        folder: folder of the listing; paths are relative to it, so that both can be moved together.
        collection: its images stay where they are.
        made: how the collection was made, for the JSON file.
    """
    vocabulary = collection.vocabulary
    table = pd.DataFrame(index=collection.fields.index)
    for channel in collection.channels:
        table[channel] = _relative(collection.fields[channel], folder)
    if vocabulary is not None:
        sets = collection.fields["labels"]
        table["Target"] = [UNKNOWN if labels is None else " ".join(map(str, labels)) for labels in sets]
    taken = {f.id for f in FORMATS} | {f.labels for f in FORMATS}
    metadata = collection.fields[collection.metadata_columns].rename(columns={name: f"{name}_" for name in taken})
    with new_file(folder / NAME) as aside:
        table.join(metadata).to_csv(aside, index_label="Id")
    if vocabulary is not None and not (vocabulary.name in BUILT_IN and vocabulary == get_vocabulary(vocabulary.name)):
        rows = [(place.name, place.go or "", place.group) for place in vocabulary.locations]
        with new_file(folder / _VOCABULARY / f"{vocabulary.name}.csv") as aside:
            pd.DataFrame(rows, columns=["name", "go", "group"]).to_csv(aside, index=False)
    card = {
        "vocabulary": vocabulary.name if vocabulary else None,
        "simulated": collection.simulated,
        "pixel_size_assumed": collection.pixel_size_assumed,
        "made": made,
    }
    write_text(_card(folder / NAME), json.dumps(card, indent=2, ensure_ascii=False) + "\n")


def _relative(files: pd.Series[str], folder: Path) -> list[str | None]:
    """Each file's path relative to `folder`, or absolute if there is none (another drive)."""
    start = os.path.realpath(folder)

    @cache  # a collection has few folders and many files
    def way(place: str) -> str:
        try:
            return os.path.relpath(os.path.realpath(place), start)
        except ValueError:
            return os.path.realpath(place)

    split = (None if file is None or pd.isna(file) else os.path.split(file) for file in files)
    return [None if s is None else os.path.normpath(os.path.join(way(s[0]), s[1])) for s in split]  # noqa: PTH118
