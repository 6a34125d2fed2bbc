"""Tables from users, read strictly: every row as long as the header, every fault with its line."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from cellocate.errors import CellocateError

if TYPE_CHECKING:
    import pandas as pd


def read_table(path: str | Path, what: str = "table") -> tuple[pd.DataFrame, list[int]]:
    """Read a CSV file (UTF-8, plain or `.gz`) as text.

    Args:
        path: the file.
        what: what it is called when it is missing.

    Returns:
        The table, every value a string, and the line of each row in the file.

    Raises:
        CellocateError: the file is missing, no CSV, has two columns of one name, or a row of another length.
    """
    import pandas as pd

    rows = table_rows(path, what)
    _, columns = next(rows)
    repeated = sorted({column for column in columns if columns.count(column) > 1})
    if repeated:
        raise CellocateError(f"two columns named {repeated[0]!r}", where=path, mend="Keep one of them.")
    values, lines = [], []
    for line, row in rows:
        if len(row) != len(columns):
            raise CellocateError(
                f"{len(row)} values under {len(columns)} columns",
                where=f"{path}, line {line}",
                mend="Give each row a value for each column; quote values that hold a comma.",
            )
        values.append(row)
        lines.append(line)
    return pd.DataFrame(values, columns=columns, dtype=str), lines


def read_columns(path: str | Path, what: str = "table") -> list[str]:
    """The names in the first line of a CSV file.

    Raises:
        CellocateError: the file is missing or no CSV.
    """
    return next(table_rows(path, what))[1]


def table_rows(path: str | Path, what: str = "table", *, longest: int = 2**17) -> Iterator[tuple[int, list[str]]]:
    """Line and values of each row that is not blank, one after the other; the first is the header.

    Args:
        path: a CSV file (UTF-8, plain or `.gz`).
        what: what it is called when it is missing.
        longest: characters of a value from which on it is taken for no table.

    Raises:
        CellocateError: the file is missing or no CSV.
    """
    path = Path(path)
    if path.exists() and not path.is_file():
        raise _no_csv(path, "no plain file")
    before = csv.field_size_limit(longest)
    opened = gzip.open if path.suffix == ".gz" else open
    found = False
    try:
        with opened(path, "rb") as binary:
            if b"\0" in binary.read(4096):  # and perhaps no end of a line for gigabytes
                raise _no_csv(path, "no text")
        with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            for row in reader:
                if row:
                    found = True
                    yield reader.line_num, row
    except FileNotFoundError:
        raise CellocateError(f"no such {what}", where=path, mend="Check the name.") from None
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, zlib.error) as error:
        raise _no_csv(path, str(error)) from None
    finally:
        csv.field_size_limit(before)
    if not found:
        raise _no_csv(path, "it is empty")


def _no_csv(path: Path, reason: str) -> CellocateError:
    return CellocateError(f"not a CSV table ({reason})", where=path, mend="Save it as UTF-8 CSV.")
