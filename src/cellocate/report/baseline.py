"""Two models, or tables, compared: as files and as a plot."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from cellocate.assessment.baseline import Comparison, differs
from cellocate.files import write_text
from cellocate.pictures.style import NARROW, PALETTE, WIDE, bare, blank, legend
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
    """F1 of both for each location, joined by a line, with how many show it; a star where they differ."""
    rows = comparison.found["per_class"]
    names = [textwrap.fill(row["name"], 30 if width > NARROW else 22) for row in rows]
    height = 20 if not any("\n" in name for name in names) else 28
    figure = blank(width, height * len(rows) + 90)
    axes = figure.add_subplot()
    known = [place for place, row in enumerate(rows) if row["p"] is not None]
    for place in known:
        axes.plot([rows[place]["a"], rows[place]["b"]], [place, place], color=PALETTE["muted"], linewidth=1.5)
    looks = (("a", "o", "blue", comparison.a, 4), ("b", "D", "orange", comparison.b, 3))
    for key, marker, colour, name, above in looks:
        values = [rows[place][key] for place in known]
        label = textwrap.shorten(name, 40, placeholder="…")
        axes.plot(values, known, marker, color=PALETTE[colour], markersize=6, label=label, zorder=above, clip_on=False)
    for place, row in enumerate(rows):
        text = f"{row['support']:,}" + (" *" if differs(row) else "")
        axes.annotate(
            text,
            (1.03, place),
            xycoords=axes.get_yaxis_transform(),
            va="center_baseline",
            fontsize=11,
            color=PALETTE["ink"],
            annotation_clip=False,
        )
    axes.set_xlim(0, 1)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_yticks(range(len(rows)), labels=names, color=PALETTE["ink"], parse_math=False)
    axes.set_xlabel("F1; at the right: how many show it", fontsize=11, color=PALETTE["ink"])
    axes.grid(axis="x", color=PALETTE["line"], linewidth=0.8)
    legend(axes, loc="lower left", bbox_to_anchor=(0, 1), ncols=2 if width > NARROW else 1)
    bare(axes)
    axes.tick_params(axis="y", length=0)
    return figure
