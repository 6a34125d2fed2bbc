"""Histograms of brightness and focus."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellocate.collection.image_quality import SHARPNESS
from cellocate.pictures.colours import STAINS
from cellocate.pictures.style import FONT, NARROW, PALETTE, WIDE, bare, blank, legend

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BINS = 24  # at most, so that few fields fill theirs
_SMALLEST_RANGE = 0.1  # per cent, so that entirely black fields have an axis


def plot_intensity(pixels: pd.DataFrame, channels: Sequence[str], width: int = WIDE) -> Figure:
    """Histograms of the mean and the 99th percentile of each channel, with medians.

    Each channel has its own axis, which ends at the brightest field.
    """
    figure, panels = _panels(len(channels), width, 190, 30)
    for axes, channel in zip(panels, channels, strict=True):
        high, mean = (100 * pixels[f"{channel}_{name}"].dropna() for name in ("high", "mean"))
        top = max(float(high.max()), float(mean.max()), _SMALLEST_RANGE)
        edges = _edges(top, len(mean), 2)
        _histogram(axes, mean, "blue", "mean", edges)
        _histogram(axes, high, "orange", "99th percentile", edges)
        axes.set_xlim(0, top)
        axes.set_title(f"{STAINS[channel].capitalize()} ({channel})", loc="left", fontsize=FONT, color=PALETTE["ink"])
        axes.set_xlabel("% of full range", fontsize=FONT - 1, color=PALETTE["ink"])
    panels[0].set_ylim(top=1.35 * panels[0].get_ylim()[1])  # room for the legend
    panels[0].set_ylabel("how many", fontsize=FONT - 1, color=PALETTE["ink"])
    legend(panels[0], loc="upper right")
    return figure


def plot_focus(pixels: pd.DataFrame, width: int = WIDE) -> Figure:
    """Histogram of the sharpness of fields, and the limit below which `check` warns that one is out of focus."""
    figure = blank(width, 230)
    axes = figure.add_subplot()
    values = pixels["sharpness"].dropna()
    top = max(float(values.max()), 2 * SHARPNESS)
    _histogram(axes, values, "blue", None, _edges(top, len(values)))
    axes.axvline(SHARPNESS, color=PALETTE["orange"], linewidth=1.5, label=f"out of focus below {SHARPNESS:g}")
    axes.set_xlim(0, top)
    axes.set_ylim(top=1.2 * axes.get_ylim()[1])  # room for the legend
    axes.set_xlabel("sharpness", fontsize=FONT, color=PALETTE["ink"])
    axes.set_ylabel("how many", fontsize=FONT, color=PALETTE["ink"])
    legend(axes, loc="upper right")
    return figure


def plot_pixels_compared(
    before: pd.DataFrame, after: pd.DataFrame, channels: Sequence[str], width: int = WIDE
) -> Figure:
    """Histograms of brightness and sharpness before (line) and after (area), in per cent of fields, with medians."""
    panels = [(f"{c}_mean", 100.0, f"{STAINS[c].capitalize()} ({c}), mean, % of full range") for c in channels]
    panels += [("sharpness", 1.0, f"Sharpness (out of focus below {SHARPNESS:g})")]
    known = [panel for panel in panels if before[panel[0]].notna().any() and after[panel[0]].notna().any()]
    figure, places = _panels(len(known), width, 170, 40)
    for axes, (name, scale, title) in zip(places, known, strict=True):
        sides = (("before", "orange", scale * before[name].dropna()), ("after", "blue", scale * after[name].dropna()))
        top = max(float(values.max()) for _, _, values in sides) or 1.0
        for label, colour, values in sides:
            style = {"histtype": "step", "linewidth": 1.5} if label == "before" else {"alpha": 0.5}
            weights = np.full(len(values), 100 / len(values))
            edges = _edges(1.02 * top, min(len(before), len(after)))
            axes.hist(values, bins=edges.tolist(), weights=weights, color=PALETTE[colour], label=label, **style)
            axes.axvline(float(values.median()), color=PALETTE[colour], linestyle=":", linewidth=1.5)
        axes.set_title(title, loc="left", fontsize=FONT - 1, color=PALETTE["ink"])
        bare(axes)
    places[0].set_ylim(top=1.4 * places[0].get_ylim()[1])  # room for the legend
    places[0].set_ylabel("%", fontsize=FONT - 1, color=PALETTE["ink"])
    legend(places[0], loc="upper right", ncols=2)
    return figure


def _panels(count: int, width: int, height: int, extra: int) -> tuple[Figure, list[Axes]]:
    """A figure with `count` axes, two in a row if it is wide."""
    columns = 2 if width > NARROW and count > 1 else 1
    rows = -(-count // columns)
    figure = blank(width, height * rows + extra)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for unused in panels[count:]:
        unused.set_axis_off()
    return figure, list(panels[:count])


def _edges(top: float, n: int, times: int = 1) -> NDArray[np.float64]:
    """Edges of the bins from 0 to `top` for n values; `times` as many bins as by default."""
    return np.linspace(0, top, times * min(_BINS, 2 * math.isqrt(n) + 2) + 1)


def _histogram(
    axes: Axes, values: pd.Series[float], colour: str, label: str | None, edges: NDArray[np.float64]
) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.hist(values, bins=edges.tolist(), color=PALETTE[colour], alpha=0.6, label=label)
    axes.axvline(float(values.median()), color=PALETTE[colour], linestyle=":", linewidth=1.5)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=4))
    bare(axes)
