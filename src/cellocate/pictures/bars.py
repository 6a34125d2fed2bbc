"""Horizontal bar charts."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cellocate.pictures.style import FONT, NARROW, PALETTE, bare, blank

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def bars(
    names: Sequence[str],
    values: Sequence[float],
    texts: Sequence[str],
    hollow: Sequence[bool],
    width: int,
    *,
    at_end: bool = False,
    colours: Sequence[str] | None = None,
) -> tuple[Figure, Axes]:
    """Draw a horizontal bar for each name, from the top.

    Args:
        names: one for each bar.
        values: their lengths.
        texts: next to each bar.
        hollow: which bars are outlines only.
        width: px.
        at_end: put the texts in a column at the right, not at the ends of the bars.
        colours: one for each bar; blue by default.
    """
    lines = [textwrap.fill(name, 30 if width > NARROW else 22) for name in names]
    row = 20 if not any("\n" in line for line in lines) else 28
    figure = blank(width, row * len(lines) + 30)
    axes = figure.add_subplot()
    places = range(len(lines))
    edges = colours or [PALETTE["blue"]] * len(lines)
    inside = ["none" if is_hollow else edge for is_hollow, edge in zip(hollow, edges, strict=True)]
    axes.barh(places, values, height=0.62, color=inside, edgecolor=edges, linewidth=1, zorder=2)
    for place, value, text in zip(places, values, texts, strict=True):
        x, transform = (1.02, axes.get_yaxis_transform()) if at_end else (value, axes.transData)
        axes.annotate(
            text,
            (x, place),
            xycoords=transform,
            xytext=(5, 0),
            textcoords="offset points",
            va="center_baseline",
            fontsize=FONT,
            color=PALETTE["ink"],
            annotation_clip=False,
        )
    axes.set_ylim(len(lines) - 0.4, -0.6)
    # names are the user's: a dollar sign in one is no formula
    axes.set_yticks(places, labels=lines, color=PALETTE["ink"], parse_math=False)
    bare(axes)
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    return figure, axes
