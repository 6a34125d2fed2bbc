"""Measure a submission of the 2021 challenge where the truth of every cell is known."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from cellocate.cells.notes import as_sentences, notes_of_a_kind
from cellocate.counted import counted
from cellocate.errors import CellocateError
from cellocate.evaluation import FEW, SMALL, Instances, evaluate_instances
from cellocate.files import new_folder, write_text
from cellocate.pictures import save_figure
from cellocate.pictures.page import for_page, render
from cellocate.pictures.style import WIDE
from cellocate.pictures.words import number, sentence
from cellocate.prediction.submissions import TrueCells, read_kaggle2021, read_true_cells
from cellocate.report.figures import plot_cells
from cellocate.rounded import json_text
from cellocate.vocabulary import get
from cellocate.written import write_table


def assess_cells(
    predictions: str | Path,
    truth: str | Path,
    out: str | Path,
    *,
    vocabulary: str | None = None,
    overwrite: bool = False,
    progress: Callable[[int], object] | None = None,
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Measure a submission of the 2021 challenge, which is checked on the way.

    Args:
        predictions: the submission; its fields are those that are measured.
        truth: the cells of all of these fields (see `read_true_cells`).
        out: folder to write: `metrics.json` (see `evaluate_instances`), `per_class.csv`, `figures/` and `report.html`.
        vocabulary: of the labels, where it is not hpa19.
        overwrite: replace what is in the folder.
        progress: called with 1 after each field.

    Returns:
        What `metrics.json` holds, and warnings for the user.

    Raises:
        CellocateError: a file cannot be read, or a field of the submission has no truth or is of another size.
    """
    words = get(vocabulary or "hpa19")
    with new_folder(out, overwrite=overwrite, inputs=(predictions, truth)) as aside:
        known = read_true_cells(truth, words)
        true: dict[str, Instances] = {}
        said: dict[str, Instances] = {}
        for field, cells in read_kaggle2021(predictions, words):
            true[field] = _truth_of(field, cells.shape, known, predictions)
            said[field] = cells.instances
            if progress is not None:
                progress(1)
        metrics = evaluate_instances(true, said, words)
        lacking = len(known.ids) - len(true)
        warnings: tuple[str, ...] = (
            (f"{lacking} of {len(known.ids)} fields of known cells have no prediction",) if lacking else ()
        )
        score, blind = metrics["instance_map"], metrics["instance_map_of_predicting_everything"]
        if score is not None and score <= blind:
            what = "is no better than naming every location for every cell"
            warnings += (f"mean average precision {score:.3f} {what} ({blind:.3f})",)
        warnings += tuple(as_sentences(notes_of_a_kind(known.notes)))
        write_text(aside / "metrics.json", json_text(metrics) + "\n")
        write_table(aside / "per_class.csv", pd.DataFrame(metrics["per_class"]))
        _write_page(aside, metrics, warnings, Path(predictions).name)
    return metrics, warnings


def _write_page(folder: Path, metrics: dict[str, Any], warnings: tuple[str, ...], name: str) -> None:
    """Write `report.html`, and its figure into `figures/`."""
    draw = partial(plot_cells, metrics["per_class"])
    save_figure(draw(WIDE), folder / "figures", "per_class_average_precision")
    shown = {**metrics, "plots": for_page({"cells": (draw, "Bar chart: average precision of each location.")})}
    said = {"title": f"Cells of {name}", "summary": _summary(metrics), "warnings": [sentence(x) for x in warnings]}
    content = {**shown, **said, "few": FEW, "small": SMALL}
    write_text(folder / "report.html", render("cellocate.report", "cells.html.j2", content))


def _summary(metrics: dict[str, Any]) -> str:
    cells, fields = counted(metrics["predicted_cells"], "predicted cell"), counted(metrics["n"], "field")
    first = f"The locations of {cells} were compared with those of {counted(metrics['cells'], 'true cell')} in {fields}"
    if metrics["instance_map"] is None:
        return f"{first}; none of these shows a location, so there is no mean average precision."
    low, high = metrics["instance_map_interval"]
    return (
        f"{first}: mean average precision is {number(metrics['instance_map'], 3)} (95 % interval {number(low, 3)} to "
        f"{number(high, 3)}), as the 2021 challenge counts it. Naming every location for every cell would give "
        f"{number(metrics['instance_map_of_predicting_everything'], 3)}."
    )


def _truth_of(field: str, shape: tuple[int, int], known: TrueCells, predictions: str | Path) -> Instances:
    if field not in known.ids:
        what = f"field {field} has no truth"
        raise CellocateError(what, where=predictions, mend="Give the true cells of all its fields with --labels.")
    true = known.read(field)
    if true.shape != shape:
        sizes = f"{shape[1]} × {shape[0]} px, and its true cells lie on {true.shape[1]} × {true.shape[0]}"
        what = f"ImageWidth and ImageHeight of {field} are {sizes}"
        raise CellocateError(what, where=predictions, mend="Write masks at the size of the images.")
    return true.instances
