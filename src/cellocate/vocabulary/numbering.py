"""The numbers that a table of locations gives them itself."""

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
_SHOWN = 6
_NUMBER = re.compile(r"(-1|\d{1,9})([.,]0*)?", re.ASCII)


def in_own_order(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """A table of locations in the order of its own numbers, where a column such as id, index or label has them.

    A column of other values, such as GO ids, is no such column.

    Raises:
        CellocateError: the numbers are not 0 to n - 1, each once, or two columns number the locations differently.

    Example:
        >>> import pandas as pd
        >>> table = pd.DataFrame({"id": ["1", "2", "0"], "name": ["Nucleus", "Cytosol", "Golgi"]})
        >>> list(in_own_order(table, Path("mine.csv"))["name"])
        ['Golgi', 'Nucleus', 'Cytosol']
    """
    numbered = {column: numbers for column in map(str, table) if (numbers := _numbers(table, column))}
    whole = {column: numbers for column, numbers in numbered.items() if sorted(numbers) == list(range(len(table)))}
    if not numbered:
        return table
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


def _numbers(table: pd.DataFrame, column: str) -> list[int]:
    """The numbers in a column, -1 for an empty cell; none where it is called otherwise, or holds something else."""
    if column.strip().casefold() not in _COLUMNS or not any(table[column]):
        return []
    found = [_NUMBER.fullmatch(text or "-1") for text in table[column]]
    return [int(match[1]) for match in found if match] if all(found) else []


def _listed(numbers: list[int]) -> str:
    some = ", ".join("(none)" if number < 0 else str(number) for number in numbers[:_SHOWN])
    return some + (", …" if len(numbers) > _SHOWN else "")
