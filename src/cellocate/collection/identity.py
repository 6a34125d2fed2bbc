"""Recognise the same field under different ids: after a merge, in a store, in either challenge."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import get_args

import pandas as pd

from cellocate.choices import Challenge
from cellocate.collection.collection import Collection

ORIGINAL = "original_id"
"""Column of the ids that fields had before a merge added the name of their source."""

FIELD_IDS = (ORIGINAL, "field", "time_series")
"""Columns of ids, whose values are never converted."""

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
UUID_LENGTH = 36
_NUMBER = re.compile(r"0*(\d+)(?:[.,]0*)?", re.ASCII)
_IMAGE = re.compile(r"(?:_(?:red|green|blue|yellow))?(?:\.ome)?\.(?:png|jpe?g|tiff?)(?:\.gz)?$", re.IGNORECASE)
_CHALLENGES = set(get_args(Challenge))


def uuid(field: str) -> str | None:
    """The UUID in an id, in small letters, or None. Fields with one UUID are the same image of the challenges.

    Example:
        >>> uuid("kaggle2021-000A6C98-bb9b-11e8-b2b9-ac1f6b6435d0")
        '000a6c98-bb9b-11e8-b2b9-ac1f6b6435d0'
        >>> uuid("plate1_A1") is None
        True
    """
    match = _UUID.search(field) if len(field) >= UUID_LENGTH else None
    return match[0].lower() if match else None


def match_ids(ids: Sequence[str], known: Iterable[str]) -> list[str]:
    """Match ids of a table to ids of fields, in spite of conversions by other programs.

    Excel turns 007 into 7, pandas turns 7 into 7.0 in a column with empty cells, and others write file names. If no id
    matches as it is, ids are compared as numbers (if all are numbers) or without image suffixes (if all have one),
    unless two ids become the same.

    Example:
        >>> match_ids(["7.0", "8.0"], ["007", "008", "009"]), match_ids(["7.0", "8"], ["8", "7"])
        (['007', '008'], ['7.0', '8'])
        >>> match_ids(["a.tif", "b_green.png"], ["a", "b"]), match_ids(["a_red.png", "a_blue.png"], ["a"])
        (['a', 'b'], ['a_red.png', 'a_blue.png'])
    """
    fields = set(known)
    if not fields.isdisjoint(ids):
        return list(ids)
    asked = set(ids)
    for form in (_as_numbers, _as_files):
        forms, of_fields = form(asked), form(fields) or {i: i for i in fields}
        if len(forms) == len(asked) and all(len(set(of.values())) == len(of) for of in (forms, of_fields)):
            called = {text: field for field, text in of_fields.items()}
            return [called.get(forms[i], i) for i in ids]
    return list(ids)


def _as_numbers(ids: Iterable[str]) -> dict[str, str]:
    return {i: match[1] for i in ids if (match := _NUMBER.fullmatch(i))}


def _as_files(ids: Iterable[str]) -> dict[str, str]:
    return {i: _IMAGE.sub("", i) for i in ids if _IMAGE.search(i)}


def original_ids(fields: pd.DataFrame) -> list[str]:
    """The id of each row before any merge: from the column `original_id`, or else its own."""
    ids = [str(i) for i in fields.index.to_numpy(dtype=object)]
    if ORIGINAL not in fields:
        return ids
    known = fields[ORIGINAL].replace("", None)
    return [i if pd.isna(old) else str(old) for i, old in zip(ids, known, strict=True)]


def identities(fields: pd.DataFrame) -> list[str]:
    """An identity of each row's field: the UUID in its id, or else its id before any merge.

    Example:
        >>> table = pd.DataFrame({"original_id": ["x", ""]}, index=["a-x", "y"])
        >>> identities(table)
        ['x', 'y']
    """
    return [uuid(old) or old for old in original_ids(fields)]


def challenges(collection: Collection) -> tuple[str, ...]:
    """The challenges that a collection comes from, by its layout or that of the collections it was made of.

    Example:
        >>> from pathlib import Path
        >>> made = {"steps": [{"step": "open", "folder": "a", "layout": "kaggle2021", "fields": 3}]}
        >>> challenges(Collection(Path(), "listing", pd.DataFrame({"labels": []}), made=made))
        ('kaggle2021',)
    """
    return tuple(sorted(_CHALLENGES & {collection.layout, *_layouts(collection.made)}))


def _layouts(made: object) -> Iterator[str]:
    if isinstance(made, Mapping):
        if isinstance(layout := made.get("layout"), str):
            yield layout
        made = list(made.values())
    if isinstance(made, list):
        for part in made:
            yield from _layouts(part)


def split_parts_of(
    split: Mapping[str, Sequence[str]], old: Mapping[str, str], fields: pd.DataFrame
) -> list[str | None]:
    """The part of a split that each field was in, under its own id or as the same field under another.

    Args:
        split: ids of each part.
        old: ids before any merge, for the ids that changed.
        fields: the fields to look up, by id.

    Returns:
        The part of each field, or None. A field known from several parts counts as train before validation before test.

    Example:
        >>> table = pd.DataFrame({"original_id": ["", "x", ""]}, index=["c", "b-x", "new"])
        >>> split_parts_of({"train": ["a-x"], "test": ["c"]}, {"a-x": "x"}, table)
        ['test', 'train', None]
    """
    own, known = dict[str, str](), dict[str, str]()
    for part in ("train", "validation", "test"):
        for i in split.get(part, ()):
            before = old.get(i, i)
            own.setdefault(i, part)
            known.setdefault(uuid(before) or before, part)
    ids = [str(i) for i in fields.index.to_numpy(dtype=object)]
    return [own.get(i, known.get(name)) for i, name in zip(ids, identities(fields), strict=True)]
