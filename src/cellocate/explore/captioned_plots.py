"""All plots of an exploration, with captions and alternative texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, NamedTuple

from cellocate.collection.image_quality import FOCUS_CHANNELS
from cellocate.counted import counted
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
from cellocate.explore.pixel_plots import plot_focus, plot_intensity, plot_pixels_compared

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_ORDER = "Locations that occur together are neighbours (average linkage on 1 − φ)."


class CaptionedPlot(NamedTuple):
    """A function that draws a plot at a width in px, its alternative text, and its caption with n."""

    draw: Callable[[int], Figure]
    alt: str
    caption: str


def make_plots(explored: Exploration) -> dict[str, CaptionedPlot]:
    """The plots that the data allow, by file name; each is drawn once for a width."""
    found = {**_of_labels(explored), **_of_columns(explored), **_of_pixels(explored)}
    return {name: plot._replace(draw=cache(plot.draw)) for name, plot in found.items()}


def _of_labels(explored: Exploration) -> dict[str, CaptionedPlot]:
    labels, vocabulary = explored.labels, explored.collection.vocabulary
    if labels is None or vocabulary is None:
        return {}
    n, things = f"n = {counted(labels.n, explored.unit)}", f"{explored.unit}s"
    found = {
        "counts": CaptionedPlot(
            partial(plot_counts, labels, vocabulary),
            f"Bar chart: {things} that show each location.",
            f"{things.capitalize()} that show each location, {n}; one can show several. Thin lines: {things} that show "
            f"no other location. Colours: coarse groups. Hollow bars: fewer than {FEW}.",
        ),
        "labels_per_field": CaptionedPlot(
            partial(plot_per_field, labels.per_field()),
            f"Bar chart: {things} by number of labels.",
            f"{things.capitalize()} by number of labels, {n}.",
        ),
    }
    if len(labels.order) > 1:
        found["phi"] = CaptionedPlot(
            partial(plot_phi, labels),
            "Heat map: correlation of each two locations.",
            f"Correlation φ of each two locations, in hundredths, {n}. Blue: together more often than by chance; "
            f"orange: less often; empty: below .005. {_ORDER}",
        )
        found["conditional"] = CaptionedPlot(
            partial(plot_conditional, labels),
            f"Heat map: per cent of the {things} of one location that show another.",
            f"Per cent of the {things} of the row's location that also show the column's location, {n}. Same order.",
        )
        found["cooccurrence"] = CaptionedPlot(
            partial(plot_pair_counts, labels),
            f"Heat map: how many {things} show both of two locations.",
            f"{things.capitalize()} that show both locations, {n} (k: thousands; logarithmic colours). Same order.",
        )
    if explored.before is not None and explored.before.labels is not None:
        before = explored.before.labels
        found["compared"] = CaptionedPlot(
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
        shown = f"the {min(20, len(table))} most frequent of {len(table):,}" if len(table) > 20 else f"all {len(table)}"
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
            f"Brightness of each channel in per cent of the {_full(random)}, {n}: mean and 99th percentile of each "
            f"{explored.unit}; dotted lines are medians. Each channel has its own scale.",
        )
    }
    if random["sharpness"].notna().any():
        landmark = next(c for c in FOCUS_CHANNELS if c in channels)
        found["focus"] = CaptionedPlot(
            partial(plot_focus, random),
            "Histogram: sharpness.",
            f"Sharpness of the {landmark} channel (share of its variance finer than about .64 µm), {n}. Dotted line: "
            "median. Left of the orange line, 'cellocate check' warns.",
        )
    before = None if explored.before is None else explored.before.random
    if before is not None and (both := _measured(before, channels)):
        found["compared_pixels"] = CaptionedPlot(
            partial(plot_pixels_compared, before, random, both),
            "Histograms: brightness of each channel and sharpness, before and after.",
            f"Brightness of each channel and sharpness, per cent of the {explored.unit}s drawn at random before "
            f"(line, n = {len(before):,}) and after (area, n = {len(random):,}), the same ones where both have them; "
            "dotted lines are medians.",
        )
    return found


def _full(pixels: pd.DataFrame) -> str:
    """The largest value of a pixel, in words."""
    values = [f"{2**bits - 1:,}" for bits in sorted(pixels["camera_bits"].astype(int).unique())]
    return f"largest value that a pixel can have ({' or '.join(values)})"


def _measured(pixels: pd.DataFrame, channels: Sequence[str]) -> list[str]:
    """The channels that any measured field has."""
    return [c for c in channels if f"{c}_mean" in pixels and pixels[f"{c}_mean"].notna().any()]
