"""Read any table strictly: every row as long as the header, every error with its line."""

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
        what: word for the table in the message that it is missing.
        names: columns that are recognised in any case, in the wanted spelling.
        index_name: as for `table_rows`.

    Returns:
        The table, with every value a string (empty if missing), and the line of each row in the file (for Parquet its
        number, from 1).

    Raises:
        CellocateError: as for `table_rows`.

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
    """The column names of a table, as in `read_table`.

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
    """Line number and values of each row that is not blank, beginning with the header.

    Text is UTF-8, or UTF-16 with byte order mark, plain or gzipped, separated by commas, semicolons or tabs. Blanks
    around values, blank rows and empty last columns are dropped; so is a first column without a name, the index of
    pandas and R (R may write a header that is one name shorter).

    Args:
        path: the file.
        what: word for the table in the message that it is missing.
        names: columns that are recognised in any case, in the wanted spelling.
        longest: maximal characters of a value in a text file.
        index_name: name for an index in the first column, which is then kept.

    Raises:
        CellocateError: the file is missing or no table, two columns have the same name, a row has another length, or a
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
    """Line number and raw values of each row of a CSV file without blank lines, for files that must be exact.

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
    """The error for a table without a needed column: `what`, and the columns that it has."""
    rows = (row for _, row in file_rows(path, "table", LONGEST) if any(value.strip() for value in row))
    names = [name.strip() or "(no name)" for name in next(rows)]
    try:
        longer = len(next(rows, [])) > len(names)
    except CellocateError:  # another fault
        longer = False
    if longer:
        mend += " Delete lines above the header."
    elif len(names) == 1 and " " in names[0]:
        mend += " Put commas, not blanks, between values (in R: write.csv(table, file, row.names=FALSE))."
    if names[0] == "(no name)":
        mend += " If the first column is the one, give it a name."
    return CellocateError(f"{what}: its columns are {shortened(', '.join(names))}", where=path, mend=mend)
