"""Rows of Excel workbooks and Parquet tables."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cellocate.errors import CellocateError
from cellocate.tables.merged_cells import cell_text, merged_cells

if TYPE_CHECKING:
    import pandas as pd

_NOT_KNOWN = "#N/A"


def parquet_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The column names, then each row with its number from 1; every value as text.

    Raises:
        CellocateError: it is no Parquet table, or pyarrow is not installed.
    """
    import pandas as pd

    try:
        from pyarrow import parquet

        yield 0, list(map(str, _with_ids(parquet.read_schema(path).empty_table().to_pandas())))
        table = _with_ids(pd.read_parquet(path, engine="pyarrow"))
    except ImportError:
        raise _not_installed(path, "pyarrow", "Parquet", "cellocate[parquet]") from None
    except (OSError, ValueError) as error:  # pyarrow's own errors are of these kinds
        raise CellocateError(f"not a Parquet table ({error})", where=path, mend="Write it again.") from None
    text = table.astype(object).where(table.notna(), "").astype(str)
    yield from enumerate(text.to_numpy(dtype=object).tolist(), start=1)


def _with_ids(table: pd.DataFrame) -> pd.DataFrame:
    return table if all(name is None for name in table.index.names) else table.reset_index()


def workbook_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Each row of a workbook's only sheet with its number; values as text, dates in ISO format.

    Cells merged over several rows have their value in each row.

    Raises:
        CellocateError: it is no workbook, several sheets have content, a formula has no value or failed, cells of the
            header or of several columns are merged, or openpyxl is not installed.
    """
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise _not_installed(path, "openpyxl", "Excel workbooks", "openpyxl") from None
    try:
        with path.open("rb") as file, warnings.catch_warnings(action="ignore"):  # of unsupported features
            values, formulas = (load_workbook(file, read_only=True, data_only=shown) for shown in (True, False))
            for sheet in (*values.worksheets, *formulas.worksheets):
                sheet.reset_dimensions()  # the recorded size may be wrong
            name, width = _only_sheet(values, path), 0
            merged = merged_cells(path, name)
            for number, row in enumerate(_rows(values[name], formulas[name], path), start=1):
                if any(row):
                    merged.fill(row, number)
                width = max(width, len(row))
                yield number, row + [""] * (width - len(row))
    except CellocateError:
        raise
    except Exception as error:  # noqa: BLE001 # openpyxl, zip and XML each have errors of their own
        raise CellocateError(f"not an Excel workbook ({error})", where=path, mend="Save it as .xlsx or CSV.") from None


def _only_sheet(workbook: Any, path: Path) -> str:  # noqa: ANN401 # openpyxl has no types
    filled = [
        str(sheet.title)
        for sheet in workbook.worksheets
        if sheet.sheet_state == "visible"
        and any(value is not None for row in sheet.iter_rows(values_only=True) for value in row)
    ]
    if len(filled) != 1:
        what = f"{len(filled)} sheets with content" + (f" ({', '.join(filled)})" if filled else "")
        raise CellocateError(what, where=path, mend="Save the sheet that you mean as a separate file.")
    return filled[0]


def _rows(values: Any, formulas: Any, path: Path) -> Iterator[list[str]]:  # noqa: ANN401 # openpyxl has no types
    for row, written in zip(values.iter_rows(), formulas.iter_rows(), strict=True):
        for cell, formula in zip(row, written, strict=True):
            if formula.data_type == "f" and cell.value is None:
                what = f"a formula without its value ({formula.value})"
                where = f"{path}, cell {formula.coordinate}"
                raise CellocateError(what, where=where, mend="Save it once in Excel, or as CSV.")
            if cell.data_type == "e" and cell.value != _NOT_KNOWN:
                what = f"a formula that failed ({cell.value})"
                raise CellocateError(what, where=f"{path}, cell {cell.coordinate}", mend="Correct or empty it.")
        yield [cell_text(cell.value) for cell in row]


def _not_installed(path: Path, package: str, kind: str, install: str) -> CellocateError:
    mend = f"Install it with: pip install '{install}'. Or save the table as CSV."
    return CellocateError(f"{package} is not installed (needed to read {kind})", where=path, mend=mend)
