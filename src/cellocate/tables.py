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
    """Read a CSV file (UTF-8, plain or `.gz`), or one of Parquet (`.parquet`), as text.

    Args:
        path: the file.
        what: what it is called when it is missing.

    Returns:
        The table, every value a string (empty where there is none), and the line of each row in the file; of Parquet
        its number, counted from 1.

    Raises:
        CellocateError: the file is missing, neither of the two, has two columns of one name, or a row of another
            length; or pyarrow is not installed, which reads Parquet.
    """
    import pandas as pd

    if Path(path).suffix == ".parquet":
        table = _read_parquet(Path(path), what)
        return table, list(range(1, len(table) + 1))
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
    """The names of the columns of a CSV file or one of Parquet.

    Raises:
        CellocateError: the file is missing or neither of the two.
    """
    if Path(path).suffix == ".parquet":
        return list(map(str, _read_parquet(Path(path), what)))
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


def _read_parquet(path: Path, what: str) -> pd.DataFrame:
    import pandas as pd

    if not path.is_file():
        raise CellocateError(f"no such {what}", where=path, mend="Check the name.")
    try:
        table = pd.read_parquet(path, engine="pyarrow")
    except ImportError:
        mend = "Install it with: pip install 'cellocate[parquet]'. Or save the table as CSV."
        raise CellocateError("pyarrow is not installed, which reads Parquet", where=path, mend=mend) from None
    except (OSError, ValueError) as error:  # pyarrow's own errors are of these kinds
        raise CellocateError(f"not a Parquet table ({error})", where=path, mend="Write it anew.") from None
    named = table if table.index.name is None else table.reset_index()  # an index that pandas kept, such as Id
    return named.astype(object).where(named.notna(), "").astype(str).rename(columns=str)


def _no_csv(path: Path, reason: str) -> CellocateError:
    return CellocateError(f"not a CSV table ({reason})", where=path, mend="Save it as UTF-8 CSV.")
