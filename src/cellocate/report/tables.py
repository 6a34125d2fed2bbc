"""An evaluation as files for spreadsheets and scripts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd

from cellocate.assessment import Evaluated
from cellocate.evaluation import confusion, confusion_table, misclassifications, reliability
from cellocate.files import write_text
from cellocate.report.baseline import write_comparison
from cellocate.rounded import json_text
from cellocate.vocabulary import Location, Vocabulary
from cellocate.write_tables import write_table


def write_tables(folder: Path, evaluated: Evaluated) -> None:
    """Write `metrics.json`, and what it and the predictions hold as tables (CSV): see docs/formats.md."""
    figures = evaluated.metrics
    write_text(folder / "metrics.json", json_text(figures) + "\n")
    write_table(folder / "per_class.csv", pd.DataFrame(figures["per_class"]))
    write_table(folder / "per_group.csv", pd.DataFrame(figures["group_level"]["per_group"]))
    matrix, commonest = confusions(evaluated)
    write_table(folder / "confusion.csv", matrix.reset_index())
    write_table(folder / "misclassifications.csv", commonest.round(2))
    if evaluated.probabilities is not None:
        write_table(folder / "reliability.csv", reliability(evaluated.truth, evaluated.probabilities))
    for column, table in evaluated.by.items():
        write_table(folder / f"by_{plain(column)}.csv", table)
    if evaluated.comparison is not None:
        write_comparison(folder, evaluated.comparison)


def confusions(evaluated: Evaluated) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The confusion matrix with names, and the twenty commonest confusions."""
    vocabulary = Vocabulary("", tuple(Location(name, None, "") for name in evaluated.names))
    matrix = confusion(evaluated.truth, evaluated.labels)
    return confusion_table(matrix, vocabulary), misclassifications(matrix, vocabulary)


def plain(column: str) -> str:
    """A column's name as part of a file's.

    Example:
        >>> plain("Cell line / type")
        'Cell_line_type'
    """
    return re.sub(r"\W+", "_", column).strip("_")


def page_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """A table of `by_column` as rows for the page, undefined figures as None."""
    rows = table.astype(object).where(table.notna(), None)
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict(orient="records")]
