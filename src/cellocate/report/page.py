"""The page: gather what it shows, fill the template, write one file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from cellocate.assessment import Evaluated
from cellocate.evaluation import FEW, SMALL
from cellocate.files import write_text
from cellocate.pictures.page import for_page, render
from cellocate.report import words
from cellocate.report.inputs import about_fields, about_model
from cellocate.report.limits import cautions, limits
from cellocate.report.maps import map_rows_of
from cellocate.report.panels import Shelf, fill_shelf
from cellocate.report.plots import plots
from cellocate.report.rules import compared_rules
from cellocate.report.tables import confusions, page_rows


def write_report(path: Path, evaluated: Evaluated, *, title: str | None = None) -> None:
    """Write one HTML file that needs nothing else: pictures, figures and style are inside.

    Only the pictures that are shown are read; one that cannot be read is left out, and the page says so.

    Args:
        path: the HTML file.
        evaluated: what to tell about.
        title: of the page; the model and the collection unless given.
    """
    shelf = fill_shelf(evaluated)
    content = {**_content(evaluated, shelf), "title": title or words.title(evaluated)}
    write_text(path, render("cellocate.report", "report.html.j2", content))


def _content(evaluated: Evaluated, shelf: Shelf) -> dict[str, Any]:
    return {
        "summary": words.summary(evaluated),
        "n": evaluated.n,
        "unit": evaluated.unit,
        "has_model": evaluated.card is not None,
        "has_probabilities": evaluated.probabilities is not None,
        "validated": _validated(evaluated.history),
        "validation": _validation(evaluated),
        "small": evaluated.n < SMALL,
        "few": FEW,
        "inputs": [(f"The {evaluated.unit}s", about_fields(evaluated)), ("The model", about_model(evaluated.card))],
        "shelf": shelf,
        "maps": map_rows_of(evaluated),
        "map_note": _map_note(evaluated),
        "plots": for_page(plots(evaluated)),
        "sets": [(heading, figures["n"]) for heading, figures in words.sets(evaluated)],
        "measures": words.measures(evaluated),
        "rows": [{**row, "group": group} for row, group in zip(evaluated.per_class, evaluated.groups, strict=True)],
        "absent": evaluated.metrics["absent"],
        "columns": {key: _any(evaluated, key) for key in ("threshold", "average_precision")},
        "group_level": evaluated.metrics["group_level"] if evaluated.coarse else None,
        "confusions": confusions(evaluated)[1].head(10).to_dict(orient="records"),
        "frequency": words.frequency(evaluated),
        "ece": evaluated.metrics["ece"],
        "by": {column: page_rows(table) for column, table in evaluated.by.items()},
        "comparison": evaluated.comparison,
        "cautions": cautions(evaluated, shelf.unreadable),
        "limits": limits(evaluated),
        "rules": compared_rules(evaluated),
    }


def _validated(history: pd.DataFrame | None) -> bool:
    return history is not None and "validation_loss" in history and bool(history["validation_loss"].notna().any())


def _validation(evaluated: Evaluated) -> str:
    """How many validation fields the model's scores are of, in brackets; nothing where it does not tell."""
    n = None if evaluated.card is None else evaluated.card.scores.get("validation", {}).get("n")
    few = ", too few to rely on" if n is not None and n < SMALL else ""
    return "" if n is None else f" (n = {n:,}{few})"


def _any(evaluated: Evaluated, key: str) -> bool:
    return any(row[key] is not None for row in evaluated.per_class)


def _map_note(evaluated: Evaluated) -> str:
    from cellocate.explain.map_sheet import map_caption

    return map_caption() if evaluated.explained else ""
