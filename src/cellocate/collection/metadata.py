"""Metadata of fields in tables: antibody, gene, cell line, plate, pixel size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from cellocate.collection.identity import as_known
from cellocate.collection.names import numbered
from cellocate.errors import CellocateError
from cellocate.images import CHANNELS
from cellocate.images.depth import check_bits, check_offset
from cellocate.images.scale import check_pixel_size
from cellocate.tables import MISSING, lacking, numbers, read_columns, read_table, shown

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
    "pixelsize": "pixel_size",
    "pixel size": "pixel_size",
    "significant_bits": "bits",
    "significantbits": "bits",
}
_UNDERSTOOD = frozenset(("group", *_NAMES.values()))
"""Columns whose values mean something: fields of one plate belong together."""


def join(fields: pd.DataFrame, tables: Sequence[Path]) -> pd.DataFrame:
    """Join the columns of tables to fields by id; what a table says replaces what was known, where it says it.

    Raises:
        CellocateError: a table has no column of ids, names one twice, or has none of these fields.
    """
    for path in tables:
        said = read_metadata(path)
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


def read_metadata(path: Path) -> pd.DataFrame:
    """Read a table of metadata: its columns, under the names that cellocate knows, by id.

    Raises:
        CellocateError: it has no column of ids, names one twice, or has a column that cellocate keeps for itself.
    """
    columns = read_columns(path, "table of metadata")
    found = [column for column in columns if column.lower() in IDS]
    if not found:
        raise lacking(path, "no column of ids", f"It needs one named {', '.join(IDS)}; small or large letters.")
    taken = [column for column in columns if column in (*CHANNELS, "labels")]
    if taken:
        raise CellocateError(
            f"a column named {taken[0]!r}, which cellocate keeps for itself", where=path, mend="Rename it."
        )
    rows, lines = read_table(path)
    ids = rows[found[0]]
    if (again := ids.duplicated()).any():
        row = int(again.to_numpy().argmax())
        where = f"{path}, line {lines[row]}, column {found[0]}"
        raise CellocateError(f"several rows for {ids.iloc[row]}", where=where, mend="Keep one row of each id.")
    table = tidy(rows.drop(columns=found[0]), path)
    table.index = pd.Index(ids, name="id")
    return table


def tidy(rows: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Give columns the names that cellocate knows, antibodies as their numbers, and `NUMBERS` as numbers.

    In columns that cellocate understands, `nan`, `NA` and the like are empty: they are no plate that fields share.

    Raises:
        CellocateError: an impossible pixel size, number of bits or camera offset, or two columns that mean the same.
    """
    names = {c: _meaning(c, rows.columns) for c in map(str, rows)}
    _see_meanings(names, path)
    written = {name: column for column, name in names.items()}
    rows = rows.rename(columns=names)
    for name in _UNDERSTOOD.intersection(rows):
        if unknown := [v for v in rows[name].unique() if isinstance(v, str) and v.lower() in MISSING]:
            rows[name] = rows[name].mask(rows[name].isin(unknown), "")
    if "antibody" in rows:
        rows["antibody"] = numbered(rows["antibody"])
    for name, (check, mend) in _CHECKS.items():
        if name in rows:
            rows[name] = _numbers(rows[name], path, written[name], check, mend)
    return rows


def _meaning(column: str, columns: pd.Index) -> str:
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


_CHECKS: dict[str, tuple[Callable[[float], object], str]] = {
    "pixel_size": (check_pixel_size, "Give µm per px."),
    "bits": (check_bits, "Give the bits of the camera, such as 12."),
    "camera_offset": (check_offset, "Give the counts that were added to every pixel."),
}


def _numbers(
    column: pd.Series[str], path: Path, written: str, check: Callable[[float], object], mend: str
) -> pd.Series[float]:
    """A column as numbers; `written` is its name in the table."""
    values = numbers(column)
    if (wrong := values.isna() & column.notna() & (column != "")).any():
        text = str(column[wrong].iloc[0])
        where = f"{path}, line {_line_of(path, written, text)}, column {written}"
        raise CellocateError(f"{column.name} is not a number: {shown(text)}", where=where, mend=mend)
    for value in values.dropna().unique():
        check(float(value))
    return values


def _line_of(path: Path, column: str, text: str) -> int:
    """The first line of a table with this text in a column."""
    rows, lines = read_table(path)
    return lines[int((rows[column] == text).to_numpy().argmax())]
