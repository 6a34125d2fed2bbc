"""Any table, read strictly: every row as long as the header, every fault with its line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cellocate.errors import CellocateError
from cellocate.tables.header import Header, header
from cellocate.tables.table_files import file_rows
from cellocate.tables.text import quoted, shortened

if TYPE_CHECKING:
    import pandas as pd

LONGEST = 2**17


def read_table(
    path: str | Path, what: str = "table", names: Sequence[str] = (), *, index_name: str | None = None
) -> tuple[pd.DataFrame, list[int]]:
    r"""Read a table as text: CSV or other text (see `table_rows`), an Excel workbook or Parquet.

    Args:
        path: the file.
        what: what it is called when it is missing.
        names: of columns that are meant in any case, as they are to be called.
        index_name: as of `table_rows`.

    Returns:
        The table, every value a string (empty where there is none), and the line of each row in the file; of Parquet
        its number, counted from 1.

    Raises:
        CellocateError: as `table_rows`.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "labels.csv"
        >>> _ = path.write_text(";ID;target\n0;a;26.0\n;;\n1; b;5\n")
        >>> table, lines = read_table(path, names=("Id", "Target"))
        >>> table.to_dict("list"), lines
        ({'Id': ['a', 'b'], 'Target': ['26.0', '5']}, [2, 4])
    """
    import pandas as pd

    rows = table_rows(path, what, names, index_name=index_name)
    _, columns = next(rows)
    values, lines = [], []
    for line, row in rows:
        values.append(row)
        lines.append(line)
    return pd.DataFrame(values, columns=columns, dtype=str), lines


def read_columns(path: str | Path, what: str = "table", names: Sequence[str] = ()) -> list[str]:
    """The names of the columns of a table, as `read_table` gives them.

    Raises:
        CellocateError: the file is missing or no table.
    """
    return next(table_rows(path, what, names))[1]


def table_rows(
    path: str | Path,
    what: str = "table",
    names: Sequence[str] = (),
    *,
    longest: int = LONGEST,
    index_name: str | None = None,
) -> Iterator[tuple[int, list[str]]]:
    """Line and values of each row that is not blank, one after the other; the first is the header.

    Text is UTF-8, or UTF-16 with its byte order mark, plain or gzipped; values stand between commas, semicolons or
    tabs. Blanks around values, blank rows, and columns at the end that hold nothing are left out, and so is a first
    column without a name, which is the index that pandas and R write (R also with a header that is one name shorter).

    Args:
        path: the file.
        what: what it is called when it is missing.
        names: of columns that are meant in any case, as they are to be called.
        longest: characters of a value from which on a text file is taken for no table.
        index_name: what to call an index in the first column, which is then kept.

    Raises:
        CellocateError: the file is missing or no table, two columns have one name, a row has another length, or a
            value stands in a column without a name.
    """
    found: Header | None = None
    for line, row in file_rows(path, what, longest):
        values = list(map(str.strip, row))
        if not any(values):
            continue
        if found is None:
            found = header(values, names, path, index_name)
            yield line, found.columns
            continue
        if len(values) != found.width:
            if len(values) < found.width or any(values[found.width :]):
                what = f"{len(values)} values under {found.width} columns: {quoted(', '.join(values))}"
                mend = "Give each row a value for each column; quote values with commas; delete lines above the header."
                raise CellocateError(what, where=f"{path}, line {line}", mend=mend)
            del values[found.width :]
        if found.kept is not None:
            found.refuse_nameless(values, path, line)
            values = [values[place] for place in found.kept]
        yield line, values
    if found is None:
        raise _empty(path)


def plain_rows(path: str | Path, what: str = "table", *, longest: int = LONGEST) -> Iterator[tuple[int, list[str]]]:
    """Line and values of each row of a CSV file as they stand there, blank lines left out: for what must be exact.

    Raises:
        CellocateError: the file is missing or no CSV in UTF-8.
    """
    found = False
    for line, row in file_rows(path, what, longest, plain=True):
        if row:
            found = True
            yield line, row
    if not found:
        raise _empty(path)


def _empty(path: str | Path) -> CellocateError:
    return CellocateError("not a CSV table (it is empty)", where=path, mend="Save it as UTF-8 CSV.")


def missing_column_error(path: str | Path, what: str, mend: str) -> CellocateError:
    """The error of a table without a column that it needs: `what`, and the columns that it has."""
    rows = (row for _, row in file_rows(path, "table", LONGEST) if any(value.strip() for value in row))
    names = [name.strip() or "(no name)" for name in next(rows)]
    try:
        longer = len(next(rows, [])) > len(names)
    except CellocateError:  # of another fault, which is not asked for
        longer = False
    if longer:
        mend += " Delete lines above the header."
    elif len(names) == 1 and " " in names[0]:
        mend += " Put commas, not blanks, between values (in R: write.csv(table, file, row.names=FALSE))."
    if names[0] == "(no name)":
        mend += " Give the first column a name if it is the one."
    return CellocateError(f"{what}: its columns are {shortened(', '.join(names))}", where=path, mend=mend)
