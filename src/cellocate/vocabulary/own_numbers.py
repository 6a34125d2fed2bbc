"""Sort a user's table of locations by its own numbers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from cellocate.errors import CellocateError

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = frozenset(
    ("id", "index", "idx", "label", "label_id", "number", "nr", "no", "#", "class", "class_id", "code", "target")
)
INDEX = "(no name)"
"""Name for the index of a table: it numbers the rows in their original order, in R from 1."""

_SHOWN = 6
_NUMBER = re.compile(r"(-1|\d{1,9})([.,]0*)?", re.ASCII)


def in_own_order(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Sort a table of locations by its own numbers, if a column such as id, index or label has them.

    Columns with other values, such as GO ids, do not count.

    Raises:
        CellocateError: the numbers are not 0 to n - 1, each once, or two columns number the locations differently.

    Example:
        >>> import pandas as pd
        >>> table = pd.DataFrame({"id": ["1", "2", "0"], "name": ["Nucleus", "Cytosol", "Golgi"]})
        >>> list(in_own_order(table, Path("mine.csv"))["name"])
        ['Golgi', 'Nucleus', 'Cytosol']
    """
    named = [column for column in map(str, table) if column != INDEX]
    numbered = {column: numbers for column in named if (numbers := _numbers(table, column))}
    whole = {column: numbers for column, numbers in numbered.items() if sorted(numbers) == list(range(len(table)))}
    if not numbered:
        return _in_old_order(table, path)
    if not whole:
        column, numbers = next(iter(numbered.items()))
        what = f"numbers of locations that are not 0 to {len(table) - 1}, each once: {_listed(numbers)}"
        mend = "Labels count from 0: number the locations so, or take the column out to number them by row."
        raise CellocateError(what, where=f"{path}, column {column}", mend=mend)
    column, numbers = next(iter(whole.items()))
    if other := next((name for name in whole if whole[name] != numbers), None):
        what = f"the columns {column!r} and {other!r} number the locations differently"
        raise CellocateError(what, where=path, mend="Keep the one whose numbers the labels are.")
    return table.iloc[sorted(range(len(table)), key=numbers.__getitem__)]


def _in_old_order(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """A table in the order of its index, which says how it was sorted; rows of an index that ascends stay."""
    numbers = _numbers(table, INDEX) if INDEX in table else []
    if numbers == sorted(numbers):
        return table
    if sorted(numbers) != list(range(len(table))):
        what = f"a first column without a name, whose numbers neither ascend nor are 0 to {len(table) - 1}"
        raise CellocateError(what, where=path, mend="Take it out, if label 0 is the first row.")
    return table.iloc[sorted(range(len(table)), key=numbers.__getitem__)]


def _numbers(table: pd.DataFrame, column: str) -> list[int]:
    """The numbers in a column, -1 for an empty cell; empty if its name or its values do not fit."""
    if column.strip(" .").casefold() not in (*_COLUMNS, INDEX) or not any(table[column]):
        return []
    found = [_NUMBER.fullmatch(text or "-1") for text in table[column]]
    return [int(match[1]) for match in found if match] if all(found) else []


def _listed(numbers: list[int]) -> str:
    some = ", ".join("(none)" if number < 0 else str(number) for number in numbers[:_SHOWN])
    return some + (", …" if len(numbers) > _SHOWN else "")
