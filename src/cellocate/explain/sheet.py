"""An explained field as a figure: composite and channels, with a row of maps for each location."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from numpy.typing import NDArray

from cellocate.explain.explained import Explained
from cellocate.explain.overlay import RGB, outlined, scaled, warm
from cellocate.pictures import STAINS, Colours, Picture, composite, show, stretched, write

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure

_CELL = 2.2  # inches that a picture takes
_SIDE = 300  # px: a smaller picture is drawn with larger pixels, so that lines on it are thin


def enlarged(picture: Picture) -> Picture:
    """The picture with each of its pixels repeated, so that it has some 300 px; a larger one as it is."""
    times = max(1, round(_SIDE / max(picture.channels.shape[1:])))
    return replace(picture, channels=picture.channels.repeat(times, axis=1).repeat(times, axis=2))


def overlays(explained: Explained, picture: Picture, row: int, colours: Colours) -> list[RGB]:
    """One location's map over the composite (a line around half of its largest value) and over each channel."""
    heat = scaled(explained.maps[row], (picture.channels.shape[1], picture.channels.shape[2]))
    planes: NDArray[np.float64] = stretched(picture.channels)
    return [
        outlined(composite(picture.channels, picture.names, colours), heat),
        *(warm(plane, heat) for plane in planes),
    ]


def draw(explained: Explained, picture: Picture, names: tuple[str, ...], colours: Colours = "atlas") -> Figure:
    """A row for each location: composite and channels with its map.

    Args:
        explained: with at least one location.
        picture: of the same field, as `enlarged` gives it.
        names: of all locations.
        colours: of the composite.
    """
    from matplotlib.figure import Figure

    rows, columns = len(explained.locations), 1 + len(picture.names)
    figure = Figure(figsize=(_CELL * columns, (_CELL + 0.4) * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    heads = ["", *(f"{STAINS[name]} ({name})" for name in picture.names)]
    for row, location in enumerate(explained.locations):
        said = f"{names[location]}, p = {explained.probabilities[location]:.2f}"
        for axis, head, pixels in zip(axes[row], heads, overlays(explained, picture, row, colours), strict=True):
            show(axis, picture, pixels=pixels)
            write(axis, head or said, above=True)
            axis.set_axis_off()
    return figure
