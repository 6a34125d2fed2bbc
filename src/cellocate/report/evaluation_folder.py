"""Write an evaluation as a folder."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from cellocate.assessment import Evaluated
from cellocate.files import new_folder
from cellocate.report.figure_files import write_figures
from cellocate.report.report_page import write_report
from cellocate.report.report_plots import make_plots
from cellocate.report.report_tables import write_tables


def write_evaluation(
    evaluated: Evaluated, folder: str | Path, *, overwrite: bool = False, inputs: Iterable[str | Path | None] = ()
) -> None:
    """Write `metrics.json`, tables, `figures/` and `report.html`; for a model `predictions.csv` as well.

    Args:
        evaluated: what to write; nothing is predicted or computed here.
        folder: written completely or not at all.
        overwrite: replace what is in the folder.
        inputs: files and folders that were read, which are never replaced.

    Raises:
        CellocateError: the folder is not empty, and `overwrite` is not set.
    """
    with new_folder(folder, overwrite=overwrite, inputs=inputs) as aside:
        if evaluated.card is not None:
            evaluated.predictions.save(aside / "predictions.csv")
        write_tables(aside, evaluated)
        plots = make_plots(evaluated)
        write_figures(aside / "figures", evaluated, plots)
        write_report(aside / "report.html", evaluated, plots=plots)
