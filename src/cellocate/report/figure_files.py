"""Save the figures of a report as files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from cellocate.assessment import Evaluated
from cellocate.pictures import STAINS, Picture, draw_picture, grey, read_pictures, stretched, write_caption
from cellocate.pictures.choose_fields import choose_examples, choose_gallery
from cellocate.pictures.figures import save_figure
from cellocate.pictures.html_page import Plot
from cellocate.pictures.style import WIDE
from cellocate.pictures.wording import listed
from cellocate.report.field_images import labels, marks
from cellocate.report.map_figures import draw_maps
from cellocate.report.report_plots import make_plots
from cellocate.report.score_plots import plot_history, plot_rates
from cellocate.report.threshold_plots import plot_f1_curves

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SYMBOLS = {"found": "✓", "missed": "○ missed:", "false alarm": "✕ false alarm:"}
_CELL = 2.2  # inches that a picture takes
_LINES = 6  # of text below one


def write_figures(folder: Path, evaluated: Evaluated, plots: Mapping[str, Plot] | None = None) -> list[Path]:
    """Write the report's figures: plots as PNG and SVG, images as PNG.

    Figures without data (no probabilities, no history, no images) are left out.

    Args:
        folder: where to write them.
        evaluated: what to show.
        plots: from `make_plots`, if the report has them as well.

    Returns:
        The files written.
    """
    figures = {name: draw(WIDE) for name, (draw, _) in (plots or make_plots(evaluated)).items()}
    written = [path for stem, figure in figures.items() for path in save_figure(figure, folder, stem)]
    for stem, positions, draw in (
        ("examples", choose_examples(evaluated.truth), _draw_examples),
        ("gallery", _gallery(evaluated), _draw_gallery),
    ):
        pictures = _read(evaluated, positions)
        if pictures:
            written += save_figure(draw(evaluated, pictures), folder, stem, ("png",))
    if (maps := draw_maps(evaluated)) is not None:
        written += save_figure(maps, folder, "maps", ("png",))
    return written


def save_history(run: Path) -> None:
    """Draw `history.csv` of a run folder as `learning_curves.png` next to it."""
    import pandas as pd

    save_figure(plot_history(pd.read_csv(run / "history.csv")), run, "learning_curves", ("png",))


def save_curves(run: Path) -> None:
    """Draw `f1_curves.csv` of a run folder, if there is one, as `f1_curves.png`."""
    import pandas as pd

    path = run / "f1_curves.csv"
    if path.is_file():
        table = pd.read_csv(path, dtype={"location": str}, keep_default_na=False)
        save_figure(plot_f1_curves(table), run, "f1_curves", ("png",))


def save_rates(run: Path) -> None:
    """Draw `learning_rate.csv` of a run folder, if there is one, as `learning_rate.png`."""
    import pandas as pd
    import yaml

    path = run / "learning_rate.csv"
    if path.is_file():
        fraction = yaml.safe_load((run / "recipe.yaml").read_text(encoding="utf-8"))["optimiser"]["fraction"]
        save_figure(plot_rates(pd.read_csv(path), fraction), run, "learning_rate", ("png",))


def _gallery(evaluated: Evaluated) -> list[int]:
    shown = choose_gallery(evaluated.truth, evaluated.labels)
    return [*shown.wrong, *shown.right]


def _read(evaluated: Evaluated, positions: list[int]) -> dict[int, Picture]:
    where = evaluated.collection
    if where is None or not evaluated.channels:
        return {}
    ids = where.ids
    found = read_pictures(where, [ids[i] for i in positions], evaluated.assumed_span, bags=evaluated.bags)
    return {i: found[ids[i]] for i in positions if ids[i] in found}


def _draw_examples(evaluated: Evaluated, pictures: dict[int, Picture]) -> Figure:
    from matplotlib.figure import Figure

    columns = 1 + max(len(picture.names) for picture in pictures.values())
    figure = Figure(figsize=(_CELL * columns, (_CELL + 0.45) * len(pictures)), layout="constrained")
    axes = figure.subplots(len(pictures), columns, squeeze=False)
    for row, (position, picture) in zip(axes, pictures.items(), strict=True):
        draw_picture(row[0], picture)
        true = labels(evaluated, position)
        write_caption(row[0], listed(true) if true else "no location", above=True)
        for axis, name, plane in zip(row[1:], picture.names, stretched(picture.channels), strict=False):
            axis.imshow(grey(plane), cmap="gray", vmin=0, vmax=255)
            write_caption(axis, f"{STAINS[name]} ({name})", above=True)
        for axis in row:
            axis.set_axis_off()
    return figure


def _draw_gallery(evaluated: Evaluated, pictures: dict[int, Picture]) -> Figure:
    from matplotlib.figure import Figure

    columns = min(4, len(pictures))
    rows = -(-len(pictures) // columns)
    figure = Figure(figsize=((_CELL + 0.3) * columns, (_CELL + 1.1) * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for axis in axes:
        axis.set_axis_off()
    for axis, (position, picture) in zip(axes, pictures.items(), strict=False):
        draw_picture(axis, picture)
        lines = [f"{_SYMBOLS[mark.outcome]} {mark.name}" for mark in marks(evaluated, position)]
        if len(lines) > _LINES:
            lines[_LINES - 1 :] = [f"and {len(lines) - _LINES + 1} more"]
        write_caption(axis, "\n".join(lines) or "no location, none predicted", above=False)
    return figure
