"""Which plots a collection has, with what they show and their captions: for the page, and as files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from cellocate.collection.quality import FOCUS_CHANNELS
from cellocate.counted import counted
from cellocate.explore.before_after import plot_pixels_compared
from cellocate.explore.exploration import Exploration
from cellocate.explore.label_plots import (
    FEW,
    plot_column,
    plot_conditional,
    plot_counts,
    plot_counts_compared,
    plot_pair_counts,
    plot_per_field,
    plot_phi,
)
from cellocate.explore.pixel_plots import plot_focus, plot_intensity

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_ORDER = "Locations are ordered so that those that occur together stand together (average linkage on 1 − φ)."


class CaptionedPlot(NamedTuple):
    """Draws a plot of a width in px; what it shows, for those who do not see it; and its caption, with n."""

    draw: Callable[[int], Figure]
    alt: str
    caption: str


def make_plots(explored: Exploration) -> dict[str, CaptionedPlot]:
    """Every plot that there is something to draw for, by the name of its file."""
    return {**_of_labels(explored), **_of_columns(explored), **_of_pixels(explored)}


def _of_labels(explored: Exploration) -> dict[str, CaptionedPlot]:
    labels, vocabulary = explored.labels, explored.collection.vocabulary
    if labels is None or vocabulary is None:
        return {}
    n, things = f"n = {counted(labels.n, explored.unit)}", f"{explored.unit}s"
    found = {
        "counts": CaptionedPlot(
            partial(plot_counts, labels, vocabulary),
            f"Bar chart: {things} that show each location.",
            f"{things.capitalize()} that show each location, {n}. One may show several. Thin lines: those that "
            f"show it alone. Colours: coarse groups. "
            f"Hollow bars: fewer than {FEW}.",
        ),
        "labels_per_field": CaptionedPlot(
            partial(plot_per_field, labels.per_field()),
            f"Bar chart: {things} with so many labels.",
            f"{things.capitalize()} with so many labels, {n}.",
        ),
    }
    if len(labels.order) > 1:
        found["phi"] = CaptionedPlot(
            partial(plot_phi, labels),
            "Heat map: correlation of each two locations.",
            f"Correlation φ of each two locations, in hundredths, {n}: blue, together more often than by chance; "
            f"orange, less often; empty, less than .005 from none. {_ORDER}",
        )
        found["conditional"] = CaptionedPlot(
            partial(plot_conditional, labels),
            f"Heat map: per cent of the {things} of one location that show another.",
            f"Of the {things} that show the location of the row, the per cent that show that of the column, {n}. "
            "Same order.",
        )
        found["cooccurrence"] = CaptionedPlot(
            partial(plot_pair_counts, labels),
            f"Heat map: how many {things} show both of two locations.",
            f"{things.capitalize()} that show both locations, {n} (k: thousands); the stronger the more, by logarithm. "
            "Same order.",
        )
    if explored.before is not None and explored.before.labels is not None:
        before = explored.before.labels
        found["beside"] = CaptionedPlot(
            partial(plot_counts_compared, before, labels),
            f"Dot plot: {things} that show each location, before and after.",
            f"{things.capitalize()} that show each location, before (n = {before.n:,}) and after (n = {labels.n:,}), "
            "on a logarithmic scale.",
        )
    return found


def _of_columns(explored: Exploration) -> dict[str, CaptionedPlot]:
    found = {}
    for column, table in explored.columns.items():
        name = column.replace("_", " ")
        shown = f"the {min(20, len(table))} commonest of {len(table):,}" if len(table) > 20 else f"all {len(table)}"
        caption = f"{explored.unit.capitalize()}s of each {name}, {shown}, n = {counted(explored.n, explored.unit)}."
        if len(table) > 1:
            found[f"by_{column}"] = CaptionedPlot(
                partial(plot_column, table), f"Bar chart: {explored.unit}s of each {name}.", caption
            )
    return found


def _of_pixels(explored: Exploration) -> dict[str, CaptionedPlot]:
    random = explored.random
    if random is None or not len(random):
        return {}
    channels = _measured(random, explored.collection.channels)
    n = f"n = {counted(len(random), explored.unit)}"
    n += f" drawn at random from {explored.n:,} (seed {explored.choices.seed})" if len(random) < explored.n else ""
    found = {
        "intensity": CaptionedPlot(
            partial(plot_intensity, random, channels),
            "Histograms: brightness of each channel.",
            f"Brightness of each channel in per cent of the {_full(random)}, {n}: mean of the {explored.unit} "
            "and its 99th percentile; dotted lines are medians. Each channel has a scale of its own.",
        )
    }
    if random["sharpness"].notna().any():
        landmark = next(c for c in FOCUS_CHANNELS if c in channels)
        found["focus"] = CaptionedPlot(
            partial(plot_focus, random),
            "Histogram: sharpness.",
            f"Sharpness of the {landmark} channel (share of its variance finer than about .64 µm), {n}; the dotted "
            "line is the median. Left of the orange line 'cellocate check' warns.",
        )
    before = None if explored.before is None else explored.before.random
    if before is not None and (both := _measured(before, channels)):
        found["beside_pixels"] = CaptionedPlot(
            partial(plot_pixels_compared, before, random, both),
            "Histograms: brightness of each channel and sharpness, before and after.",
            f"Brightness of each channel and sharpness, per cent of the {explored.unit}s drawn at random before "
            f"(line, n = {len(before):,}) and after (area, n = {len(random):,}), the same ones where both have them; "
            "dotted lines are medians.",
        )
    return found


def _full(pixels: pd.DataFrame) -> str:
    """What a pixel can be at most, in words."""
    values = [f"{2**bits - 1:,}" for bits in sorted(pixels["camera_bits"].astype(int).unique())]
    return f"largest value that a pixel can have ({' or '.join(values)})"


def _measured(pixels: pd.DataFrame, channels: Sequence[str]) -> list[str]:
    """Those of the channels that any measured field has: of a few fields, not all may be drawn."""
    return [c for c in channels if f"{c}_mean" in pixels and pixels[f"{c}_mean"].notna().any()]
