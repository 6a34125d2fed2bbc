"""Plots of a model's errors: calibration, confusion, and F1 by frequency."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellocate.assessment import Evaluated
from cellocate.evaluation.confusion_matrix import NONE, per_cent
from cellocate.pictures.matrix import Square, draw_matrix
from cellocate.pictures.style import FONT, NARROW, PALETTE, WIDE, bare, blank

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PLACES = ((6, 0, "left"), (-6, 0, "right"), (0, 9, "center"), (0, -9, "center"))


def plot_reliability(table: pd.DataFrame, width: int = WIDE) -> Figure:
    """Plot a reliability diagram: the share that is true against the mean probability of each bin, and the bin sizes.

    Args:
        table: as `cellocate.evaluation.reliability` gives it.
        width: px.
    """
    wide = width > NARROW
    figure = blank(width, 320 if wide else 480)
    above, below = figure.subplots(1, 2) if wide else figure.subplots(2, 1, height_ratios=[2, 1])
    full = table[table["n"] > 0]
    above.plot([0, 1], [0, 1], ":", color=PALETTE["muted"])
    above.plot(full["probability"], full["frequency"], "o-", color=PALETTE["blue"], markersize=5, clip_on=False)
    above.set(xlim=(0, 1), ylim=(0, 1))
    above.set_ylabel("share that is true", fontsize=FONT, color=PALETTE["ink"])
    below.bar(full["low"], full["n"], width=full["high"] - full["low"], align="edge", color=PALETTE["blue"], alpha=0.6)
    below.set_yscale("log")
    below.set_ylim(bottom=0.8)  # so that a single pair shows
    below.minorticks_off()
    below.set_xlim(0, 1)
    below.set_ylabel("probabilities", fontsize=FONT, color=PALETTE["ink"])
    for axes in (above, below):
        axes.set_xlabel("probability", fontsize=FONT, color=PALETTE["ink"])
        axes.grid(color=PALETTE["line"], linewidth=0.8)
        bare(axes)
    return figure


def plot_confusion(matrix: NDArray[np.int64], names: list[str], width: int = WIDE) -> Figure:
    """Plot the confusion matrix in per cent of its rows: hits in blue, confusions in orange.

    On a narrow page columns are numbered like the rows, and cells have no numbers.

    Args:
        matrix: as `cellocate.evaluation.confusion` gives it, shape (K + 1, K + 1).
        names: of K locations.
        width: px.
    """
    shares, wide = per_cent(matrix), width > NARROW
    labels = [f"{textwrap.shorten(name, 30 if wide else 20, placeholder='…')} {k}" for k, name in enumerate(names)]
    squares = []
    for row, column in np.argwhere(shares > 0).tolist():
        share, colour = shares[row, column], "blue" if row == column else "orange"
        squares.append(Square(row, column, colour, share / 100, f"{share:.0f}" if share >= 0.5 else ""))
    numbered = [str(k) if k % 3 == 0 else "" for k in range(len(names))]
    return draw_matrix([*labels, NONE], squares, width, None if wide else [*numbered, ""])


def plot_frequency(evaluated: Evaluated, width: int = WIDE) -> Figure:
    """Plot F1 of each location against how many fields show it: training fields if known, else the evaluated ones."""
    from matplotlib.ticker import SymmetricalLogLocator

    rows = [row for row in evaluated.per_class if row["support"]]
    known = all(row["trained"] is not None for row in rows)
    counts = [row["trained"] if known else row["support"] for row in rows]
    scores = [row["f1"] for row in rows]
    figure = blank(width, 340)
    axes = figure.add_subplot()
    axes.plot(counts, scores, "o", color=PALETTE["blue"], markersize=6, clip_on=False)
    axes.set_xscale("symlog", linthresh=1)
    axes.set(ylim=(-0.04, 1.04), xlim=(0 if min(counts, default=0) < 1 else 0.7 * min(counts), 2 * max([1, *counts])))
    axes.xaxis.set_major_locator(SymmetricalLogLocator(base=10, linthresh=1, subs=[1, 2, 3, 5]))
    axes.xaxis.set_major_formatter("{x:,.0f}")
    what = f"training {evaluated.unit}s" if known else f"{evaluated.unit}s"
    axes.set_xlabel(f"{what} that show the location", fontsize=FONT, color=PALETTE["ink"])
    axes.set_ylabel("F1", fontsize=FONT, color=PALETTE["ink"])
    axes.grid(axis="y", color=PALETTE["line"], linewidth=0.8)
    bare(axes)
    _name_points(axes, [row["name"] for row in rows], counts, scores)
    return figure


def _name_points(axes: Axes, names: list[str], x: list[int], y: list[float]) -> None:
    """Write names next to points where there is room for them."""
    from matplotlib.transforms import Bbox

    figure = axes.get_figure(root=True)
    assert figure is not None
    figure.draw_without_rendering()
    points = axes.transData.transform(np.column_stack([x, y]))
    taken = [Bbox.from_bounds(px - 4, py - 4, 8, 8) for px, py in points]
    for place, (name, *at) in enumerate(zip(names, x, y, strict=True)):
        for right, up, align in _PLACES:
            text = axes.annotate(
                name,
                (at[0], at[1]),
                xytext=(right, up),
                textcoords="offset points",
                ha=align,
                va="center",
                fontsize=FONT - 2,
                color=PALETTE["ink"],
                parse_math=False,
            )
            box = text.get_window_extent()
            others = [other for i, other in enumerate(taken) if i != place]
            inside = axes.bbox.x0 <= box.x0 and box.x1 <= axes.bbox.x1
            if inside and not any(box.overlaps(other) for other in others):
                taken.append(box)
                break
            text.remove()
