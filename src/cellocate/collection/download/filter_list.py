"""Fewer fields of a list: of some genes, antibodies or locations."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from cellocate.collection.atlas import ImageList
from cellocate.collection.atlas_names import number
from cellocate.errors import CellocateError

_BETWEEN = "[,;]"


def filter_fields(
    listed: ImageList,
    *,
    genes: Sequence[str] = (),
    antibodies: Sequence[str] = (),
    locations: Sequence[str] = (),
    columns: Mapping[str, Sequence[str]] | None = None,
    limit: int | None = None,
) -> ImageList:
    """The fields that meet all that is asked for; of several genes, antibodies and so on, each will do.

    Args:
        listed: fields to choose from.
        genes: names or Ensembl ids.
        antibodies: such as HPA000992, or 992.
        locations: in the list's own words.
        columns: further columns, with the values that are taken.
        limit: the first so many alone.

    Raises:
        CellocateError: the list does not tell what is asked for, or has none of it.
    """
    fields = listed.fields
    fields = _of(fields, "gene", genes, "gene", "ensembl", between=_BETWEEN)
    fields = _of(fields, "location", locations, "locations", between=_BETWEEN)
    for column, values in (("antibody", antibodies), *(columns or {}).items()):
        wanted = [number(value) for value in values] if column == "antibody" else values
        fields = _of(fields, column, wanted, column)
    return replace(listed, fields=fields[:limit])


def _of(fields: pd.DataFrame, what: str, asked: Sequence[str], *columns: str, between: str = r"(?!)") -> pd.DataFrame:
    """The fields for which one of `columns` has a wanted value; a cell may hold several, with `between` between."""
    if not asked:
        return fields
    there = [column for column in columns if column in fields]
    if not there:
        raise CellocateError(f"the list has no column {what}", mend=f"It has {', '.join(map(str, fields))}.")
    wanted = {name.strip().casefold() for name in asked}
    kept = np.zeros(len(fields), dtype=bool)
    for column in there:
        values = ([part.strip().casefold() for part in re.split(between, str(text))] for text in fields[column])
        kept |= np.array([not wanted.isdisjoint(parts) for parts in values], dtype=bool)
    if not kept.any():
        raise CellocateError(f"no field of the {what} {' or '.join(asked)}", mend="Check the name and the list.")
    return fields[kept]
