"""Fewer fields of a list: of some genes, antibodies or locations."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from cellocate.collection.atlas import Listed
from cellocate.collection.atlas_names import number
from cellocate.errors import CellocateError


def narrowed(
    listed: Listed,
    *,
    genes: Sequence[str] = (),
    antibodies: Sequence[str] = (),
    locations: Sequence[str] = (),
    columns: Mapping[str, Sequence[str]] | None = None,
    limit: int | None = None,
) -> Listed:
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
    fields = _of(fields, "gene", genes, ("gene", "ensembl"), _parts)
    fields = _of(fields, "antibody", [number(name) for name in antibodies], ("antibody",), _whole)
    fields = _of(fields, "location", locations, ("locations",), _parts)
    for column, values in (columns or {}).items():
        wanted = [number(value) for value in values] if column == "antibody" else values
        fields = _of(fields, column, wanted, (column,), _whole)
    return replace(listed, fields=fields[:limit])


def _of(
    fields: pd.DataFrame,
    what: str,
    asked: Sequence[str],
    columns: Sequence[str],
    said: Callable[[str], set[str]],
) -> pd.DataFrame:
    """The fields of which one of `columns` says one of what is asked for."""
    if not asked:
        return fields
    told = [column for column in columns if column in fields]
    if not told:
        raise CellocateError(f"the list has no column {what}", mend=f"It has {', '.join(map(str, fields))}.")
    wanted = {name.strip().casefold() for name in asked}
    kept = np.zeros(len(fields), dtype=bool)
    for column in told:
        kept |= np.array([bool(wanted & said(str(text))) for text in fields[column]], dtype=bool)
    if not kept.any():
        raise CellocateError(f"no field of the {what} {' or '.join(asked)}", mend="Check the name and the list.")
    return fields[kept]


def _whole(text: str) -> set[str]:
    return {text.strip().casefold()}


def _parts(text: str) -> set[str]:
    return {part.strip().casefold() for part in re.split("[,;]", text)}
