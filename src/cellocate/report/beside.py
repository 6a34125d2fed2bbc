"""Two models, or tables, on the same fields: side by side in words, tables and a plot."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellocate.evaluation import compare
from cellocate.evaluation.measures import NAMES
from cellocate.files import write_text
from cellocate.pictures.style import NARROW, PALETTE, WIDE, bare, blank, legend
from cellocate.pictures.words import number
from cellocate.report.predicted import Predicted
from cellocate.rounded import json_text
from cellocate.vocabulary import Vocabulary
from cellocate.written import write_table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LEVEL = 0.05
_NAMES = NAMES | {"group_macro_f1": NAMES["group_level.macro_f1"]}


@dataclass(frozen=True)
class Beside:
    """What `compare` found, with names for the two.

    Args:
        a: the name of what was evaluated.
        b: of the other.
        found: as `cellocate.evaluation.compare` gives it.
    """

    a: str
    b: str
    found: dict[str, Any]

    @property
    def rows(self) -> list[tuple[str, str, str, str, str, str]]:
        """Measure, a, b, difference, interval and p, as text."""
        return [
            (
                _NAMES[row["name"]],
                number(row["a"], 3),
                number(row["b"], 3),
                f"{row['difference']:+.3f}",
                f"{row['interval'][0]:+.3f} to {row['interval'][1]:+.3f}",
                "–" if row["p"] is None else p_value(row["p"]),
            )
            for row in self.found["measures"]
        ]

    @property
    def differing(self) -> list[str]:
        """The locations whose F1 differs by more than chance, after correction for their number."""
        return [row["name"] for row in self.found["per_class"] if _differs(row)]

    @property
    def sentence(self) -> str:
        """The comparison in one line."""
        _, a, b, difference, interval, p = self.rows[0]
        return f"macro F1 {a} beside {b} of {self.b}: difference {difference} (95% interval {interval}), p = {p}"

    def write(self, folder: Path) -> None:
        """Write `comparison.json`, and its rows per class as `comparison.csv`."""
        content = {"a": self.a, "b": self.b, **self.found}
        write_text(folder / "comparison.json", json_text(content) + "\n")
        table = pd.DataFrame(self.found["per_class"])
        bounds = [(None, None) if pair is None else pair for pair in table.pop("interval")]
        table["low"], table["high"] = zip(*bounds, strict=True)
        write_table(folder / "comparison.csv", table)


def set_beside(
    first: Predicted, other: Predicted, truth: NDArray[np.bool_], vocabulary: Vocabulary, groups: Sequence[str]
) -> Beside:
    """Compare two predictions of the same fields; see `cellocate.evaluation.compare`."""
    both = None
    if first.probabilities is not None and other.probabilities is not None:
        both = (first.probabilities, other.probabilities)
    found = compare(truth, first.decided, other.decided, vocabulary, probabilities=both, groups=groups)
    return Beside(*_names(first.source, other.source), found)


def plot_beside(beside: Beside, width: int = WIDE) -> Figure:
    """F1 of both for each location, joined by a line, with how many show it; a star where they differ."""
    rows = beside.found["per_class"]
    names = [textwrap.fill(row["name"], 30 if width > NARROW else 22) for row in rows]
    height = 20 if not any("\n" in name for name in names) else 28
    figure = blank(width, height * len(rows) + 90)
    axes = figure.add_subplot()
    known = [place for place, row in enumerate(rows) if row["p"] is not None]
    for place in known:
        axes.plot([rows[place]["a"], rows[place]["b"]], [place, place], color=PALETTE["muted"], linewidth=1.5)
    looks = (("a", "o", "blue", beside.a, 4), ("b", "D", "orange", beside.b, 3))
    for key, marker, colour, name, above in looks:
        values = [rows[place][key] for place in known]
        label = textwrap.shorten(name, 40, placeholder="…")
        axes.plot(values, known, marker, color=PALETTE[colour], markersize=6, label=label, zorder=above, clip_on=False)
    for place, row in enumerate(rows):
        text = f"{row['support']:,}" + (" *" if _differs(row) else "")
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


def p_value(p: float) -> str:
    """A p-value with as many digits as it bears.

    Example:
        >>> p_value(0.0001), p_value(0.0312), p_value(0.5)
        ('0.0001', '0.031', '0.50')
    """
    return f"{p:.2f}" if p >= 0.1 else f"{p:.3f}" if p >= 0.001 else f"{p:.4f}"


def _differs(row: dict[str, Any]) -> bool:
    return row["p_holm"] is not None and row["p_holm"] < LEVEL


def _names(first: Path, other: Path) -> tuple[str, str]:
    """Short names of two sources: a run's folder, or a table's stem; the whole path where these are the same."""
    a, b = (path.resolve().parent.name if path.name == "model" else path.stem for path in (first, other))
    return (a, b) if a != b else (str(first), str(other))
