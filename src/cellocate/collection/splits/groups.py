"""Which fields must share a part: of one antibody, plate or cell line, near duplicates, one field under two ids."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellocate.collection.collection import TIME_SERIES, Collection, has_values
from cellocate.collection.connected import connected
from cellocate.collection.identity import UUID_LENGTH, uuid
from cellocate.errors import CellocateError
from cellocate.tables import suggest_columns

DUPLICATES = "duplicates"


def grouping(
    collection: Collection, by: Sequence[str] = (), duplicates: NDArray[np.intp] | None = None
) -> pd.Series[str]:
    """For each field the name of its group; groups that any of the columns links are one.

    Linked in any case are the time points of one series, and fields whose ids hold the same UUID: they are one field
    of the challenges, which both the 2018 and the 2021 train set have.

    Args:
        collection: the fields.
        by: columns; `Collection.group` unless given. Fields without a value there are linked by nothing.
        duplicates: for each field the number of its cluster of near duplicates, linked too where given.

    Returns:
        By id; a group is named after a value of the first column, or after one of its fields.

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
    """For each id the number of the field that its UUID stands for; None where no two can be the same."""
    if all(len(i) <= UUID_LENGTH for i in ids):
        return None  # whole ids, which differ
    numbers, distinct = pd.factorize(pd.Series([uuid(i) or i for i in ids], dtype=object))
    return numbers if len(distinct) < len(ids) else None


def _values(collection: Collection, column: str) -> pd.Series[str]:
    """The values of a column; of a field without one, its id."""
    if column not in collection.fields or column == "labels":
        raise CellocateError(
            f"no column {column!r} to group by",
            where=collection.folder,
            mend=f"{suggest_columns(column, collection.metadata_columns)} The label table may have more columns.",
        )
    values = collection.fields[column].astype(object)
    values = values.where(values.notna() & (values != ""), None)
    if values.notna().sum() == 0:
        raise CellocateError(f"no field has a value in the column {column!r}", where=collection.folder)
    return values.fillna(pd.Series(collection.ids, index=values.index)).astype(str)


def _components(keys: Sequence[NDArray[np.intp]]) -> NDArray[np.intp]:
    """Rows that share a value in any of `keys`, directly or through others, get one number."""
    if len(keys) == 1:
        return keys[0]
    rows = len(keys[0])
    sides = np.cumsum([rows, *(int(key.max(initial=-1)) + 1 for key in keys)])
    left = np.tile(np.arange(rows), len(keys))
    right = np.concatenate([key + start for key, start in zip(keys, sides[:-1], strict=True)])
    return connected(left, right, int(sides[-1]))[:rows]
