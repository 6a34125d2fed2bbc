"""The columns of a table, from its first row."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from cellocate.errors import CellocateError
from cellocate.tables.text import quoted

_PANDAS_INDEX = re.compile(r"Unnamed: 0(\.\d+)*")


@dataclass(frozen=True)
class Header:
    """The columns of a table.

    Args:
        columns: their names.
        width: number of values in a row of the file.
        kept: positions of the columns in a row; None if all are kept.
        nameless: positions that must be empty.
    """

    columns: list[str]
    width: int
    kept: tuple[int, ...] | None
    nameless: tuple[int, ...]

    def refuse_nameless(self, row: Sequence[str], path: str | Path, line: int) -> None:
        """Raise a `CellocateError` for a value in a column without a name."""
        for place in self.nameless:
            if row[place]:
                what = f"a value in column {place + 1}, which has no name: {quoted(row[place])}"
                raise CellocateError(what, where=f"{path}, line {line}", mend="Name the column, or empty it.")


def header(row: Sequence[str], names: Sequence[str], path: str | Path, index_name: str | None = None) -> Header:
    """Read the columns from a first row.

    A first column without a name, or one that pandas called `Unnamed: 0`, is an index and dropped.

    Args:
        row: stripped values.
        names: columns that are recognised in any case, in the wanted spelling.
        path: path of the table.
        index_name: name for an index in the first column, which is then kept.

    Raises:
        CellocateError: two columns have the same name.
    """
    if index_name is not None and (not row[0] or _PANDAS_INDEX.fullmatch(row[0])):
        row = [index_name, *row[1:]]
    named = [place for place, name in enumerate(row) if name]
    width = named[-1] + 1
    index = {place for place in named if _PANDAS_INDEX.fullmatch(row[place])}
    kept = [place for place in named if place not in index]
    columns = _spelled([row[place] for place in kept], names)
    if repeated := sorted({column for column in columns if columns.count(column) > 1}):
        raise CellocateError(f"two columns named {quoted(repeated[0])}", where=path, mend="Keep one of them.")
    nameless = tuple(place for place in range(width) if not row[place] and place > min(kept, default=width))
    return Header(columns, width, None if len(kept) == width else tuple(kept), nameless)


def find_column(columns: Sequence[str], *names: str) -> str | None:
    """The first of `names` that is a column, or else the only column that matches one in another case.

    Example:
        >>> find_column(["id", "Target"], "Id", "ID"), find_column(["Id", "ID"], "ID"), find_column(["a"], "Id")
        ('id', 'ID', None)
    """
    if exact := [name for name in names if name in columns]:
        return exact[0]
    small = {name.casefold() for name in names}
    alike = [column for column in columns if column.casefold() in small]
    return alike[0] if len(alike) == 1 else None


def suggest_columns(name: str, columns: Sequence[str]) -> str:
    """A hint on the available columns, for a user who asked for another; the most similar first.

    Example:
        >>> suggest_columns("cellline", ["plate", "cell_line"]), suggest_columns("plate", [])
        ("Did you mean 'cell_line'? It has plate, cell_line.", 'It has no further columns.')
    """
    has = f"It has {', '.join(columns)}." if columns else "It has no further columns."
    small = {column.casefold(): column for column in columns}
    near = get_close_matches(name.casefold(), small, n=1, cutoff=0.75)
    return f"Did you mean {small[near[0]]!r}? {has}" if near else has


def _spelled(columns: list[str], names: Sequence[str]) -> list[str]:
    meant = {found: name for name in names if (found := find_column(columns, name)) and found not in names}
    return [meant.get(column, column) for column in columns]
