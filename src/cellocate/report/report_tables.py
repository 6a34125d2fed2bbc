"""Write an evaluation as tables for spreadsheets and scripts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd

from cellocate.assessment import Evaluated
from cellocate.evaluation import confusion, confusion_table, misclassifications, reliability
from cellocate.files import write_text
from cellocate.report.comparison_plot import write_comparison
from cellocate.rounded import json_text
from cellocate.vocabulary import Location, Vocabulary
from cellocate.write_tables import write_table


def write_tables(folder: Path, evaluated: Evaluated) -> None:
    """Write `metrics.json`, and the scores and predictions as CSV tables (see docs/formats.md)."""
    figures = evaluated.metrics
    write_text(folder / "metrics.json", json_text(figures) + "\n")
    write_table(folder / "per_class.csv", pd.DataFrame(figures["per_class"]))
    write_table(folder / "per_group.csv", pd.DataFrame(figures["group_level"]["per_group"]))
    matrix, frequent = confusions(evaluated)
    write_table(folder / "confusion.csv", matrix.reset_index())
    write_table(folder / "misclassifications.csv", frequent.round(2))
    if evaluated.probabilities is not None:
        write_table(folder / "reliability.csv", reliability(evaluated.truth, evaluated.probabilities))
    for column, table in evaluated.by.items():
        write_table(folder / f"by_{file_stem(column)}.csv", table)
    if evaluated.comparison is not None:
        write_comparison(folder, evaluated.comparison)


def confusions(evaluated: Evaluated) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The confusion matrix with names, and the twenty most frequent confusions."""
    vocabulary = Vocabulary("", tuple(Location(name, None, "") for name in evaluated.names))
    matrix = confusion(evaluated.truth, evaluated.labels)
    return confusion_table(matrix, vocabulary), misclassifications(matrix, vocabulary)


def file_stem(column: str) -> str:
    """Turn a column's name into part of a file name.

    Example:
        >>> file_stem("Cell line / type")
        'Cell_line_type'
    """
    return re.sub(r"\W+", "_", column).strip("_")


def html_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table of `by_column` for the page; undefined scores are None."""
    rows = table.astype(object).where(table.notna(), None)
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict(orient="records")]
