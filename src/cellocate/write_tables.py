"""Write tables as CSV, TSV, Excel or Parquet, by the name of the file."""

from __future__ import annotations

import gzip
import math
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cellocate.errors import CellocateError
from cellocate.files import new_file
from cellocate.rounded import rounded

if TYPE_CHECKING:
    import pandas as pd
    from openpyxl import Workbook

SUFFIXES = (".csv", ".csv.gz", ".tsv", ".xlsx", ".parquet")
"""Supported endings."""

_WRITERS = {".parquet": ("pyarrow", "parquet"), ".h5ad": ("anndata", "scverse")}  # package, and extra that installs it
_ROWS = 2**20 - 1  # of an Excel sheet, below its header
_LONGEST = 2**15 - 1  # characters in a cell of Excel
_WIDTHS = (8, 60)  # limits of the width of a column, in characters
_SEEN = 200  # rows that set the width of a column
_LARGEST = 2**53  # larger whole numbers would lose digits in Excel
_MISSING = ("", "<NA>", "NaT")
_ODD = "=+-@#\t"  # Excel takes texts that begin so for formulas or errors


def refuse_suffix(path: str | Path | None, suffixes: Sequence[str] = SUFFIXES, what: str = "a table") -> None:
    """Raise a `CellocateError` if the name of a file does not end in one of `suffixes`, before any work is done.

    Args:
        path: the file to write, if any; it may have no ending.
        suffixes: supported endings in lower case.
        what: what the file will hold.

    Raises:
        CellocateError: the name ends in something else, or the package that writes it is not installed.

    Example:
        >>> refuse_suffix("a.xls", (".csv", ".xlsx"))
        Traceback (most recent call last):
            ...
        cellocate.errors.CellocateError: a table cannot be written as .xls: a.xls. End the name in .csv or .xlsx.
    """
    if path is None:
        return
    end, suffix = Path(path).suffix, _suffix(path, suffixes)
    if end and suffix is None:
        *others, last = suffixes
        mend = f"End the name in {', '.join(others)} or {last}." if others else f"End the name in {last}."
        raise CellocateError(f"{what} cannot be written as {end}", where=path, mend=mend)
    kind = suffix or suffixes[0]
    writer, extra = _WRITERS.get(kind, ("", ""))
    if writer and find_spec(writer) is None:
        other = ". Or write a .csv." if ".csv" in suffixes else ""
        mend = f"Install it with: pip install 'cellocate[{extra}]'{other}"
        raise CellocateError(f"{writer}, which writes {kind} files, is not installed", where=path, mend=mend)


def write_table(path: str | Path, table: pd.DataFrame, *, sheet: str = "table") -> None:
    r"""Write the columns of a table (not its index), with rounded floats, whole or not at all.

    In Excel, text stays text (such as the id 001, or one that begins with =), the header is bold and stays in view, and
    more than a million rows take several sheets.

    Args:
        path: a file whose name ends in one of `SUFFIXES`; CSV without an ending.
        table: the table.
        sheet: name of the Excel sheet.

    Raises:
        CellocateError: as `refuse_suffix` does; or a text is too long for Excel.

    Example:
        >>> import tempfile
        >>> import pandas as pd
        >>> path = Path(tempfile.mkdtemp()) / "scores.csv"
        >>> write_table(path, pd.DataFrame({"Id": ["001"], "f1": [0.1 + 0.2]}))
        >>> path.read_text()
        'Id,f1\n001,0.3\n'
    """
    refuse_suffix(path)
    suffix = _suffix(path, SUFFIXES)
    table = table.apply(_rounded)
    with new_file(path) as aside:
        if suffix == ".xlsx":
            _workbook(table, sheet).save(aside)
        elif suffix == ".parquet":
            table.apply(_of_one_type).to_parquet(aside, engine="pyarrow", index=False)
        else:
            text = table.to_csv(index=False, lineterminator="\n", sep="\t" if suffix == ".tsv" else ",")
            content = text.encode("utf-8", "backslashreplace")  # file names need not be valid text
            aside.write_bytes(gzip.compress(content, mtime=0) if suffix == ".csv.gz" else content)


def _rounded(column: pd.Series[Any]) -> pd.Series[Any]:
    import pandas as pd

    if not (column.dtype == object or pd.api.types.is_float_dtype(column)):
        return column
    kind = object if column.dtype == object else float  # in an object column, whole numbers stay whole
    return pd.Series(list(map(rounded, column)), index=column.index, dtype=kind)


def _of_one_type(column: pd.Series[Any]) -> pd.Series[Any]:
    """Turn a column of mixed types into text, for Parquet."""
    if column.dtype.kind in "biuf":
        return column
    return column.map(lambda value: None if (plain := _plain(value)) is None else str(plain))


def _suffix(path: str | Path, suffixes: Sequence[str]) -> str | None:
    return next((suffix for suffix in suffixes if Path(path).name.lower().endswith(suffix)), None)


def _workbook(table: pd.DataFrame, sheet: str) -> Workbook:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)  # writes rows to the disk at once
    book.properties.creator = "cellocate"
    for start in range(0, max(1, len(table)), _ROWS):
        part = table.iloc[start : start + _ROWS]
        page = book.create_sheet(sheet if start == 0 else f"{sheet} {start // _ROWS + 1}")
        page.freeze_panes = "A2"
        for number, width in enumerate(_widths(part), start=1):
            page.column_dimensions[get_column_letter(number)].width = width
        header = [WriteOnlyCell(page, value=_text(str(column))) for column in part]
        for cell in header:
            cell.font, cell.data_type = Font(bold=True), "s"
        page.append(header)
        for row in zip(*(part[column].tolist() for column in part), strict=True):
            cells: list[Any] = list(map(_plain, row))
            for place, value in enumerate(cells):
                if isinstance(value, str) and value[:1] in _ODD:
                    cells[place] = WriteOnlyCell(page, value=value)
                    cells[place].data_type, cells[place].quotePrefix = "s", True
            page.append(cells)
    return book


def _widths(table: pd.DataFrame) -> Iterator[int]:
    narrowest, widest = _WIDTHS
    for column in table:
        seen = [str(column), *(str(value) for value in table[column].head(_SEEN) if _plain(value) is not None)]
        yield min(widest, max(narrowest, *(len(text) + 2 for text in seen)))


def _plain(value: Any) -> bool | int | float | str | None:  # noqa: ANN401 # whatever a table holds
    """A value for Excel; None if it is missing."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) < _LARGEST:
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    text = "" if isinstance(value, float) and math.isnan(value) else str(value)
    return None if text in _MISSING else _text(text)


def _text(text: str) -> str:
    """Escape characters that a workbook cannot hold."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    if len(text) > _LONGEST:
        what = f"a text of {len(text):,} characters; a cell of Excel holds {_LONGEST:,}"
        raise CellocateError(what, mend="Write a .csv.")
    whole = text.encode("utf-8", "backslashreplace").decode()
    return str(ILLEGAL_CHARACTERS_RE.sub(lambda found: f"\\x{ord(found[0]):02x}", whole))
