"""An explained field as a figure: composite and channels, with a row of maps for each location."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from numpy.typing import NDArray

from cellocate.choices import Colours, MapMethod
from cellocate.explain.field_explanation import FieldExplanation
from cellocate.explain.map_overlay import RGB, outline_map, overlay_map, scale_map
from cellocate.pictures import STAINS, Picture, composite, show, stretched, write

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure

_CELL = 2.2  # inches that a picture takes
_SIDE = 300  # px: a smaller picture is drawn with larger pixels, so that lines on it are thin


def enlarge(picture: Picture) -> Picture:
    """The picture with each of its pixels repeated, so that it has some 300 px; a larger one as it is."""
    times = max(1, round(_SIDE / max(picture.channels.shape[1:])))
    return replace(picture, channels=picture.channels.repeat(times, axis=1).repeat(times, axis=2))


def overlays(explained: FieldExplanation, picture: Picture, row: int, colours: Colours) -> list[RGB]:
    """One location's map over the composite (a line around half of its largest value) and over each channel."""
    heat = scale_map(explained.maps[row], (picture.channels.shape[1], picture.channels.shape[2]))
    planes: NDArray[np.float64] = stretched(picture.channels)
    return [
        outline_map(composite(picture.channels, picture.names, colours), heat),
        *(overlay_map(plane, heat) for plane in planes),
    ]


def draw_maps(
    shown: Sequence[tuple[FieldExplanation, Picture]], heads: Sequence[str], colours: Colours = "atlas"
) -> Figure:
    """A row for each location of each field: composite and channels with its map.

    Args:
        shown: fields, with at least one location in all, and the picture of each, as `enlarge` gives it.
        heads: of each row.
        colours: of the composites.
    """
    from matplotlib.figure import Figure

    rows = [(one, picture, row) for one, picture in shown for row in range(len(one.locations))]
    columns = 1 + max(len(picture.names) for _, picture in shown)
    figure = Figure(figsize=(_CELL * columns, (_CELL + 0.4) * len(rows)), layout="constrained")
    axes = figure.subplots(len(rows), columns, squeeze=False)
    for places, head, (one, picture, row) in zip(axes, heads, rows, strict=True):
        above = [head, *(f"{STAINS[name]} ({name})" for name in picture.names)]
        for axis, words, pixels in zip(places, above, overlays(one, picture, row, colours), strict=False):
            show(axis, picture, pixels=pixels)
            write(axis, words, above=True)
        for axis in places:
            axis.set_axis_off()
    return figure


def map_caption(method: MapMethod = "gradients", colours: Colours = "atlas") -> str:
    """What the colours and lines of these pictures mean."""
    how = {
        "gradients": "Warm: pixels whose light speaks for the location (integrated gradients)",
        "layercam": "Warm: places that speak for the location (LayerCAM)",
        "gradcam": "Warm: places that speak for the location (Grad-CAM)",
    }[method]
    return (
        f"{how}, in each row as shares of the largest; the line on the composite is at half of it. Grey: each channel, "
        f"stretched for display. p: the model's probability. Colours of composites: {colours}."
    )
