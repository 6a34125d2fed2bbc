"""Metadata of fields in tables: antibody, gene, cell line, plate, pixel size."""

from __future__ import annotations

import re
from collections.abc import Collection as Known
from collections.abc import Hashable, Iterable, Sequence
from pathlib import Path

import pandas as pd

from cellocate.collection.atlas_names import numbered, without_decimals
from cellocate.collection.identity import FIELD_IDS, as_known
from cellocate.collection.number_columns import Kind, read_numbers
from cellocate.collection.pixel_size_columns import with_pixel_size
from cellocate.errors import CellocateError
from cellocate.images import CHANNELS
from cellocate.images.bit_depth import check_bits, check_offset
from cellocate.tables import MISSING, missing_column_error, read_columns, read_table

NUMBERS = ("pixel_size", "bits", "camera_offset")
"""Columns of a collection that are numbers; any other is text."""
IDS = ("id", "image", "image_id", "field", "filename")
# columns that mean what another is called here, in small letters
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
# the same of columns that mean it only where no other does, without blanks, lines and CellProfiler's Metadata_
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
"""Columns whose values mean something: fields of one plate belong together."""


def join(fields: pd.DataFrame, tables: Sequence[Path]) -> pd.DataFrame:
    """Join the columns of tables to fields by id; what a table says replaces what was known, where it says it.

    Raises:
        CellocateError: a table has no column of ids, names one twice, or has none of these fields.
    """
    for path in tables:
        said = read_metadata(path, set(map(str, fields.index)))
        said.index = pd.Index(as_known(list(said.index), map(str, fields.index)), name="id")
        known = said.index.intersection(fields.index)
        if known.empty and len(fields):
            what = f"no row for any of the {len(fields)} fields, such as {fields.index[0]}"
            raise CellocateError(what, where=path, mend="Give a table with the ids of these fields.")
        fields = said_of(fields, said.loc[known].replace("", None))
    return fields


def said_of(fields: pd.DataFrame, said: pd.DataFrame) -> pd.DataFrame:
    """Fields with the columns of a table, by id; what it says replaces what was known, where it says it.

    Args:
        fields: by id, each once.
        said: by id, each once, of some of these fields and of no others.
    """
    columns: dict[str, pd.Series] = {}
    for name in map(str, said):
        column = said[name].reindex(fields.index)
        if name in fields:
            column = column.replace("", None)
            column = column.where(column.notna(), fields[name])
        columns[name] = column if name in NUMBERS else column.astype(object).where(column.notna(), None)
    return fields.assign(**columns)


def read_metadata(path: Path, known: Known[str] = ()) -> pd.DataFrame:
    """Read a table of metadata: its columns, under the names that cellocate knows, by id.

    Args:
        path: the table.
        known: ids of fields; of several columns that may have the ids, the one that has most of these is meant, or
            else the first of `IDS`.

    Raises:
        CellocateError: it has no column of ids, names one twice, or has a column that cellocate keeps for itself.
    """
    columns = read_columns(path, "table of metadata")
    found = [column for column in columns if column.lower() in IDS]
    if not found:
        raise missing_column_error(
            path, "no column of ids", f"It needs one named {', '.join(IDS)}; small or large letters."
        )
    refuse_reserved(columns, path)
    rows, lines = read_table(path)
    ordered = sorted(found, key=lambda column: IDS.index(column.lower()))
    meant = max(ordered, key=lambda column: len(set(rows[column]).intersection(known)))
    ids = rows[meant]
    if (again := ids.duplicated()).any():
        row = int(again.to_numpy().argmax())
        where = f"{path}, line {lines[row]}, column {meant}"
        raise CellocateError(f"several rows for {ids.iloc[row]}", where=where, mend="Keep one row of each id.")
    table = tidy(rows.drop(columns=meant), path)
    table.index = pd.Index(ids, name="id")
    return table


def refuse_reserved(columns: Iterable[Hashable], path: Path, reserved: Sequence[str] = (*CHANNELS, "labels")) -> None:
    """Raise a `CellocateError` where a table has a column of a name that cellocate needs."""
    for column in columns:
        if column in reserved:
            what = f"a column named {column!r}, which cellocate keeps for itself"
            raise CellocateError(what, where=path, mend="Rename it.")


def tidy(rows: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Give columns the names that cellocate knows, antibodies as their numbers, and `NUMBERS` as numbers.

    In columns that cellocate understands, `nan`, `NA`, `-` and the like are empty: they are no plate that fields share.

    Raises:
        CellocateError: an impossible pixel size, number of bits or camera offset, or two columns that mean the same.
    """
    rows = with_pixel_size(rows, path)
    names = _meanings(list(map(str, rows)))
    _see_meanings(names, path)
    written = {name: column for column, name in names.items()}
    rows = rows.rename(columns=names)
    for name in _UNDERSTOOD.intersection(rows):
        if unknown := [v for v in rows[name].unique() if isinstance(v, str) and v.lower() in _NOTHING]:
            rows[name] = rows[name].mask(rows[name].isin(unknown), "")
    for name in set(map(str, rows)).difference(NUMBERS, FIELD_IDS, CHANNELS):
        rows[name] = without_decimals(rows[name])
    if "antibody" in rows:
        rows["antibody"] = numbered(rows["antibody"])
    for kind in _KINDS:
        if kind.name in rows:
            rows[kind.name] = read_numbers(rows[kind.name], kind, path, written[kind.name])
    return rows


def _meanings(columns: Sequence[str]) -> dict[str, str]:
    """The name that cellocate knows each column by."""
    names = {column: _meaning(column, columns) for column in columns}
    for column in columns:
        meaning = _MEANT.get(re.sub(r"[\W_]+", "", column.lower()).removeprefix("metadata"))
        if meaning and meaning not in names.values():
            names[column] = meaning
    return names


def _meaning(column: str, columns: Sequence[str]) -> str:
    """The name that cellocate knows a column by: another, or the same in small letters where no other has it."""
    small = column.lower()
    if small in _NAMES:
        return _NAMES[small]
    return small if small in _NAMES.values() and small not in columns else column


def _see_meanings(names: dict[str, str], path: Path) -> None:
    meant: dict[str, str] = {}
    for column, name in names.items():
        if name in meant:
            what = f"the columns {meant[name]!r} and {column!r} both mean {name}"
            raise CellocateError(what, where=path, mend="Keep one of them.")
        meant[name] = column


_KINDS = (
    Kind("bits", check_bits, "Give the bits of the camera, such as 12.", whole=True),
    Kind("camera_offset", check_offset, "Give the counts that were added to every pixel.", whole=True),
)
