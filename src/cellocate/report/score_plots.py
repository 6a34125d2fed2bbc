"""Plots of scores by location, learning curves and learning rates."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from cellocate.assessment import Evaluated
from cellocate.evaluation import FEW
from cellocate.pictures.bars import bars, name_rows, write_number
from cellocate.pictures.style import FONT, NARROW, PALETTE, WIDE, bare, blank, legend

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def plot_label_counts(evaluated: Evaluated, width: int = WIDE) -> Figure:
    """Plot how many fields show each location; bars are hollow for fewer than ten."""
    counts = [int(row["support"]) for row in evaluated.per_class]
    few = [count < FEW for count in counts]
    figure, axes = bars(evaluated.names, counts, [f"{count:,}" for count in counts], few, width)
    axes.set_xlim(0, max(1, *counts) * 1.12)
    axes.set_xticks([])
    return figure


def plot_per_class(evaluated: Evaluated, width: int = WIDE) -> Figure:
    """Plot F1 of each location as a bar, hollow for fewer than ten fields, and average precision as a diamond."""
    return _plot_f1(evaluated, evaluated.per_class, width)


def plot_groups(evaluated: Evaluated, width: int = WIDE) -> Figure:
    """Plot F1 of each coarse group as a bar, and average precision as a diamond."""
    return _plot_f1(evaluated, evaluated.metrics["group_level"]["per_group"], width)


def plot_cells(rows: Sequence[Mapping[str, Any]], width: int = WIDE) -> Figure:
    """Plot average precision of each location of cells as a bar, hollow for fewer than ten cells.

    A diamond marks the best score of these masks: the share of the cells that any of them overlaps enough.

    Args:
        rows: `per_class` of `cellocate.evaluation.evaluate_instances`.
        width: px.
    """
    best = [row["found"] / row["support"] if row["support"] else None for row in rows]
    return _plot_scores(rows, "average_precision", best, width, "no cell")


def plot_cell_counts(counts: pd.DataFrame, width: int = WIDE) -> Figure:
    """Plot the cells of each location that were found, and in front of them those that were kept.

    Args:
        counts: `location`, `found`, `kept` (see `cells.strong.counts`).
        width: px.
    """
    figure = blank(width, 24 * len(counts) + 60)
    axes = figure.add_subplot()
    places = range(len(counts))
    axes.barh(places, counts["found"], height=0.72, color=PALETTE["line"], label="found")
    axes.barh(places, counts["kept"], height=0.4, color=PALETTE["blue"], label="kept")
    for place, found, kept in zip(places, counts["found"], counts["kept"], strict=True):
        write_number(axes, f"{kept:,} of {found:,}", place, max(found, kept))
    name_rows(axes, [textwrap.fill(name, 30) for name in counts["location"]])
    axes.set_xlim(0, max(1, *counts["found"]) * 1.18)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    legend(axes, loc="lower right")
    return figure


def _plot_f1(evaluated: Evaluated, rows: Sequence[Mapping[str, Any]], width: int) -> Figure:
    return _plot_scores(rows, "f1", [row["average_precision"] for row in rows], width, f"no {evaluated.unit}")


def _plot_scores(
    rows: Sequence[Mapping[str, Any]], score: str, diamonds: Sequence[float | None], width: int, nothing: str
) -> Figure:
    """Draw a bar from 0 to 1 for each row with support, its number at the end, and a diamond if there is one."""
    scores = [float(row[score]) if row["support"] else 0.0 for row in rows]
    texts = [f"{row[score]:.2f}" if row["support"] else nothing for row in rows]
    few = [row["support"] < FEW for row in rows]
    figure, axes = bars([row["name"] for row in rows], scores, texts, few, width, at_end=True)
    axes.set_xlim(0, 1)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], labels=["0", ".25", ".5", ".75", "1"])
    axes.grid(axis="x", color=PALETTE["line"], linewidth=0.8)
    marks = [(value, place) for place, value in enumerate(diamonds) if value is not None]
    if marks:
        axes.plot(*zip(*marks, strict=True), "D", color=PALETTE["orange"], markersize=4.5, clip_on=False)
    return figure


def plot_history(history: pd.DataFrame, epoch: int | None = None, width: int = WIDE) -> Figure:
    """Plot the losses, and the scores on the validation part if there are any.

    Args:
        history: one row per epoch: `epoch`, `train_loss`, and if known `validation_loss`, `validation_macro_f1`,
            `validation_macro_average_precision`.
        epoch: the one whose weights were kept, to mark it.
        width: px.
    """
    losses = _curves(history, {"train_loss": "training", "validation_loss": "validation"})
    scores = _curves(
        history, {"validation_macro_f1": "macro F1", "validation_macro_average_precision": "macro average precision"}
    )
    panels = [("Loss", losses), ("Score on the validation part", scores)]
    panels = [(title, curves) for title, curves in panels if curves]
    abreast = width > NARROW and len(panels) > 1
    figure = blank(width, 260 if abreast else 250 * max(1, len(panels)))
    for place, (title, curves) in enumerate(panels, start=1):
        axes = figure.add_subplot(*((1, len(panels)) if abreast else (len(panels), 1)), place)
        _draw_curves(axes, title, history["epoch"], curves, epoch)
    return figure


def plot_rates(table: pd.DataFrame, fraction: float = 1, width: int = WIDE) -> Figure:
    """Plot a search for a learning rate: the loss of each batch, the smoothed loss, and the suggested rate.

    Args:
        table: `learning_rate.csv` of a run: `rate`, `loss`, `smoothed`, `suggested` (1 in one row).
        fraction: of the suggested rate that training used; marked if it is not 1.
        width: px.
    """
    figure = blank(width, 260)
    axes = figure.add_subplot()
    axes.plot(table["rate"], table["loss"], ".", color=PALETTE["muted"], markersize=4, label="one batch")
    axes.plot(table["rate"], table["smoothed"], "-", color=PALETTE["blue"], label="smoothed")
    chosen = table[table["suggested"] == 1]
    rate = float(chosen["rate"].iloc[0])
    axes.plot(chosen["rate"], chosen["smoothed"], "D", color=PALETTE["orange"], label=f"steepest: {rate:.2g}")
    if fraction != 1:
        taken = rate * fraction
        axes.axvline(taken, color=PALETTE["muted"], linestyle=":", linewidth=1.2, label=f"used: {taken:.2g}")
    axes.set_xscale("log")
    # batches at the highest rates may have losses beyond all others
    low, high = float(table["smoothed"].min()), float(table["smoothed"].iloc[: chosen.index[0] + 1].max())
    axes.set_ylim(low - 0.2 * (high - low), high + 0.5 * (high - low))
    axes.set_xlabel("learning rate of the head", fontsize=FONT, color=PALETTE["ink"])
    axes.set_title("Training loss while the rate rises", loc="left", fontsize=FONT + 1, color=PALETTE["ink"])
    axes.grid(axis="y", color=PALETTE["line"], linewidth=0.8)
    legend(axes)
    bare(axes)
    return figure


def _curves(history: pd.DataFrame, columns: Mapping[str, str]) -> dict[str, pd.Series[float]]:
    present = {
        label: pd.to_numeric(history[column], errors="coerce") for column, label in columns.items() if column in history
    }
    return {label: values for label, values in present.items() if values.notna().any()}


def _draw_curves(
    axes: Axes, title: str, epochs: pd.Series[int], curves: Mapping[str, pd.Series[float]], kept: int | None
) -> None:
    from matplotlib.ticker import MaxNLocator

    styles = (("-", "o", PALETTE["blue"]), ("--", "s", PALETTE["orange"]))
    for (label, values), (line, marker, colour) in zip(curves.items(), styles, strict=False):
        known = values.notna()
        shown = marker if len(epochs) <= 40 else None
        axes.plot(epochs[known], values[known], line, marker=shown, color=colour, label=label, markersize=4)
    if kept is not None:
        axes.axvline(kept, color=PALETTE["muted"], linestyle=":", linewidth=1.2, label=f"kept: epoch {kept}")
    axes.set_title(title, loc="left", fontsize=FONT + 1, color=PALETTE["ink"])
    axes.set_xlabel("epoch", fontsize=FONT, color=PALETTE["ink"])
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
    axes.set_ylim(0, 1.05 * axes.get_ylim()[1])
    axes.grid(axis="y", color=PALETTE["line"], linewidth=0.8)
    legend(axes)
    bare(axes)
