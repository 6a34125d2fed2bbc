"""The layout of a table that lists the files of each field, with its labels and metadata."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from cellocate.collection.collection import Collection, Problem
from cellocate.collection.labels import FORMATS, faulty_ids, labels_of
from cellocate.collection.layouts.found import straight
from cellocate.collection.layouts.labelled import labelled
from cellocate.collection.metadata import tidy
from cellocate.errors import CellocateError
from cellocate.files import new_file, write_text
from cellocate.images import CHANNELS
from cellocate.tables import read_columns, read_table
from cellocate.vocabulary import BUILT_IN, Vocabulary, get

NAME = "listing.csv"
UNKNOWN = "?"
"""What stands in the place of labels that nobody knows; an empty cell is a field that shows no location."""

_VOCABULARY = "vocabulary"  # folder of a vocabulary that is not built in
_IDS = tuple(known.id for known in FORMATS)


def find(place: Path) -> Path | None:
    """The listing that `place` is, or holds: `listing.csv`, or the only CSV with an id and a channel for a column.

    Raises:
        CellocateError: several tables could be meant.
    """
    if place.is_file():
        return place if _lists_files(place) else None
    tables = sorted([*place.glob("*.csv"), *place.glob("*.csv.gz")])
    found = [path for path in tables if not path.name.startswith(".") and _lists_files(path)]
    if place / NAME in found:
        return place / NAME
    if len(found) > 1:
        names = " and ".join(path.name for path in found)
        raise CellocateError(f"several listings ({names})", where=place, mend=f"Name the one you mean {NAME}.")
    return found[0] if found else None


def _lists_files(path: Path) -> bool:
    if not path.name.lower().endswith((".csv", ".csv.gz")):
        return False
    try:
        columns = set(read_columns(path))
    except CellocateError:  # a table of something else need not be readable
        return False
    return bool(columns & set(_IDS)) and (path.name == NAME or bool(columns & set(CHANNELS)))


def read(path: Path, labels: str | Path | None = None, vocabulary: Vocabulary | str | None = None) -> Collection:
    """The collection that the table at `path` lists.

    Args:
        path: the table (docs/formats.md says what is in it).
        labels: a label table to use in the place of its own labels; what it says else goes before its metadata.
        vocabulary: of the labels, if not what the JSON file beside the table says, or its columns.

    Raises:
        CellocateError: it is no such table, or what lies beside it cannot be read.
    """
    told = _told(path)
    rows, lines = read_table(path, "listing")
    style = next((f for f in FORMATS if f.id in rows and f.labels in rows), None)
    id_column = style.id if style else next(name for name in _IDS if name in rows)
    ids = rows[id_column].str.strip()
    fields = _fields(rows.drop(columns=[id_column, *([style.labels] if style else [])]), ids, path)
    listed = Collection(
        path.parent,
        "listing",
        fields.assign(labels=None),
        problems=tuple(faulty_ids(ids, lines, path)),
        because=f"the files that {path.name} lists",
        simulated=told.simulated,
        pixel_size_assumed=told.pixel_size_assumed,
        made=told.made,
    )
    if labels is not None:
        return _relabelled(listed, Path(labels), vocabulary, told.vocabulary)
    if style is None:
        return listed
    known = rows[style.labels].str.strip() != UNKNOWN
    known_lines = [line for line, is_known in zip(lines, known, strict=True) if is_known]
    found = labels_of(rows[known].reset_index(drop=True), known_lines, path, style, vocabulary or told.vocabulary)
    fields = fields.join(found.table["labels"])
    fields["labels"] = fields["labels"].astype(object).where(fields["labels"].notna(), None)
    unlabelled = fields.index[fields["labels"].isna()].difference([p.id for p in found.problems], sort=False)
    problems = (*found.problems, *(_unknown(field, path) for field in unlabelled))
    return replace(listed, fields=fields, vocabulary=found.vocabulary, problems=problems)


def _relabelled(
    listed: Collection, labels: Path, vocabulary: Vocabulary | str | None, own: Vocabulary | str | None
) -> Collection:
    fields, read, problems = labelled(listed.fields, labels, vocabulary, own)
    because = f"{listed.because}; labels of {read.vocabulary.name} in {labels.name}"
    problems = [*listed.problems, *problems]
    return replace(listed, fields=fields, vocabulary=read.vocabulary, problems=tuple(problems), because=because)


def _fields(rows: pd.DataFrame, ids: pd.Series[str], path: Path) -> pd.DataFrame:
    """Files and metadata by id; a path that is not absolute starts from the table's folder."""
    if "labels" in rows:
        what = "a column named 'labels', which cellocate keeps for itself"
        raise CellocateError(what, where=path, mend="Rename it.")
    fields = rows.set_index(pd.Index(ids, name="id", dtype=object)).astype(object)
    start, way = str(path.parent), cache(straight)  # of folders, which are few

    def place(name: str) -> str:
        there = os.path.join(start, name)  # noqa: PTH118 # pathlib takes seconds for a million
        if ".." not in name:
            return there
        folder, file = os.path.split(there)
        return os.path.join(way(folder), file)  # noqa: PTH118

    for channel in CHANNELS:
        if channel in fields:
            fields[channel] = [place(name) if name else None for name in fields[channel].str.strip().tolist()]
    fields = tidy(fields, path)
    return fields[~fields.index.duplicated() & (fields.index != "")]


