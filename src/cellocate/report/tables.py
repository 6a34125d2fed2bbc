"""An evaluation as files for spreadsheets and scripts."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd

from cellocate.evaluation import confusion, confusion_table, misclassifications, reliability
from cellocate.report.evaluated import Evaluated
from cellocate.vocabulary import Location, Vocabulary


def write_tables(folder: Path, evaluated: Evaluated) -> None:
    """Write `metrics.json`, and what it and the predictions hold as tables (CSV): see docs/formats.md."""
    figures = evaluated.metrics
    (folder / "metrics.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    pd.DataFrame(figures["per_class"]).to_csv(folder / "per_class.csv", index=False)
    pd.DataFrame(figures["group_level"]["per_group"]).to_csv(folder / "per_group.csv", index=False)
    matrix, commonest = confusions(evaluated)
    matrix.to_csv(folder / "confusion.csv")
    commonest.round(2).to_csv(folder / "misclassifications.csv", index=False)
    if evaluated.probabilities is not None:
        table = reliability(evaluated.truth, evaluated.probabilities)
        table.round(6).to_csv(folder / "reliability.csv", index=False)
    for column, table in evaluated.by.items():
        table.to_csv(folder / f"by_{plain(column)}.csv", index=False)
    if evaluated.beside is not None:
        evaluated.beside.write(folder)


def confusions(evaluated: Evaluated) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The confusion matrix with names, and the twenty commonest confusions."""
    vocabulary = Vocabulary("", tuple(Location(name, None, "") for name in evaluated.names))
    matrix = confusion(evaluated.truth, evaluated.decided)
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
