"""Recognise columns of pixel sizes, in the unit that their name or another column gives."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from cellocate.collection.number_columns import NumberColumn, read_numbers
from cellocate.errors import CellocateError
from cellocate.images.length_units import NO_LENGTH, micrometres, pixel_size
from cellocate.images.scale import check_pixel_size

SIZE = "pixel_size"
_KIND = NumberColumn(SIZE, check_pixel_size, "Give µm per px.")
_SIDE = r"(?P<side>[xyz](?=[^a-z]|units?|$))?"
_NAME = re.compile(
    rf"(?:metadata_)?(?:pixel[\s_-]*(?P<length>size|width|height)|physical[\s_-]*size)[\s_-]*{_SIDE}(?P<unit>.*)",
    re.IGNORECASE,
)
_PER_PIXEL = re.compile(r"[\s_]*(?:/|per)[\s_]*(?:px|pixels?)$", re.IGNORECASE)
_UNIT_PER_PIXEL = re.compile(r"(?P<unit>[^\W\d_]+)[\s_]*(?:/|per)[\s_]*(?:px|pixel)", re.IGNORECASE)
_SIDES = {"width": "x", "height": "y"}


class _Column(NamedTuple):
    side: str  # x, y, z, or "" if not given
    unit: str  # "" if not given


def has_unknown_unit(column: str) -> bool:
    """Whether a column is named like a pixel size, but with an unknown unit.

    Example:
        >>> [has_unknown_unit(name) for name in ("Pixel Size (µm)", "pixel_size_furlong", "PhysicalSizeZ", "plate")]
        [False, True, False, False]
    """
    read = _read(column)
    return read is not None and read.side != "z" and read.unit != "unit" and _factor(read.unit) is None


def with_pixel_size(rows: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Convert columns of pixel sizes to one column `pixel_size`, in µm.

    Recognised are `pixel_size_nm`, `Pixel Size (µm)`, `um_per_px` and the like, and `PhysicalSizeX` and
    `PhysicalSizeY` with their units in `PhysicalSizeXUnit`.

    Raises:
        CellocateError: a size is impossible, two columns hold sizes, or pixels are not square.
    """
    read = {name: column for name in map(str, rows) if (column := _read(name)) is not None and column.side != "z"}
    units = {column.side: name for name, column in read.items() if column.unit == "unit"}
    sizes = {name: c for name, c in read.items() if c.unit != "unit" and _factor(c.unit) is not None}
    if not sizes:
        return rows
    first, *others = sizes
    sides = [column.side for column in sizes.values()]
    if others and sorted(sides) != ["x", "y"]:
        what = f"the columns {first!r} and {others[0]!r} both mean {SIZE}"
        raise CellocateError(what, where=path, mend="Keep one of them.")
    found = {}
    for name, column in sizes.items():
        factor: float | pd.Series[float] = _factor(column.unit) or 1.0
        if not column.unit and (unit := units.get(column.side, units.get("x", units.get("")))):
            factor = _factors(rows[unit], path)
        found[name] = read_numbers(rows[name], _KIND, path, name, factor)
    for other in others:
        _check_square(found[first], found[other], f"{path}, columns {first} and {other}")
        found[first] = found[first].fillna(found[other])
    renamed = rows.drop(columns=[*others, *units.values()]).rename(columns={first: SIZE})
    return renamed.assign(**{SIZE: found[first]})


def _read(name: str) -> _Column | None:
    name = name.strip()
    if name.lower() == "mpp":  # as pathologists call it
        return _Column("", "µm")
    if match := _UNIT_PER_PIXEL.fullmatch(name):
        return _Column("", match["unit"]) if micrometres(match["unit"]) else None
    if not (match := _NAME.fullmatch(name)):
        return None
    unit = _PER_PIXEL.sub("", match["unit"].strip(" _-()[]{}.,:")).strip(" _-()[]{}.,:")
    unit = re.sub(r"^in[\s_]+", "", unit, flags=re.IGNORECASE)
    side = match["side"] or _SIDES.get((match["length"] or "").lower(), "")
    return _Column(side.lower(), "unit" if unit.lower() in ("unit", "units") else unit)


def _factor(unit: str) -> float | None:
    return 1.0 if unit == "" else micrometres(unit)


def _factors(units: pd.Series[str], path: Path) -> pd.Series[float]:
    """The factor from each row's unit to µm; 1 for units that are not a length, such as pixel."""
    known: dict[str, float | None] = {}
    for unit in map(str, units.dropna().unique()):
        known[unit] = _factor(unit)
        if known[unit] is None and unit.lower() not in NO_LENGTH:
            what = f"unknown unit of pixel sizes: {unit!r}"
            raise CellocateError(what, where=f"{path}, column {units.name}", mend="Write µm or nm.")
    return units.map(lambda unit: known.get(str(unit), 1.0)).astype(float)


def _check_square(x: pd.Series[float], y: pd.Series[float], where: str) -> None:
    for sides in {(a, b) for a, b in zip(x, y, strict=True) if pd.notna(a) and pd.notna(b)}:
        if stretched := pixel_size(*sides, "µm").stretched:
            mend = f"Give square pixels, or their size in a column {SIZE}."
            raise CellocateError(f"pixels that are not square ({stretched})", where=where, mend=mend)
