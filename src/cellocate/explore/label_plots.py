"""Plots of labels: counts, labels per field, co-occurrence, before and after."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cellocate.explore.cooccurrence import conditional_shares
from cellocate.explore.label_counts import LabelCounts
from cellocate.pictures.bars import bars
from cellocate.pictures.matrix import Square, draw_matrix
from cellocate.pictures.style import FONT, NARROW, PALETTE, WIDE, bare, blank, group_colours, legend

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from cellocate.vocabulary import Vocabulary

FEW = 10
"""Locations with fewer fields are drawn hollow: too few to learn from or to measure."""
_VALUES = 20
_ROOMY = 14  # number of locations whose numbers fit on a phone


def plot_counts(labels: LabelCounts, vocabulary: Vocabulary, width: int = WIDE) -> Figure:
    """Bars: fields that show each location, in the colour of its group, and those with no other (thin line)."""
    colours = group_colours(vocabulary.groups)
    counts = labels.per_location.tolist()
    edges = [colours[location.group] for location in vocabulary.locations]
    texts = [f"{count:,}" for count in counts]
    figure = _counted(list(labels.names), counts, texts, width, colours=edges)
    figure.axes[0].barh(range(len(counts)), labels.alone, height=0.16, color=PALETTE["ink"], zorder=3)
    return figure


def plot_per_field(table: pd.DataFrame, width: int = WIDE) -> Figure:
    """Bars: fields by number of labels."""
    names = ["none" if n == 0 else f"{n} label" + ("" if n == 1 else "s") for n in table["labels"]]
    counts = table["fields"].tolist()
    texts = [f"{count:,} ({_per_cent(count / sum(counts))})" for count in counts]
    return _counted(names, counts, texts, width, room=1.3)


def _per_cent(share: float) -> str:
    """A share in per cent; a small share is not rounded to 0.

    Example:
        >>> _per_cent(0.1017), _per_cent(2 / 31072), _per_cent(0)
        ('10.2%', '< 0.1%', '0.0%')
    """
    return "< 0.1%" if 0 < share < 0.0005 else f"{100 * share:.1f}%"


def plot_column(table: pd.DataFrame, width: int = WIDE) -> Figure:
    """Bars: fields of the most frequent values of a column."""
    top = table.head(_VALUES)
    counts = top["fields"].tolist()
    return _counted(top["value"].tolist(), counts, [f"{count:,}" for count in counts], width)


def plot_pair_counts(labels: LabelCounts, width: int = WIDE) -> Figure:
    """Matrix: fields that show both of two locations, on a logarithmic colour scale; in clustered order."""
    both = labels.both
    largest = max(2, int((both - np.diag(np.diag(both))).max(initial=0)))

    def square(row: int, column: int, i: int, j: int) -> Square | None:
        share = float(np.log1p(both[i, j]) / np.log1p(largest))
        return Square(row, column, "blue", share, _short(int(both[i, j]))) if both[i, j] else None

    return _matrix(labels, square, width)


def plot_phi(labels: LabelCounts, width: int = WIDE) -> Figure:
    """Matrix: correlation of each two locations in hundredths, blue above 0, orange below; in clustered order."""

    def square(row: int, column: int, i: int, j: int) -> Square | None:
        value = float(labels.phi[i, j])
        colour = "blue" if value > 0 else "orange"
        share = abs(value) ** 0.7  # most correlations of labels are weak
        text = f"{100 * value:.0f}".replace("-", "−")
        return None if abs(value) < 0.005 else Square(row, column, colour, share, text)

    return _matrix(labels, square, width)


def plot_conditional(labels: LabelCounts, width: int = WIDE) -> Figure:
    """Matrix: per cent of the fields of one location (row) that show another (column); in clustered order."""
    shares = conditional_shares(labels.both)

    def square(row: int, column: int, i: int, j: int) -> Square | None:
        share = float(shares[i, j])
        return None if share < 0.005 else Square(row, column, "blue", share, f"{100 * share:.0f}")

    return _matrix(labels, square, width)


def plot_counts_compared(before: LabelCounts, after: LabelCounts, width: int = WIDE) -> Figure:
    """Dots: fields that show each location before and after, on a logarithmic scale."""
    names = [textwrap.fill(name, 30 if width > NARROW else 22) for name in after.names]
    figure = blank(width, (20 if not any("\n" in name for name in names) else 28) * len(names) + 90)
    axes = figure.add_subplot()
    series = ((before, "o", "orange", "before"), (after, "D", "blue", "after"))
    places = np.arange(len(names))
    axes.hlines(places, before.per_location, after.per_location, color=PALETTE["muted"], linewidth=1.5)
    for counts, marker, colour, label in series:
        axes.plot(counts.per_location, places, marker, color=PALETTE[colour], markersize=6, label=label, clip_on=False)
    axes.set_xscale("symlog", linthresh=1)
    axes.set_xlim(left=0)
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_yticks(places, labels=names, color=PALETTE["ink"], parse_math=False)
    axes.set_xlabel("fields that show it", fontsize=FONT, color=PALETTE["ink"])
    axes.grid(axis="x", color=PALETTE["line"], linewidth=0.8)
    legend(axes, loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    bare(axes)
    axes.tick_params(axis="y", length=0)
    return figure


def _counted(
    names: list[str],
    counts: list[int],
    texts: list[str],
    width: int,
    *,
    colours: list[str] | None = None,
    room: float = 1.14,
) -> Figure:
    hollow = [count < FEW for count in counts]
    figure, axes = bars(names, counts, texts, hollow, width, colours=colours)
    axes.set_xlim(0, max(1, *counts) * (room if width > NARROW else 2 * room - 1))
    axes.set_xticks([])
    return figure


def _matrix(labels: LabelCounts, square: Callable[[int, int, int, int], Square | None], width: int) -> Figure:
    """Draw a matrix of locations; `square` gets row, column and the indices of both locations."""
    order, wide = labels.order, width > NARROW
    places = [(row, column, i, j) for row, i in enumerate(order) for column, j in enumerate(order) if i != j]
    squares = [found for place in places if (found := square(*place)) is not None]
    names = [textwrap.shorten(labels.names[i], 30 if wide else 20, placeholder="…") for i in order]
    if wide:
        return draw_matrix(names, squares, width)
    every = 1 if len(order) <= _ROOMY else 3
    across = [str(place) if (place - 1) % every == 0 else "" for place in range(1, len(order) + 1)]
    return draw_matrix([f"{name} {place}" for place, name in enumerate(names, start=1)], squares, width, across)


def _short(count: int) -> str:
    """A count in at most three characters, which fit in a square.

    Example:
        >>> _short(870), _short(3172), _short(41_200)
        ('870', '3k', '41k')
    """
    return str(count) if count < 1000 else f"{count / 1000:.0f}k"
