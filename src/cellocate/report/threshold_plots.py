"""Plot F1 against threshold: a small panel for each location, with the chosen threshold."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from cellocate.evaluation import FEW
from cellocate.pictures.figures import save_figure_as
from cellocate.pictures.style import PALETTE, WIDE, bare
from cellocate.write_tables import write_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PANEL = 150  # px wide, so that two fit next to each other on a phone
_HEIGHT = 132
_LEFT, _BELOW = 38, 22  # px for the labels at the left of all panels and below them
_ABOVE, _NUMBERS, _GAP = 32, 16, 14  # px of a panel for its title and its numbers, and between two
_FONT = 9.0
_TITLE, _LINE = 38, 26  # letters, in all and of a line
_KEY = (
    "(n): how many show the location. Dotted line and number: the chosen threshold. "
    f"Hollow dot: n is below {FEW}, too few to judge."
)
_LETTER, _KEY_LINE = 4.8, 13  # px of a letter of the key, and of its lines


def plot_f1_curves(table: pd.DataFrame, width: int = WIDE) -> Figure:
    """Plot F1 of each location at every threshold; a point marks the chosen one, hollow for fewer than ten fields.

    Args:
        table: as `decision.f1_curves` gives it.
        width: px.
    """
    from matplotlib.figure import Figure

    locations = list(table.groupby("location", sort=False))
    columns = max(1, min((width - _LEFT) // _PANEL, len(locations)))
    rows = -(-len(locations) // columns)
    wide = columns * _PANEL + _LEFT
    key = textwrap.wrap(_KEY, int((wide - _LEFT) / _LETTER))
    above = _ABOVE + _KEY_LINE * len(key)
    high = rows * _HEIGHT + _BELOW + above - _ABOVE
    figure = Figure(figsize=(wide / 72, high / 72))
    panels = figure.subplots(  # places in px, as matplotlib takes seconds to find them; shared axes take longer still
        rows,
        columns,
        squeeze=False,
        gridspec_kw={
            "left": _LEFT / wide,
            "right": 1 - _GAP / wide,
            "top": 1 - above / high,
            "bottom": (_BELOW + _NUMBERS) / high,
            "wspace": _GAP / (_PANEL - _GAP),
            "hspace": (_ABOVE + _NUMBERS) / (_HEIGHT - _ABOVE - _NUMBERS),
        },
    ).ravel()
    for place, axes in enumerate(panels):
        if place < len(locations):
            _draw(axes, *locations[place])
        else:
            axes.set_axis_off()
        # a panel above an empty one needs its own numbers
        axes.tick_params(labelbottom=place + columns >= len(locations), labelleft=place % columns == 0)
    figure.text(_LEFT / wide, 1, "\n".join(key), va="top", fontsize=_FONT, color=PALETTE["ink"])
    figure.supxlabel("threshold", y=6 / high, va="bottom", fontsize=_FONT + 1, color=PALETTE["ink"])
    figure.supylabel("F1", x=2 / wide, ha="left", fontsize=_FONT + 1, color=PALETTE["ink"])
    return figure


def save_f1_curves(path: Path, table: pd.DataFrame) -> list[Path]:
    """Draw the curves as `path` (PNG, SVG or PDF by its suffix), and write the table next to it as CSV."""
    save_figure_as(plot_f1_curves(table), path)
    csv = path.with_suffix(".csv")
    write_table(csv, table)
    return [path, csv]


def _draw(axes: Axes, name: object, curve: pd.DataFrame) -> None:
    support = int(curve["support"].iloc[0])
    count = f" ({support:,})"
    title = textwrap.shorten(str(name), _TITLE - len(count), placeholder="…") + count
    axes.set_title(textwrap.fill(title, _LINE), loc="left", fontsize=_FONT, color=PALETTE["ink"], parse_math=False)
    chosen = curve[curve["chosen"] == 1]
    if support:
        axes.plot(curve["threshold"], curve["f1"], color=PALETTE["blue"], linewidth=1.4)
    else:
        axes.text(0.5, 0.5, "no field", ha="center", va="center", fontsize=_FONT, color=PALETTE["muted"])
    if len(chosen):
        at, f1 = float(chosen["threshold"].iloc[0]), float(chosen["f1"].iloc[0])
        orange = PALETTE["orange"]
        axes.axvline(at, color=orange, linewidth=0.8, linestyle=":")
        if support:
            fill = orange if support >= FEW else PALETTE["paper"]
            axes.plot([at], [f1], "o", color=orange, markerfacecolor=fill, markersize=5, clip_on=False)
        side = at < 0.5
        axes.annotate(
            f"{at:.2f}",
            (at, 0.04),
            xytext=(3 if side else -3, 0),
            textcoords="offset points",
            ha="left" if side else "right",
            fontsize=_FONT - 1,
            color=PALETTE["ink"],
        )
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.05)
    axes.set_xticks([0, 0.5, 1], labels=["0", ".5", "1"])
    axes.set_yticks([0, 0.5, 1], labels=["0", ".5", "1"])
    bare(axes)
    axes.tick_params(labelsize=_FONT - 1)
    axes.grid(color=PALETTE["line"], linewidth=0.6)
