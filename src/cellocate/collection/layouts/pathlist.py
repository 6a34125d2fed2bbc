"""SubCellPortable's `path_list.csv`: one row per field, one column per channel."""

from __future__ import annotations

from pathlib import Path

from cellocate.collection.layouts.found import Found, straight
from cellocate.errors import CellocateError
from cellocate.tables import read_columns, read_table

FILE = "path_list.csv"
_COLUMNS = {"red": "r_image", "yellow": "y_image", "blue": "b_image", "green": "g_image"}


def find(path: Path) -> Found:
    """The fields of a list; ids are its `output_prefix` (after its `output_folder`), without the last underscore.

    Paths are looked for from the list's folder, or else from the working directory. Rows that begin with `#` are left
    out.

    Raises:
        CellocateError: it is no such list, or an id stands in two rows.
    """
    columns = read_columns(path, "list of images")
    if not _lists_images(columns):
        mend = f"It needs {', '.join(_COLUMNS.values())} and output_prefix."
        raise CellocateError("no list of images", where=path, mend=mend)
    rows, lines = read_table(path)
    found = Found(because=f"the rows of {path}")
    for line, row in zip(lines, rows.to_dict("records"), strict=True):
        if str(row[columns[0]]).startswith("#"):
            continue
        field = f"{row.get('output_folder', '')}/{row['output_prefix']}".strip("/").rstrip("_")
        if not field or field in found.by_id:
            what = "two rows with one output_prefix" if field else "a row without output_prefix"
            raise CellocateError(what, where=f"{path}, line {line}", mend="Give each row its own.")
        found.by_id[field] = {
            channel: _resolved(str(row[column]), path.parent) for channel, column in _COLUMNS.items() if row.get(column)
        }
    if not found.by_id:
        raise CellocateError("a list without images", where=path, mend="Give it rows, or take it away.")
    return found


def is_list(path: Path) -> bool:
    """Whether a file is a table with the columns of such a list."""
    try:
        return path.name.lower().endswith((".csv", ".csv.gz")) and _lists_images(read_columns(path))
    except CellocateError:
        return False


def _lists_images(columns: list[str]) -> bool:
    return "output_prefix" in columns and bool(set(columns) & set(_COLUMNS.values()))


def _resolved(said: str, folder: Path) -> str:
    beside = folder / said
    return straight(str(beside if _exists(beside) or not _exists(Path(said)) else Path(said)))


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # such as a name that is too long
        return False
