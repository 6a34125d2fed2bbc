"""Files and plot of a comparison of two models, or tables."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from cellocate.assessment.baseline_comparison import Comparison, differs
from cellocate.files import write_text
from cellocate.pictures.bars import name_rows, write_number
from cellocate.pictures.style import FONT, NARROW, PALETTE, WIDE, blank, legend
from cellocate.rounded import json_text
from cellocate.write_tables import write_table

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def write_comparison(folder: Path, comparison: Comparison) -> None:
    """Write `comparison.json`, and its rows per class as `comparison.csv`."""
    content = {"a": comparison.a, "b": comparison.b, **comparison.found}
    write_text(folder / "comparison.json", json_text(content) + "\n")
    table = pd.DataFrame(comparison.found["per_class"])
    bounds = [(None, None) if pair is None else pair for pair in table.pop("interval")]
    table["low"], table["high"] = zip(*bounds, strict=True)
    write_table(folder / "comparison.csv", table)


def plot_comparison(comparison: Comparison, width: int = WIDE) -> Figure:
    """Plot F1 of both for each location, joined by a line, with the number of fields; a star marks a difference."""
    rows = comparison.found["per_class"]
    names = [textwrap.fill(row["name"], 30 if width > NARROW else 22) for row in rows]
    height = 20 if not any("\n" in name for name in names) else 28
    figure = blank(width, height * len(rows) + 90)
    axes = figure.add_subplot()
    known = [place for place, row in enumerate(rows) if row["p"] is not None]
    for place in known:
        axes.plot([rows[place]["a"], rows[place]["b"]], [place, place], color=PALETTE["muted"], linewidth=1.5)
    series = (("a", "o", "blue", comparison.a, 4), ("b", "D", "orange", comparison.b, 3))
    for key, marker, colour, name, above in series:
        values = [rows[place][key] for place in known]
        label = textwrap.shorten(name, 40, placeholder="…")
        axes.plot(values, known, marker, color=PALETTE[colour], markersize=6, label=label, zorder=above, clip_on=False)
    for place, row in enumerate(rows):
        write_number(axes, f"{row['support']:,}" + (" *" if differs(row) else ""), place)
    axes.set_xlim(0, 1)
    name_rows(axes, names)
    axes.set_xlabel("F1; at the right: how many show it", fontsize=FONT, color=PALETTE["ink"])
    axes.grid(axis="x", color=PALETTE["line"], linewidth=0.8)
    legend(axes, loc="lower left", bbox_to_anchor=(0, 1), ncols=2 if width > NARROW else 1)
    return figure
