"""Tables of metadata: antibody, gene, cell line, plate, pixel size of each field."""

from __future__ import annotations

import re
from collections.abc import Collection as Known
from collections.abc import Hashable, Iterable, Sequence
from pathlib import Path

import pandas as pd

from cellocate.collection.atlas_names import antibody_numbers, without_decimals
from cellocate.collection.identity import FIELD_IDS, match_ids
from cellocate.collection.number_columns import NumberColumn, read_numbers
from cellocate.collection.pixel_size_columns import with_pixel_size
from cellocate.errors import CellocateError
from cellocate.images import CHANNELS
from cellocate.images.bit_depth import check_bits, check_offset
from cellocate.tables import MISSING, read_columns, read_table
from cellocate.tables.rows import missing_column_error

NUMBERS = ("pixel_size", "bits", "camera_offset")
"""Columns of a collection that hold numbers; all others hold text."""
IDS = ("id", "image", "image_id", "field", "filename")
# other names of columns, in small letters
_NAMES = {
    "cellline": "cell_line",
    "cell line": "cell_line",
    "atlas_name": "cell_line",
    "if_plate_id": "plate",
    "gene_names": "gene",
    "ensembl_ids": "ensembl",
    "position": "well",
    "antibody_id": "antibody",
    "significant_bits": "bits",
    "significantbits": "bits",
}
# more names, used only if no other column has the meaning; without blanks, underscores and CellProfiler's Metadata_
_ALSO = {
    "plate": ("plate", "plateid", "platename", "platenumber", "platebarcode"),
    "well": ("well", "wellid", "wellname", "wellposition"),
    "antibody": ("antibody", "antibodyid", "antibodyname", "antibodynumber", "hpaid"),
    "gene": ("gene", "genename", "genesymbol"),
    "ensembl": ("ensembl", "ensemblid"),
    "cell_line": ("cellline", "celllinename"),
}
_MEANT = {name: meaning for meaning, names in _ALSO.items() for name in names}
_NOTHING = MISSING | {"-", "–", "—", "?", "unknown"}
_UNDERSTOOD = frozenset(("group", *_NAMES.values()))
"""Columns whose missing values must be recognised: fields do not share the plate "NA"."""


def join(fields: pd.DataFrame, tables: Sequence[Path]) -> pd.DataFrame:
    """Join the columns of tables to fields by id. A value in a table replaces the value known before.

    Raises:
        CellocateError: a table has no id column, has an id twice, or has none of these fields.
    """
    for path in tables:
        table = read_metadata(path, set(map(str, fields.index)))
        table.index = pd.Index(match_ids(list(table.index), map(str, fields.index)), name="id")
        known = table.index.intersection(fields.index)
        if known.empty and len(fields):
            what = f"no row for any of the {len(fields)} fields, such as {fields.index[0]}"
            raise CellocateError(what, where=path, mend="Give a table with the ids of these fields.")
        fields = update_metadata(fields, table.loc[known].replace("", None))
    return fields


def update_metadata(fields: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Add the columns of a table to fields; a value in the table replaces the value known before.

    Args:
        fields: by id, each once.
        table: by id, each once, with some of these fields and no others.
    """
    columns: dict[str, pd.Series] = {}
    for name in map(str, table):
        column = table[name].reindex(fields.index)
        if name in fields:
            column = column.replace("", None)
            column = column.where(column.notna(), fields[name])
        columns[name] = column if name in NUMBERS else column.astype(object).where(column.notna(), None)
    return fields.assign(**columns)


def read_metadata(path: Path, known: Known[str] = ()) -> pd.DataFrame:
    """Read a table of metadata by id, with cellocate's names for its columns.

    Args:
        path: the table.
        known: ids of fields. If several columns may hold the ids, the one with most of these is used, or else the
            first of `IDS`.

    Raises:
        CellocateError: it has no id column, has an id twice, or has a column name that cellocate reserves.
    """
    columns = read_columns(path, "table of metadata")
    found = [column for column in columns if column.lower() in IDS]
    if not found:
        raise missing_column_error(path, "no column of ids", f"Name it {', '.join(IDS)}, in small or large letters.")
    refuse_reserved(columns, path)
    rows, lines = read_table(path)
    ordered = sorted(found, key=lambda column: IDS.index(column.lower()))
    chosen = max(ordered, key=lambda column: len(set(rows[column]).intersection(known)))
    ids = rows[chosen]
    if (again := ids.duplicated()).any():
        row = int(again.to_numpy().argmax())
        where = f"{path}, line {lines[row]}, column {chosen}"
        raise CellocateError(f"several rows for {ids.iloc[row]}", where=where, mend="Keep one row of each id.")
    table = tidy(rows.drop(columns=chosen), path)
    table.index = pd.Index(ids, name="id")
    return table


def refuse_reserved(columns: Iterable[Hashable], path: Path, reserved: Sequence[str] = (*CHANNELS, "labels")) -> None:
    """Raise a `CellocateError` if a table has a column name that cellocate reserves."""
    for column in columns:
        if column in reserved:
            what = f"a column named {column!r}, which cellocate keeps for itself"
            raise CellocateError(what, where=path, mend="Rename it.")


def tidy(rows: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Rename columns to cellocate's names, and convert antibodies to their numbers and `NUMBERS` to numbers.

    In columns with a meaning, `nan`, `NA`, `-` and the like become empty.

    Raises:
        CellocateError: a pixel size, number of bits or camera offset is impossible, or two columns mean the same.
    """
    rows = with_pixel_size(rows, path)
    names = _meanings(list(map(str, rows)))
    _check_meanings(names, path)
    written = {name: column for column, name in names.items()}
    rows = rows.rename(columns=names)
    for name in _UNDERSTOOD.intersection(rows):
        if unknown := [v for v in rows[name].unique() if isinstance(v, str) and v.lower() in _NOTHING]:
            rows[name] = rows[name].mask(rows[name].isin(unknown), "")
    for name in set(map(str, rows)).difference(NUMBERS, FIELD_IDS, CHANNELS):
        rows[name] = without_decimals(rows[name])
    if "antibody" in rows:
        rows["antibody"] = antibody_numbers(rows["antibody"])
    for kind in _KINDS:
        if kind.name in rows:
            rows[kind.name] = read_numbers(rows[kind.name], kind, path, written[kind.name])
    return rows


def _meanings(columns: Sequence[str]) -> dict[str, str]:
    """Cellocate's name of each column: an alias, or the same in small letters if no other column has that name."""
    names = {}
    for column in columns:
        small = column.lower()
        is_name = small in _NAMES.values() and small not in columns
        names[column] = _NAMES.get(small, small if is_name else column)
    for column in columns:
        meaning = _MEANT.get(re.sub(r"[\W_]+", "", column.lower()).removeprefix("metadata"))
        if meaning and meaning not in names.values():
            names[column] = meaning
    return names


def _check_meanings(names: dict[str, str], path: Path) -> None:
    columns: dict[str, str] = {}
    for column, name in names.items():
        if name in columns:
            what = f"the columns {columns[name]!r} and {column!r} both mean {name}"
            raise CellocateError(what, where=path, mend="Keep one of them.")
        columns[name] = column


_KINDS = (
    NumberColumn("bits", check_bits, "Give the bits of the camera, such as 12.", whole=True),
    NumberColumn("camera_offset", check_offset, "Give the counts that were added to every pixel.", whole=True),
)
