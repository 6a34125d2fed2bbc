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
        write_number(axes, text, place, None if at_end else value)
    name_rows(axes, lines)
    axes.spines["bottom"].set_visible(False)
    return figure, axes


def name_rows(axes: Axes, names: Sequence[str]) -> None:
    """Write a name at each row of a plot, from the top."""
    axes.set_ylim(len(names) - 0.4, -0.6)
    # names are the user's: a dollar sign in one is no formula
    axes.set_yticks(range(len(names)), labels=names, color=PALETTE["ink"], parse_math=False)
    bare(axes)
    axes.tick_params(axis="y", length=0)


def write_number(axes: Axes, text: str, row: int, x: float | None = None) -> None:
    """Write a number in a row, right of `x` or, without it, right of the plot."""
    at, transform = (1.02, axes.get_yaxis_transform()) if x is None else (x, axes.transData)
    axes.annotate(
        text,
        (at, row),
        xycoords=transform,
        xytext=(5, 0),
        textcoords="offset points",
        va="center_baseline",
        fontsize=FONT,
        color=PALETTE["ink"],
        annotation_clip=False,
    )
