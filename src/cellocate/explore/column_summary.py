"""Summaries of cell lines, plates and other columns: the number of fields of each value, and what they show."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellocate.collection import Collection
from cellocate.collection.collection import has_values

COLUMNS = ("cell_line", "plate", "antibody", "gene", "source")
NOT_RECORDED = "not recorded"


def summarise_column(
    collection: Collection, column: str, truth: NDArray[np.bool_] | None, pixels: pd.DataFrame | None
) -> pd.DataFrame:
    """Summarise the fields of each value of a column, the most frequent value first.

    Args:
        collection: all fields.
        column: of its table.
        truth: labels, shape (N, K), bool, if there are any.
        pixels: measurements of some fields, from `measure_fields`, if there are any.

    Returns:
        `value` (`not recorded` if empty) and `fields`; with labels also `locations` (how many occur) and `mean_labels`;
        with measurements also `measured` (fields) and the medians of their `green_mean` and `sharpness`.
    """
    values = collection.fields[column].replace("", None)
    values = values.where(values.notna(), NOT_RECORDED).astype(str)
    rows = []
    for value, where in values.groupby(values, sort=False).indices.items():
        row: dict[str, object] = {"value": value, "fields": len(where)}
        if truth is not None:
            row |= {"locations": int(truth[where].any(axis=0).sum()), "mean_labels": float(truth[where].sum(1).mean())}
        if pixels is not None:
            measured = pixels.loc[pixels.index.intersection(values.index[where])]
            row["measured"] = len(measured)
            row |= {c: measured[c].median() for c in ("green_mean", "sharpness") if c in measured}
        rows.append(row)
    table = pd.DataFrame(rows)
    return table.sort_values(["fields", "value"], ascending=[False, True], ignore_index=True)


def recorded_columns(collection: Collection) -> list[str]:
    """The columns of `COLUMNS` that have values."""
    return [column for column in COLUMNS if has_values(collection.fields, column)]
