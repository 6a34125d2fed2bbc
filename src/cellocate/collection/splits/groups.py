"""Group the fields that must share a part: same antibody, plate or cell line, near duplicates, one field twice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellocate.collection.collection import TIME_SERIES, Collection, has_values
from cellocate.collection.connected_groups import connected_groups
from cellocate.collection.identity import UUID_LENGTH, uuid
from cellocate.errors import CellocateError
from cellocate.tables.header import suggest_columns

DUPLICATES = "duplicates"


def grouping(
    collection: Collection, by: Sequence[str] = (), duplicates: NDArray[np.intp] | None = None
) -> pd.Series[str]:
    """The group of each field; groups that any of the columns connect become one.

    Always connected are fields of one time series, and fields with the same UUID: they are one field of the
    challenges, which is in the train sets of both 2018 and 2021.

    Args:
        collection: the fields.
        by: columns; by default `Collection.group`. Fields without a value there are not connected.
        duplicates: the cluster of near duplicates of each field, if these should be connected too.

    Returns:
        By id; a group is named after a value of the first column or one of its fields.

    Raises:
        CellocateError: there is no such column, or no field has a value in it.

    Example:
        >>> from pathlib import Path
        >>> table = pd.DataFrame({"antibody": ["A", "A", "B"], "plate": ["1", "2", "2"]}, index=["x", "y", "z"])
        >>> collection = Collection(Path("."), "folder", table.assign(labels=None))
        >>> grouping(collection).tolist(), grouping(collection, ["antibody", "plate"]).tolist()
        (['A', 'A', 'B'], ['A', 'A', 'A'])
    """
    columns = [_values(collection, column) for column in by if column != DUPLICATES] or [collection.group()]
    keys = [pd.factorize(column)[0] for column in columns]
    if duplicates is not None:
        keys.append(duplicates)
    same = same_fields(collection.ids)
    if same is not None:
        keys.append(same)
    if by and has_values(collection.fields, TIME_SERIES):
        keys.append(pd.factorize(_values(collection, TIME_SERIES))[0])
    names = columns[0].to_numpy(dtype=str)
    if by and set(by) == {DUPLICATES}:
        names = np.array(collection.ids)
        keys = keys[1:]
    number = _components(keys)
    _, first, inverse = np.unique(number, return_index=True, return_inverse=True)
    return pd.Series(names[first][inverse], index=collection.fields.index, name="group")


def same_fields(ids: Sequence[str]) -> NDArray[np.intp] | None:
    """A number for each distinct field, by the UUIDs in ids; None if no two ids can be the same field."""
    if all(len(i) <= UUID_LENGTH for i in ids):
        return None  # UUIDs without a prefix, so all differ
    numbers, distinct = pd.factorize(pd.Series([uuid(i) or i for i in ids], dtype=object))
    return numbers if len(distinct) < len(ids) else None


def _values(collection: Collection, column: str) -> pd.Series[str]:
    """The values of a column; where there is none, the id of the field."""
    if column not in collection.fields or column == "labels":
        what = f"no column {column!r} to group by"
        mend = f"{suggest_columns(column, collection.metadata_columns)} You can add columns to the label table."
        raise CellocateError(what, where=collection.folder, mend=mend)
    values = collection.fields[column].astype(object)
    values = values.where(values.notna() & (values != ""), None)
    if values.notna().sum() == 0:
        raise CellocateError(f"no field has a value in the column {column!r}", where=collection.folder)
    return values.fillna(pd.Series(collection.ids, index=values.index)).astype(str)


def _components(keys: Sequence[NDArray[np.intp]]) -> NDArray[np.intp]:
    """Number the groups of rows that share a value in any of `keys`, directly or through other rows."""
    if len(keys) == 1:
        return keys[0]
    rows = len(keys[0])
    sides = np.cumsum([rows, *(int(key.max(initial=-1)) + 1 for key in keys)])
    left = np.tile(np.arange(rows), len(keys))
    right = np.concatenate([key + start for key, start in zip(keys, sides[:-1], strict=True)])
    return connected_groups(left, right, int(sides[-1]))[:rows]
