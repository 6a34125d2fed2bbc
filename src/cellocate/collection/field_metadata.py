"""Metadata of fields: from a collection, or from any table that has their ids."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from cellocate.collection.atlas.label_tables import is_image_list, labels_for, read_labels
from cellocate.collection.atlas_names import with_metadata_of_ids
from cellocate.collection.cell_bags import are_cells, bags_of
from cellocate.collection.collection import Collection
from cellocate.collection.identity import match_ids
from cellocate.collection.layouts import open_collection
from cellocate.collection.metadata_tables import IDS, read_metadata, tidy
from cellocate.errors import CellocateError
from cellocate.images import CHANNELS
from cellocate.tables import is_table, read_columns, suggest_columns


def metadata_of(path: str | Path, ids: Sequence[str]) -> pd.DataFrame:
    """The metadata of some fields: antibody, gene, cell line and so on.

    Args:
        path: a collection in any layout, of the fields or of their cells; or a table with a column `id`, `image`,
            `image_id`, `field` or `filename`, such as a label table, or a list of the atlas.
        ids: the fields; an id may occur several times.

    Returns:
        A row for each id, in this order, indexed by id; missing values are None.

    Raises:
        CellocateError: the path cannot be read, has an id in several rows, or lacks one of the fields.
    """
    path = Path(path)
    fields = _known(path, ids)
    unknown = [i for i in dict.fromkeys(ids) if i not in fields.index]
    if unknown:
        what = f"{len(unknown)} of {len(set(ids))} fields are unknown here, such as {unknown[0]}"
        raise CellocateError(what, where=path, mend="Give the collection, or a table, that has them all.")
    known = fields.loc[list(dict.fromkeys(ids))].astype(object)
    known = with_metadata_of_ids(Collection(path, "table", known.where(known.notna() & (known != ""), None))).fields
    return known.loc[list(ids)]


def _known(path: Path, ids: Sequence[str]) -> pd.DataFrame:
    if path.is_file() and is_table(path.name):
        if is_image_list(path):
            return tidy(labels_for(read_labels(path), list(dict.fromkeys(ids)), path).table, path)
        columns = read_columns(path)
        if any(c.lower() in IDS for c in columns) and not any(c in CHANNELS for c in columns):
            known = read_metadata(path, set(ids))
            return known.set_axis(pd.Index(match_ids(list(known.index), ids), name="id"))
    collection = open_collection(path)
    if are_cells(collection) and not set(ids) <= set(collection.ids):
        return bags_of(collection).fields.fields  # the ids are those of the fields of the cells
    return collection.fields


def values_of(collection: Collection, column: str) -> list[str]:
    """The values of a column of metadata, by field; "" where a value is missing.

    Raises:
        CellocateError: there is no such column.
    """
    known = collection.metadata_columns
    if column not in known:
        raise CellocateError(f"no column {column!r}", where=collection.folder, mend=suggest_columns(column, known))
    return ["" if pd.isna(value) else str(value) for value in collection.fields[column]]
