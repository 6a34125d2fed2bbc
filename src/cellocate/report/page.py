"""The page: gather what it shows, fill the template, write one file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from cellocate.evaluation import SMALL
from cellocate.files import write_text
from cellocate.report import words
from cellocate.report.drawing import inline_svg
from cellocate.report.evaluated import FEW, Evaluated
from cellocate.report.figures import NARROW, WIDE
from cellocate.report.inputs import about_fields, about_model, written_by
from cellocate.report.limits import cautions, limits
from cellocate.report.panels import Shelf, fill_shelf
from cellocate.report.plots import Plot, plots
from cellocate.report.tables import confusions, page_rows

if TYPE_CHECKING:
    import pandas as pd


def write_report(path: Path, evaluated: Evaluated, *, title: str | None = None) -> None:
    """Write one HTML file that needs nothing else: pictures, figures and style are inside.

    Only the pictures that are shown are read; one that cannot be read is left out, and the page says so.

    Args:
        path: the HTML file.
        evaluated: what to tell about.
        title: of the page; the model and the collection unless given.
    """
    shelf = fill_shelf(evaluated)
    content = _content(evaluated, shelf)
    write_text(path, fill("report.html.j2", title=title or words.title(evaluated), **content))


def fill(name: str, **content: Any) -> str:  # noqa: ANN401 # whatever the template shows
    """A page from a template of this room, with style, date and writer."""
    environment = Environment(
        loader=FunctionLoader(_resource),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": words.number, "listed": words.listed}
    today = f"{date.today().day} {date.today():%B %Y}"
    page = {"css": Markup(_resource("report.css")), "today": today, "writer": written_by(), **content}
    return environment.get_template(name).render(page)


def _content(evaluated: Evaluated, shelf: Shelf) -> dict[str, Any]:
    return {
        "summary": words.summary(evaluated),
        "n": evaluated.n,
        "has_model": evaluated.card is not None,
        "has_probabilities": evaluated.probabilities is not None,
        "validated": _validated(evaluated.history),
        "small": evaluated.n < SMALL,
        "few": FEW,
        "inputs": [("The fields", about_fields(evaluated)), ("The model", about_model(evaluated.card))],
        "shelf": shelf,
        "plots": inline(plots(evaluated)),
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
        "beside": evaluated.beside,
        "cautions": cautions(evaluated, shelf.unreadable),
        "limits": limits(evaluated),
    }


def inline(drawn: Mapping[str, Plot]) -> dict[str, list[Markup]]:
    """Each plot for a page on a desk and for one on a phone; the style shows the one that fits."""
    return {
        name: [inline_svg(draw(width), alt, f"{name}-{width}") for width in (WIDE, NARROW)]
        for name, (draw, alt) in drawn.items()
    }


def _validated(history: pd.DataFrame | None) -> bool:
    return history is not None and "validation_loss" in history and bool(history["validation_loss"].notna().any())


def _any(evaluated: Evaluated, key: str) -> bool:
    return any(row[key] is not None for row in evaluated.per_class)


def _resource(name: str) -> str:
    return (resources.files("cellocate.report") / name).read_text(encoding="utf-8")
