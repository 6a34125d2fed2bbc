"""Recognise tables among files, and yield the rows of each kind."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from cellocate.errors import CellocateError
from cellocate.tables.delimited_text import Row, separated_rows
from cellocate.tables.excel_and_parquet import parquet_rows, workbook_rows
from cellocate.tables.text import first_bytes

SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".xlsx", ".parquet")
"""Suffixes of tables in a folder."""

_PARQUET, _ZIP, _OLD_EXCEL = b"PAR1", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


def is_table(name: str) -> bool:
    """Whether a file name is that of a table; hidden files and Excel's lock files are not.

    Example:
        >>> [is_table(name) for name in ("labels.CSV.gz", "a_red.png", "._labels.csv", "~$labels.xlsx")]
        [True, False, False, False]
    """
    return name.lower().endswith(SUFFIXES) and not name.startswith((".", "~$"))


def tables_in(folder: Path) -> list[Path]:
    """The table files in a folder, sorted by name."""
    with os.scandir(folder) as entries:  # perhaps a million images
        return sorted(Path(entry.path) for entry in entries if is_table(entry.name))


def table_name(path: Path) -> str:
    """The name of a table without its suffix.

    Example:
        >>> table_name(Path("mine.v2.csv.gz")), table_name(Path("plates"))
        ('mine.v2', 'plates')
    """
    suffix = max((s for s in SUFFIXES if path.name.lower().endswith(s)), key=len, default="")
    return path.name[: len(path.name) - len(suffix)]


def file_rows(path: str | Path, what: str, longest: int, *, plain: bool = False) -> Iterator[Row]:
    """Line number and raw values of each row of a table; its first bytes decide the format.

    Args:
        path: the file.
        what: word for the table in the message that it is missing.
        longest: maximal characters of a value in a text file.
        plain: accept only UTF-8 with commas.

    Raises:
        CellocateError: the file is missing or no table.
    """
    path = Path(path)
    if not path.exists():
        raise CellocateError(f"no such {what}", where=path, mend="Check the name.")
    if not path.is_file():
        raise CellocateError("not a CSV table (not a regular file)", where=path, mend="Give a file.")
    try:
        begins = first_bytes(path)
    except OSError as error:
        raise CellocateError(f"not a CSV table ({error})", where=path, mend="Change its permissions.") from None
    if plain:
        return separated_rows(path, longest, ",", "utf-8-sig")
    if begins == _OLD_EXCEL:
        what = "an Excel workbook in the old format, or with a password"
        raise CellocateError(what, where=path, mend="Save it as .xlsx without a password, or as CSV UTF-8.")
    if begins == _PARQUET or path.suffix.lower() == ".parquet":
        return parquet_rows(path)
    if begins == _ZIP or path.suffix.lower() == ".xlsx":
        return workbook_rows(path)
    return separated_rows(path, longest)