def _unknown(field: str, path: Path) -> Problem:
    error = CellocateError("its labels are not known", where=path, mend="Write them down, or leave the field out.")
    return Problem(field, "labels", error)


@dataclass(frozen=True)
class _Told:
    vocabulary: Vocabulary | str | None = None
    simulated: bool = False
    pixel_size_assumed: bool = False
    made: dict[str, Any] = field(default_factory=dict)


def _told(path: Path) -> _Told:
    """What the JSON file beside the table says: the vocabulary, whether cellocate drew the fields, how it was made."""
    card = _card(path)
    if not card.is_file():
        return _Told()
    try:
        content = json.loads(card.read_text(encoding="utf-8"))
        name, simulated, made = content["vocabulary"], bool(content["simulated"]), dict(content.get("made") or {})
        assumed = bool(content.get("pixel_size_assumed"))
    except (ValueError, KeyError, TypeError) as error:
        raise CellocateError(f"unreadable ({error})", where=card, mend="Make the collection anew.") from None
    own = path.parent / _VOCABULARY / f"{name}.csv"
    return _Told(get(own) if own.is_file() else name, simulated, assumed, made)


def _card(path: Path) -> Path:
    return path.with_name(path.name.removesuffix(".gz").removesuffix(".csv") + ".json")


def write(folder: Path, collection: Collection, made: Mapping[str, Any]) -> None:
    """Write `listing.csv`, which lists `collection` and is read back as the same, and `listing.json` beside it.

    Args:
        folder: where; files are listed by their way from here, so that both can be moved together.
        collection: its images stay where they are.
        made: how it came to be, for the JSON file.
    """
    vocabulary = collection.vocabulary
    table = pd.DataFrame(index=collection.fields.index)
    for channel in collection.channels:
        table[channel] = _ways(collection.fields[channel], folder)
    if vocabulary is not None:
        sets = collection.fields["labels"]
        table["Target"] = [UNKNOWN if labels is None else " ".join(map(str, labels)) for labels in sets]
    kept = [c for c in collection.fields if c not in (*CHANNELS, "labels")]
    taken = {f.id for f in FORMATS} | {f.labels for f in FORMATS}
    metadata = collection.fields[kept].rename(columns={name: f"{name}_" for name in taken})
    with new_file(folder / NAME) as aside:
        table.join(metadata).to_csv(aside, index_label="Id")
    if vocabulary is not None and not (vocabulary.name in BUILT_IN and vocabulary == get(vocabulary.name)):
        rows = [(place.name, place.go or "", place.group) for place in vocabulary.locations]
        with new_file(folder / _VOCABULARY / f"{vocabulary.name}.csv") as aside:
            pd.DataFrame(rows, columns=["name", "go", "group"]).to_csv(aside, index=False)
    told = {
        "vocabulary": vocabulary.name if vocabulary else None,
        "simulated": collection.simulated,
        "pixel_size_assumed": collection.pixel_size_assumed,
        "made": made,
    }
    write_text(_card(folder / NAME), json.dumps(told, indent=2, ensure_ascii=False) + "\n")


def _ways(files: pd.Series[str], folder: Path) -> list[str | None]:
    """Each file by its way from `folder`, or whole where there is no such way (another drive)."""
    start = os.path.realpath(folder)

    @cache  # a collection has few folders and many files
    def way(place: str) -> str:
        try:
            return os.path.relpath(os.path.realpath(place), start)
        except ValueError:
            return os.path.realpath(place)

    split = (None if file is None or pd.isna(file) else os.path.split(file) for file in files)
    return [None if s is None else os.path.normpath(os.path.join(way(s[0]), s[1])) for s in split]  # noqa: PTH118
