"""Write the evaluation of a 2021 submission as a folder."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from cellocate.assessment import EvaluatedCells
from cellocate.counted import counted
from cellocate.evaluation import FEW, SMALL
from cellocate.files import new_folder, write_text
from cellocate.pictures import save_figure
from cellocate.pictures.html_page import for_both_widths, render
from cellocate.pictures.style import WIDE
from cellocate.pictures.wording import number, sentence
from cellocate.report.score_plots import plot_cells
from cellocate.rounded import json_text
from cellocate.write_tables import write_table


def write_evaluated_cells(
    evaluated: EvaluatedCells,
    out: str | Path,
    name: str,
    *,
    overwrite: bool = False,
    inputs: Iterable[str | Path | None] = (),
) -> None:
    """Write `metrics.json`, `per_class.csv`, `figures/` and `report.html` for a 2021 submission.

    Args:
        evaluated: what to write.
        out: the folder.
        name: of the submission.
        overwrite: replace what is in the folder.
        inputs: files and folders that were read, which are never replaced.
    """
    metrics, warnings = evaluated
    with new_folder(out, overwrite=overwrite, inputs=inputs) as aside:
        write_text(aside / "metrics.json", json_text(metrics) + "\n")
        write_table(aside / "per_class.csv", pd.DataFrame(metrics["per_class"]))
        _write_page(aside, metrics, warnings, name)


def _write_page(folder: Path, metrics: dict[str, Any], warnings: tuple[str, ...], name: str) -> None:
    draw = partial(plot_cells, metrics["per_class"])
    save_figure(draw(WIDE), folder / "figures", "per_class_average_precision")
    scores = {**metrics, "plots": for_both_widths({"cells": (draw, "Bar chart: average precision of each location.")})}
    texts = {"title": f"Cells of {name}", "summary": _summary(metrics), "warnings": [sentence(x) for x in warnings]}
    content = {**scores, **texts, "few": FEW, "small": SMALL}
    write_text(folder / "report.html", render("cellocate.report", "cell_report.html.j2", content))


def _summary(metrics: dict[str, Any]) -> str:
    cells, fields = counted(metrics["predicted_cells"], "predicted cell"), counted(metrics["n"], "field")
    first = f"The locations of {cells} were compared with those of {counted(metrics['cells'], 'true cell')} in {fields}"
    if metrics["instance_map"] is None:
        return f"{first}; none of these shows a location, so there is no mean average precision."
    low, high = metrics["instance_map_interval"]
    return (
        f"{first}: mean average precision is {number(metrics['instance_map'], 3)} (95% interval {number(low, 3)} to "
        f"{number(high, 3)}), as in the 2021 challenge. Naming every location for every cell gives "
        f"{number(metrics['instance_map_of_predicting_everything'], 3)}."
    )
