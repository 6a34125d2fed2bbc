"""Which files are tables, and the rows of each kind of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from cellocate.errors import CellocateError
from cellocate.tables.delimited_text import Row, separated_rows
from cellocate.tables.excel_and_parquet import parquet_rows, workbook_rows
from cellocate.tables.text import first_bytes

SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".xlsx", ".parquet")
"""Endings of files that are looked at where a folder may hold a table."""

_PARQUET, _ZIP, _OLD_EXCEL = b"PAR1", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


def is_table(path: Path) -> bool:
    """Whether a file is by its name a table; hidden ones and those by which Excel locks others are none.

    Example:
        >>> [is_table(Path(name)) for name in ("labels.CSV.gz", "a_red.png", "._labels.csv", "~$labels.xlsx")]
        [True, False, False, False]
    """
    return _is_table(path.name)


def tables_in(folder: Path) -> list[Path]:
    """The files in a folder that are by their names tables, in order of name."""
    with os.scandir(folder) as entries:  # of which most may be images, a million of them
        return sorted(Path(entry.path) for entry in entries if _is_table(entry.name))


def table_name(path: Path) -> str:
    """The name of a table without what tells its kind.

    Example:
        >>> table_name(Path("mine.v2.csv.gz")), table_name(Path("plates"))
        ('mine.v2', 'plates')
    """
    suffix = max((s for s in SUFFIXES if path.name.lower().endswith(s)), key=len, default="")
    return path.name[: len(path.name) - len(suffix)]


def _is_table(name: str) -> bool:
    return name.lower().endswith(SUFFIXES) and not name.startswith((".", "~$"))


def file_rows(path: str | Path, what: str, longest: int, *, plain: bool = False) -> Iterator[Row]:
    """Line and values of each row of a table, as they stand there; its kind is recognised by how the file begins.

    Args:
        path: the file.
        what: what it is called when it is missing.
        longest: characters of a value from which on a text file is taken for no table.
        plain: take nothing but UTF-8 with commas.

    Raises:
        CellocateError: the file is missing or no table.
    """
    path = Path(path)
    if not path.exists():
        raise CellocateError(f"no such {what}", where=path, mend="Check the name.")
    if not path.is_file():
        raise CellocateError("not a CSV table (no plain file)", where=path, mend="Give a file.")
    try:
        begins = first_bytes(path)
    except OSError as error:
        raise CellocateError(f"not a CSV table ({error})", where=path, mend="Change its permissions.") from None
    if plain:
        return separated_rows(path, longest, ",", "utf-8-sig")
    if begins == _OLD_EXCEL:
        what = "an Excel workbook of the old kind, or with a password"
        raise CellocateError(what, where=path, mend="Save it as .xlsx without a password, or as CSV UTF-8.")
    if begins == _PARQUET or path.suffix.lower() == ".parquet":
        return parquet_rows(path)
    if begins == _ZIP or path.suffix.lower() == ".xlsx":
        return workbook_rows(path)
    return separated_rows(path, longest)
