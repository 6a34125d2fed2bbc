"""Figures of explained fields: composite and channels with a map, a row for each location."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from numpy.typing import NDArray

from cellocate.choices import Colours, MapMethod
from cellocate.explain.field_explanation import FieldExplanation
from cellocate.explain.map_overlay import RGB, outline_map, overlay_map, scale_map
from cellocate.pictures import STAINS, Picture, composite, draw_picture, stretched, write_caption
from cellocate.pictures.picture_grid import picture_grid

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure

_CELL = 2.2  # inches per picture
_SIDE = 300  # px; smaller pictures are enlarged, so that lines on them are thin


def enlarge(picture: Picture) -> Picture:
    """Repeat the pixels of a small picture, so that it has about 300 px."""
    times = max(1, round(_SIDE / max(picture.channels.shape[1:])))
    return replace(picture, channels=picture.channels.repeat(times, axis=1).repeat(times, axis=2))


def overlays(explained: FieldExplanation, picture: Picture, row: int, colours: Colours) -> list[RGB]:
    """The map of one location as an outline on the composite, and as an overlay on each channel."""
    heat = scale_map(explained.maps[row], (picture.channels.shape[1], picture.channels.shape[2]))
    planes: NDArray[np.float64] = stretched(picture.channels)
    return [
        outline_map(composite(picture.channels, picture.names, colours), heat),
        *(overlay_map(plane, heat) for plane in planes),
    ]


def draw_maps(
    shown: Sequence[tuple[FieldExplanation, Picture]], heads: Sequence[str], colours: Colours = "atlas"
) -> Figure:
    """Draw a row for each location of each field: composite and channels with its map.

    Args:
        shown: explanations with at least one location in all, each with its picture from `enlarge`.
        heads: a heading for each row.
        colours: of the composites.
    """
    rows = [(one, picture, row) for one, picture in shown for row in range(len(one.locations))]
    columns = 1 + max(len(picture.names) for _, picture in shown)
    figure, axes = picture_grid(len(rows), columns, _CELL, _CELL + 0.4)
    for places, head, (one, picture, row) in zip(axes, heads, rows, strict=True):
        above = [head, *(f"{STAINS[name]} ({name})" for name in picture.names)]
        for axis, words, pixels in zip(places, above, overlays(one, picture, row, colours), strict=False):
            draw_picture(axis, picture, pixels=pixels)
            write_caption(axis, words, above=True)
    return figure


def map_caption(method: MapMethod = "gradients", colours: Colours = "atlas") -> str:
    """The legend of these pictures."""
    how = {
        "gradients": "Warm colours: pixels that count as evidence for the location (integrated gradients)",
        "layercam": "Warm colours: places that count as evidence for the location (LayerCAM)",
        "gradcam": "Warm colours: places that count as evidence for the location (Grad-CAM)",
    }[method]
    return (
        f"{how}, relative to the largest value in the row; the line on the composite is at half of it. Grey: each "
        f"channel, stretched for display. p: probability by the model. Colours of composites: {colours}."
    )
