"""Write the report's HTML page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from cellocate.assessment import Evaluated
from cellocate.evaluation import FEW, SMALL
from cellocate.files import write_text
from cellocate.pictures.html_page import Plot, for_both_widths, render
from cellocate.report import report_text
from cellocate.report.field_images import FieldImages, read_field_images
from cellocate.report.inputs import about_fields, about_model
from cellocate.report.map_figures import report_map_rows
from cellocate.report.report_plots import make_plots
from cellocate.report.report_tables import confusions, html_rows
from cellocate.report.rule_table import rule_rows
from cellocate.report.warnings_and_limits import limits, report_warnings


def write_report(path: Path, evaluated: Evaluated, *, plots: Mapping[str, Plot] | None = None) -> None:
    """Write one self-contained HTML file with images, figures and style inside.

    An image that cannot be read is left out, and the page says so.

    Args:
        path: the HTML file.
        evaluated: what to report.
        plots: from `make_plots`, if they were drawn before.
    """
    images = read_field_images(evaluated)
    content = _content(evaluated, images, plots or make_plots(evaluated))
    write_text(path, render("cellocate.report", "report.html.j2", content))


def _content(evaluated: Evaluated, images: FieldImages, plots: Mapping[str, Plot]) -> dict[str, Any]:
    return {
        "title": report_text.title(evaluated),
        "summary": report_text.summary(evaluated),
        "n": evaluated.n,
        "unit": evaluated.unit,
        "has_model": evaluated.card is not None,
        "has_probabilities": evaluated.probabilities is not None,
        "validated": _validated(evaluated.history),
        "validation": _validation(evaluated),
        "small": evaluated.n < SMALL,
        "few": FEW,
        "inputs": [(f"The {evaluated.unit}s", about_fields(evaluated)), ("The model", about_model(evaluated.card))],
        "images": images,
        "maps": report_map_rows(evaluated),
        "map_note": _map_note(evaluated),
        "plots": for_both_widths(plots),
        "sets": [(heading, figures["n"]) for heading, figures in report_text.sets(evaluated)],
        "measures": report_text.measures(evaluated),
        "rows": [{**row, "group": group} for row, group in zip(evaluated.per_class, evaluated.groups, strict=True)],
        "absent": evaluated.metrics["absent"],
        "columns": {
            key: any(row[key] is not None for row in evaluated.per_class) for key in ("threshold", "average_precision")
        },
        "group_level": evaluated.metrics["group_level"] if evaluated.coarse else None,
        "confusions": confusions(evaluated)[1].head(10).to_dict(orient="records"),
        "frequency": report_text.frequency(evaluated),
        "ece": evaluated.metrics["ece"],
        "by": {column: html_rows(table) for column, table in evaluated.by.items()},
        "comparison": evaluated.comparison,
        "warnings": report_warnings(evaluated, images.unreadable),
        "limits": limits(evaluated),
        "rules": rule_rows(evaluated),
    }


def _validated(history: pd.DataFrame | None) -> bool:
    return history is not None and "validation_loss" in history and bool(history["validation_loss"].notna().any())


def _validation(evaluated: Evaluated) -> str:
    """The number of validation fields behind the model's scores, in brackets; "" if unknown."""
    n = None if evaluated.card is None else evaluated.card.scores.get("validation", {}).get("n")
    few = ", too few to rely on" if n is not None and n < SMALL else ""
    return "" if n is None else f" (n = {n:,}{few})"


def _map_note(evaluated: Evaluated) -> str:
    from cellocate.explain.map_sheet import map_caption

    return map_caption() if evaluated.explained else ""
