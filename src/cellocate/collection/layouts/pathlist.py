"""SubCellPortable's `path_list.csv`: one row per field, one column per channel."""

from __future__ import annotations

import os
from pathlib import Path

from cellocate.collection.collection_yaml import FolderSettings
from cellocate.collection.layouts.found_files import FoundFields, normalised_path
from cellocate.collection.layouts.listed_files import FileFinder
from cellocate.collection.layouts.register_layout import layout
from cellocate.errors import CellocateError
from cellocate.tables import is_table, missing_column_error, read_columns, read_table

FILE = "path_list.csv"
_COLUMNS = {"red": "r_image", "yellow": "y_image", "blue": "b_image", "green": "g_image"}
_NAMES = (*_COLUMNS.values(), "output_folder", "output_prefix")


@layout("path_list")
def find(place: Path, _: FolderSettings) -> FoundFields | None:
    """The fields of the list at or in `place`; None if there is none."""
    if place.is_file():
        return _read(place) if is_list(place) else None
    return _read(place / FILE) if (place / FILE).is_file() else None


def _read(path: Path) -> FoundFields:
    """Read a list; ids are its `output_prefix` (after its `output_folder`), without trailing underscores.

    Relative paths start at the list's folder, or else at the working directory. Rows that begin with `#` are skipped.

    Raises:
        CellocateError: it is not such a list, or two rows have the same id.
    """
    columns = read_columns(path, "list of images", _NAMES)
    if not _lists_images(columns):
        mend = f"It needs {', '.join(_COLUMNS.values())} and output_prefix."
        raise missing_column_error(path, "no list of images", mend)
    rows, lines = read_table(path, names=_NAMES)
    places = FileFinder(path.parent), FileFinder(Path())
    found = FoundFields(because=f"the rows of {path}")
    for line, row in zip(lines, rows.to_dict("records"), strict=True):
        if str(row[columns[0]]).startswith("#"):
            continue
        field = f"{row.get('output_folder', '')}/{row['output_prefix']}".replace("\\", "/").strip("/").rstrip("_")
        if not field or field in found.by_id:
            what = "two rows with one output_prefix" if field else "a row without output_prefix"
            raise CellocateError(what, where=f"{path}, line {line}", mend="Give each row its own.")
        found.by_id[field] = {
            channel: _resolved(str(row[column]), *places) for channel, column in _COLUMNS.items() if row.get(column)
        }
    if not found.by_id:
        raise CellocateError("a list without images", where=path, mend="Add rows, or remove the file.")
    return found


def is_list(path: Path) -> bool:
    """Whether a file is a table with the columns of such a list."""
    try:
        return is_table(path.name) and _lists_images(read_columns(path, names=_NAMES))
    except CellocateError:
        return False


def _lists_images(columns: list[str]) -> bool:
    return "output_prefix" in columns and bool(set(columns) & set(_COLUMNS.values()))


def _resolved(name: str, folder: FileFinder, here: FileFinder) -> str:
    own, other = folder.find(name), here.find(name)
    return normalised_path(own if os.path.exists(own) or not os.path.exists(other) else other)  # noqa: PTH110 # never raises
