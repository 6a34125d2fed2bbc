"""Columns of tables that are numbers: their values, each fault with its line."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from cellocate.errors import CellocateError
from cellocate.tables import MISSING, numbers, quoted, read_table

_THOUSANDS = re.compile(r"[1-9]\d{0,2}[.,]\d{3}", re.ASCII)


class Kind(NamedTuple):
    """What a column holds.

    Args:
        name: of the column, as cellocate calls it.
        check: raises a `CellocateError` where a number is impossible.
        mend: what to write instead of what is no number.
        whole: whether they are counts, whose thousands may be set apart.
    """

    name: str
    check: Callable[[float], object]
    mend: str
    whole: bool = False


def read_numbers(
    texts: pd.Series[str], kind: Kind, path: Path, written: str, factor: float | pd.Series[float] = 1.0
) -> pd.Series[float]:
    """A column as numbers, NaN where it is empty.

    Args:
        texts: the column.
        kind: what it holds.
        path: of its table.
        written: its name there.
        factor: that makes the unit of the table that of `kind`.

    Raises:
        CellocateError: a value is no number, is impossible, or may be two numbers, such as 1,000.
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
                _see_thousands(text, kind)
            kind.check(float(value))
        except CellocateError as error:
            where = f"{path}, line {_line_of(path, written, text)}, column {written}"
            raise error.at(where) from None
    return values


def _see_thousands(text: str, kind: Kind) -> None:
    """Refuse a number whose comma, or point, may set thousands apart: if that makes a possible number."""
    thousands = re.sub(r"\D", "", text)
    try:
        kind.check(float(thousands))
    except CellocateError:
        return
    decimal = f"{float(text.replace(',', '.')):g}"
    raise CellocateError(f"{kind.name} may be {thousands} or {decimal}", mend=f"Write {thousands} if you mean that.")


def _line_of(path: Path, column: str, text: str) -> int:
    """The first line of a table with this text in a column."""
    rows, lines = read_table(path)
    return lines[int((rows[column] == text).to_numpy().argmax())]
