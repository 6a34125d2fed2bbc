"""What was measured of the pictures before and after, such as of a clean-up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cellocate.collection.quality import SHARPNESS
from cellocate.pictures.colours import STAINS
from cellocate.pictures.style import FONT, NARROW, PALETTE, WIDE, bare, blank, legend

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_BINS = 24
_SHAPE = ("height_px", "width_px", "depth_bits", "camera_bits")


def compare_medians(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """The median of each figure before and after.

    Args:
        before: from `cellocate.explore.pixel_statistics.measure_fields`.
        after: likewise.

    Returns:
        A row for each figure that both have: `figure`, `before`, `after`; rows without a value left out.

    Example:
        >>> one, two = pd.DataFrame({"green_mean": [0.1, 0.3]}), pd.DataFrame({"green_mean": [0.5], "red_mean": [0.5]})
        >>> compare_medians(one, two).to_dict("records")
        [{'figure': 'green_mean', 'before': 0.2, 'after': 0.5}]
    """
    figures = [name for name in after if name in before and name not in _SHAPE]
    sides = {"before": before[figures].median(), "after": after[figures].median()}
    return pd.DataFrame(sides, index=pd.Index(figures, name="figure")).dropna().reset_index()


def plot_pixels_compared(
    before: pd.DataFrame, after: pd.DataFrame, channels: Sequence[str], width: int = WIDE
) -> Figure:
    """Brightness of each channel, and focus: histograms before (line) and after (area), in per cent; with medians."""
    panels = [(f"{c}_mean", 100.0, f"{STAINS[c].capitalize()} ({c}), mean, % of full range") for c in channels]
    panels += [("sharpness", 1.0, f"Sharpness (out of focus below {SHARPNESS:g})")]
    known = [panel for panel in panels if before[panel[0]].notna().any() and after[panel[0]].notna().any()]
    columns = 2 if width > NARROW else 1
    rows = -(-len(known) // columns)
    figure = blank(width, 170 * rows + 40)
    places = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in places[len(known) :]:
        axes.set_axis_off()
    for axes, (name, scale, words) in zip(places, known, strict=False):
        sides = (("before", "orange", scale * before[name].dropna()), ("after", "blue", scale * after[name].dropna()))
        top = max(float(values.max()) for _, _, values in sides) or 1.0
        for label, colour, values in sides:
            area = {"histtype": "step", "linewidth": 1.5} if label == "before" else {"alpha": 0.5}
            weights = np.full(len(values), 100 / len(values))
            edges = np.linspace(0, 1.02 * top, _BINS + 1).tolist()
            axes.hist(values, bins=edges, weights=weights, color=PALETTE[colour], label=label, **area)
            axes.axvline(float(values.median()), color=PALETTE[colour], linestyle=":", linewidth=1.5)
        axes.set_title(words, loc="left", fontsize=FONT - 1, color=PALETTE["ink"])
        bare(axes)
    places[0].set_ylim(top=1.4 * places[0].get_ylim()[1])  # room for the legend
    places[0].set_ylabel("%", fontsize=FONT - 1, color=PALETTE["ink"])
    legend(places[0], loc="upper right", ncols=2)
    return figure
