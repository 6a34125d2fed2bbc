"""Merged cells of a workbook (the file keeps only their first value), and the text of cells."""

from __future__ import annotations

import datetime
import zipfile
from pathlib import Path
from typing import IO, NamedTuple

from cellocate.errors import CellocateError

_MENTION = b"mergeCell "


class Area(NamedTuple):
    """Merged cells: their range, such as C2:C3, rows (from 1), columns (from 0), and text."""

    name: str
    rows: range
    columns: range
    text: str


class MergedCells:
    """The non-empty merged cells of a sheet.

    Args:
        areas: sorted by first row.
        path: path of the workbook.
    """

    def __init__(self, areas: list[Area], path: Path) -> None:
        self._areas, self._path, self._begun = areas, path, False
        self._of_row: dict[int, list[Area]] = {}
        for area in areas:
            for row in area.rows:
                self._of_row.setdefault(row, []).append(area)

    def fill(self, row: list[str], number: int) -> None:
        """Copy the text of merged cells into each of their rows; call it for each row that is not blank, in order.

        Raises:
            CellocateError: cells in the header or over several columns are merged (at the first row).
        """
        if not self._begun:
            self._refuse(header=number)
            self._begun = True
        for area in self._of_row.get(number, ()):
            column = area.columns.start
            row.extend([""] * (column + 1 - len(row)))
            row[column] = area.text

    def _refuse(self, header: int) -> None:
        for area in self._areas:
            mend = ""
            if area.rows.start <= header:
                mend = "Unmerge them: the first row must name each column."
            elif len(area.columns) > 1:
                mend = "Unmerge them, and fill each cell."
            if mend:
                raise CellocateError(f"merged cells {area.name}", where=self._path, mend=mend)


def merged_cells(path: Path, sheet: str) -> MergedCells:
    """The merged cells of a sheet; the workbook is loaded completely only if it has any."""
    from openpyxl import load_workbook

    with zipfile.ZipFile(path) as archive:
        parts = [name for name in archive.namelist() if "worksheets/" in name]
        if not any(_mentions(archive.open(part)) for part in parts):
            return MergedCells([], path)
    with path.open("rb") as file:  # its name may have another suffix
        cells = load_workbook(file, data_only=True)[sheet]
    areas = [
        Area(
            str(place.coord),
            range(place.min_row, place.max_row + 1),
            range(place.min_col - 1, place.max_col),
            cell_text(cells.cell(place.min_row, place.min_col).value).strip(),
        )
        for place in cells.merged_cells.ranges
    ]
    return MergedCells(sorted((area for area in areas if area.text), key=lambda area: area.rows.start), path)


def _mentions(file: IO[bytes]) -> bool:
    end = b""
    while part := file.read(2**20):
        if _MENTION in end + part:
            return True
        end = part[-len(_MENTION) :]
    return False


def cell_text(value: object) -> str:
    """The value of a workbook's cell as text."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():  # Excel has no other numbers
        return str(int(value))
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(sep=" ")
    return str(value)
