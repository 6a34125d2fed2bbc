"""Plot how many cells of each location were found and kept."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pandas as pd

from cellocate.pictures.style import FONT, PALETTE, WIDE, bare, blank, legend

if TYPE_CHECKING:
    from matplotlib.figure import Figure


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
        axes.annotate(
            f"{kept:,} of {found:,}",
            (max(found, kept), place),
            xytext=(5, 0),
            textcoords="offset points",
            va="center_baseline",
            fontsize=FONT,
            color=PALETTE["ink"],
            annotation_clip=False,
        )
    names = [textwrap.fill(name, 30) for name in counts["location"]]
    axes.set_yticks(places, labels=names, color=PALETTE["ink"], parse_math=False)
    axes.set_ylim(len(counts) - 0.4, -0.6)
    axes.set_xlim(0, max(1, *counts["found"]) * 1.18)
    axes.set_xticks([])
    bare(axes)
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    legend(axes, loc="lower right")
    return figure
