"""Draw a matrix of locations as coloured squares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from cellocate.pictures.style import NARROW, PALETTE, blank

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LARGEST_CELL = 34.0  # px
_DENSEST = 0.75  # opacity of 1, so that the number on it stays readable
_DIGITS = 3  # that a square has room for


class Square(NamedTuple):
    """A square of a matrix: its place, its colour in `PALETTE`, its share of the full colour, and its text."""

    row: int
    column: int
    colour: str
    share: float
    text: str = ""


def draw_matrix(
    labels: Sequence[str], squares: Sequence[Square], width: int, across: Sequence[str] | None = None
) -> Figure:
    """Draw a matrix with the same names for rows and columns; on a narrow page squares have no text.

    Args:
        labels: of the rows.
        squares: those that are not empty.
        width: px.
        across: labels of the columns; by default those of the rows, upright.
    """
    wide = width > NARROW
    size, font = len(labels), 8.5 if wide else 7
    left, top = (180.0, 170.0) if wide else (110.0, 24.0)
    cell = min(_LARGEST_CELL, (width - left - 8) / size)
    height = top + size * cell + 8
    figure = blank(width, height, layout=None)
    axes = figure.add_axes((left / width, 8 / height, size * cell / width, size * cell / height))
    for square in squares:
        _draw(axes, square)
        if wide and square.text:
            text_font = 7.5 if len(square.text) < _DIGITS else 6.5
            style: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": text_font, "color": PALETTE["ink"]}
            axes.text(square.column, square.row, square.text, **style)
    axes.set(xlim=(-0.5, size - 0.5), ylim=(size - 0.5, -0.5))
    style = {"fontsize": font, "color": PALETTE["ink"], "parse_math": False}
    axes.set_yticks(range(size), labels=labels, **style)
    axes.set_xticks(range(size), labels=labels if across is None else across, rotation=90 if wide else 0, **style)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.patch.set_visible(False)
    axes.set_xticks(np.arange(size + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(size + 1) - 0.5, minor=True)
    axes.tick_params(which="minor", length=0)
    axes.grid(which="minor", color=PALETTE["line"], linewidth=0.6)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_color(PALETTE["line"])
    return figure


def _draw(axes: Axes, square: Square) -> None:
    from matplotlib.patches import Rectangle

    corner = (square.column - 0.5, square.row - 0.5)
    colour = PALETTE[square.colour]
    axes.add_patch(Rectangle(corner, 1, 1, facecolor=colour, alpha=square.share * _DENSEST, linewidth=0))
