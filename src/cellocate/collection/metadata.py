"""What tables say of fields beside their labels: antibody, gene, cell line, plate, pixel size."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from cellocate.errors import CellocateError
from cellocate.images import CHANNELS
from cellocate.images.scale import check_pixel_size
from cellocate.tables import read_columns, read_table

_IDS = ("id", "image", "image_id", "field", "filename")
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
}


def join(fields: pd.DataFrame, tables: Sequence[Path]) -> pd.DataFrame:
    """Join the columns of tables to fields by id; what a table says replaces what was known, where it says it.

    Raises:
        CellocateError: a table has no column of ids, names one twice, or has none of these fields.
    """
    for path in tables:
        said = _read(path)
        known = said.index.intersection(fields.index)
        if known.empty and len(fields):
            what = f"no row for any of the {len(fields)} fields, such as {fields.index[0]}"
            raise CellocateError(what, where=path, mend="Give a table with the ids of these fields.")
        said = said.loc[known].replace("", None)
        for name in said:
            column = said[name].reindex(fields.index)
            if name in fields:
                column = column.where(column.notna(), fields[name])
            fields[name] = column if name == "pixel_size" else column.astype(object).where(column.notna(), None)
    return fields


def _read(path: Path) -> pd.DataFrame:
    columns = read_columns(path, "table of metadata")
    found = [column for column in columns if column.strip().lower() in _IDS]
    if not found:
        mend = f"It needs one named {', '.join(_IDS)}; small or large letters."
        raise CellocateError(f"no column of ids among {', '.join(columns)}", where=path, mend=mend)
    taken = [column for column in columns if column.strip() in (*CHANNELS, "labels")]
    if taken:
        raise CellocateError(
            f"a column named {taken[0]!r}, which cellocate keeps for itself", where=path, mend="Rename it."
        )
    rows, _ = read_table(path)
    ids = rows[found[0]].str.strip()
    if ids.duplicated().any():
        what = f"several rows for {ids[ids.duplicated()].iloc[0]}"
        raise CellocateError(what, where=path, mend="Keep one row of each id.")
    table = tidy(rows.drop(columns=found[0]), path)
    table.index = pd.Index(ids, name="id")
    return table


def tidy(rows: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Give columns the names that cellocate knows, and pixel sizes as numbers.

    Raises:
        CellocateError: a pixel size that is none.
    """
    rows = rows.rename(columns={c: _NAMES.get(c.strip().lower(), c.strip()) for c in map(str, rows)})
    if "pixel_size" in rows:
        rows["pixel_size"] = _pixel_sizes(rows["pixel_size"], path)
    return rows


def _pixel_sizes(column: pd.Series[str], path: Path) -> pd.Series[float]:
    try:
        sizes = pd.to_numeric(column.replace("", None).astype(object)).astype(float)
    except ValueError as error:
        raise CellocateError(f"pixel_size is not a number ({error})", where=path, mend="Give µm per px.") from None
    for size in sizes.dropna().unique():
        check_pixel_size(float(size))
    return sizes
