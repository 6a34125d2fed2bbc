"""Read numbers from columns of tables; errors name the line."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from cellocate.errors import CellocateError
from cellocate.tables import MISSING, numbers, quoted, read_table

_THOUSANDS = re.compile(r"[1-9]\d{0,2}[.,]\d{3}", re.ASCII)


class NumberColumn(NamedTuple):
    """A column of numbers.

    Args:
        name: cellocate's name of the column.
        check: raises a `CellocateError` if a number is impossible.
        mend: advice for values that are not numbers.
        whole: whether the numbers are counts, which may have a thousands separator.
    """

    name: str
    check: Callable[[float], object]
    mend: str
    whole: bool = False


def read_numbers(
    texts: pd.Series[str], kind: NumberColumn, path: Path, written: str, factor: float | pd.Series[float] = 1.0
) -> pd.Series[float]:
    """Read a column as numbers, NaN where it is empty.

    Args:
        texts: the column.
        kind: what it holds.
        path: of its table.
        written: the name of the column in the table.
        factor: converts the unit of the table to that of `kind`.

    Raises:
        CellocateError: a value is not a number, is impossible, or is ambiguous, such as 1,000.
    """
    values = numbers(texts)
    if not isinstance(factor, float) or factor != 1:
        values = (values * factor).map(lambda value: float(f"{value:.12g}"))  # 80 × .001 is .08
    known = texts.astype(str).where(texts.notna(), "")
    known = known.mask(known.str.lower().isin(MISSING), "")
    for text, value in dict(zip(known, values, strict=True)).items():
        if text == "":
            continue
        try:
            if pd.isna(value):
                raise CellocateError(f"{kind.name} is not a number: {quoted(text)}", mend=kind.mend)
            if kind.whole and _THOUSANDS.fullmatch(text):
                _check_thousands(text, kind)
            kind.check(float(value))
        except CellocateError as error:
            where = f"{path}, line {_line_of(path, written, text)}, column {written}"
            raise error.at(where) from None
    return values


def _check_thousands(text: str, kind: NumberColumn) -> None:
    """Raise a `CellocateError` if a comma or point may be a thousands separator in a possible number."""
    thousands = re.sub(r"\D", "", text)
    try:
        kind.check(float(thousands))
    except CellocateError:
        return
    decimal = f"{float(text.replace(',', '.')):g}"
    raise CellocateError(f"{kind.name} may be {thousands} or {decimal}", mend=f"Write {thousands} if you mean that.")


def _line_of(path: Path, column: str, text: str) -> int:
    """The first line of a table that has this text in the column."""
    rows, lines = read_table(path)
    return lines[int((rows[column] == text).to_numpy().argmax())]
