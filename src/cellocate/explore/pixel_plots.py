"""Plots of how brightness and focus are spread over the measured fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellocate.collection.quality import SHARPNESS
from cellocate.pictures.colours import STAINS
from cellocate.pictures.style import FONT, NARROW, PALETTE, WIDE, bare, blank, legend

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BINS = 24
_SMALLEST_RANGE = 0.1  # per cent, so that fields that are all black have an axis


def plot_intensity(pixels: pd.DataFrame, channels: Sequence[str], width: int = WIDE) -> Figure:
    """How bright each channel is: histograms of the fields' means and of their 99th percentiles, with medians.

    Each channel has an axis of its own, which ends at its brightest field.
    """
    wide = width > NARROW
    rows, columns = (-(-len(channels) // 2), 2) if wide and len(channels) > 1 else (len(channels), 1)
    figure = blank(width, 190 * rows + 30)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in panels[len(channels) :]:
        axes.set_axis_off()
    for axes, channel in zip(panels, channels, strict=False):
        high, mean = (100 * pixels[f"{channel}_{figure_}"].dropna() for figure_ in ("high", "mean"))
        top = max(float(high.max()), float(mean.max()), _SMALLEST_RANGE)
        edges = np.linspace(0, top, _BINS * 2 + 1)
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
    """How sharp fields are: a histogram, and the limit below which `check` calls one out of focus."""
    figure = blank(width, 230)
    axes = figure.add_subplot()
    values = pixels["sharpness"].dropna()
    top = max(float(values.max()), 2 * SHARPNESS)
    _histogram(axes, values, "blue", None, np.linspace(0, top, _BINS + 1))
    axes.axvline(SHARPNESS, color=PALETTE["orange"], linewidth=1.5, label=f"out of focus below {SHARPNESS:g}")
    axes.set_xlim(0, top)
    axes.set_ylim(top=1.2 * axes.get_ylim()[1])  # room for the legend
    axes.set_xlabel("sharpness", fontsize=FONT, color=PALETTE["ink"])
    axes.set_ylabel("how many", fontsize=FONT, color=PALETTE["ink"])
    legend(axes, loc="upper right")
    return figure


def _histogram(
    axes: Axes, values: pd.Series[float], colour: str, label: str | None, edges: NDArray[np.float64]
) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.hist(values, bins=edges.tolist(), color=PALETTE[colour], alpha=0.6, label=label)
    axes.axvline(float(values.median()), color=PALETTE[colour], linestyle=":", linewidth=1.5)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=4))
    bare(axes)
