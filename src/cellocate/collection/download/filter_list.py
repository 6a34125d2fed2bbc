"""Filter the fields of an image list by gene, antibody, location or other columns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from cellocate.collection.atlas import ImageList
from cellocate.collection.atlas_names import antibody_number
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
    """The fields that meet all criteria; a criterion with several values accepts any of them.

    Args:
        listed: fields to choose from.
        genes: names or Ensembl ids.
        antibodies: such as HPA000992, or 992.
        locations: in the list's own words.
        columns: further columns, with accepted values.
        limit: the first so many fields only.

    Raises:
        CellocateError: the list lacks a column, or no field has an accepted value.
    """
    fields = _of(listed.fields, "gene", genes, "gene", "ensembl", between=_BETWEEN)
    fields = _of(fields, "location", locations, "locations", between=_BETWEEN)
    for column, values in (("antibody", antibodies), *(columns or {}).items()):
        wanted = [antibody_number(value) for value in values] if column == "antibody" else values
        fields = _of(fields, column, wanted, column)
    return replace(listed, fields=fields[:limit])


def _of(fields: pd.DataFrame, what: str, asked: Sequence[str], *columns: str, between: str = r"(?!)") -> pd.DataFrame:
    """The fields with a wanted value in one of `columns`; `between` separates several values in a cell."""
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
