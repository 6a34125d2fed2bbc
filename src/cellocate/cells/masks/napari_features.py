"""Tables of cells as `features` of a Labels layer in napari."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from cellocate.errors import CellocateError
from cellocate.tables import missing_column_error, numbers, read_table
from cellocate.write_tables import write_table


def write_features(path: str | Path, *tables: pd.DataFrame) -> None:
    """Write a CSV file for `features` of a Labels layer in napari: `index` is the number in the label image.

    In napari: `viewer.add_labels(cells, features=pandas.read_csv(path))`.

    Args:
        path: of the file.
        tables: one row for each cell, by its number: measurements, probabilities by location.

    Raises:
        CellocateError: the tables have different cells, or two have a column of the same name.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "features.csv"
        >>> write_features(path, pd.DataFrame({"area": [12.5]}, index=[1]), pd.DataFrame({"Cytosol": [0.9]}, index=[1]))
        >>> path.read_text().splitlines()
        ['index,area,Cytosol', '1,12.5,0.9']
    """
    for table in tables:
        if list(table.index) != list(tables[0].index):
            raise CellocateError("tables of different cells", where=path, mend="Give each the same cells, in order.")
    whole = pd.concat(tables, axis=1)
    repeated = whole.columns[whole.columns.duplicated()]
    if len(repeated) or "index" in whole.columns:
        name = repeated[0] if len(repeated) else "index"
        raise CellocateError(f"two columns named {name!r}", where=path, mend="Rename one of them.")
    write_table(path, whole.rename_axis("index").reset_index())


def read_features(path: str | Path) -> pd.DataFrame:
    """Read such a table: a row for each cell, by its number; columns of numbers (or empty cells) become float.

    Raises:
        CellocateError: the file is missing or no CSV, or `index` is absent or not of distinct integers from 1.
    """
    table, lines = read_table(path, "features table", ("index",))
    if "index" not in table.columns:
        raise missing_column_error(path, "no column named index", "Let it hold the numbers of the label image.")
    seen = set()
    for line, text in zip(lines, table["index"], strict=True):
        if not (text.isascii() and text.isdigit() and int(text) > 0) or int(text) in seen:
            what = f"index {text!r} is not a cell number, or occurs twice"
            raise CellocateError(what, where=f"{path}, line {line}", mend="Give each cell one row.")
        seen.add(int(text))
    table.index = pd.Index(table.pop("index").astype(int), name="cell")
    return table.apply(_as_numbers)


def _as_numbers(column: pd.Series[str]) -> pd.Series[float] | pd.Series[str]:
    found = numbers(column)
    return column if (found.isna() & (column != "")).any() else found
