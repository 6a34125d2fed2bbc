"""Plots of embeddings: a UMAP of all fields, and pictures of fields with their neighbours."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cellocate.choices import Colours
from cellocate.pictures import Picture, draw_picture, write_caption
from cellocate.pictures.picture_grid import picture_grid
from cellocate.pictures.style import FONT, PALETTE, WIDE, blank, group_colours, legend

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from cellocate.collection.collection import Unit
    from cellocate.vocabulary import Vocabulary

_CELL, _LETTERS = 1.9, 26  # inches per picture, and letters that fit below it
_ABREAST = 6  # a query and its neighbours
_SEVERAL, _NONE = "several groups", "no label"
_COLUMNS = 5  # of small UMAPs
_VECTOR = 5000  # points; more are drawn as pixels, because a vector drawing would be slow to open


def draw_umap(
    places: NDArray[np.float32], shown: NDArray[np.bool_], vocabulary: Vocabulary, unit: Unit = "field"
) -> Figure:
    """Draw a UMAP coloured by coarse groups of locations, and a small one for each location that occurs.

    Args:
        places: coordinates, shape (N, 2).
        shown: which locations each field shows, shape (N, K).
        vocabulary: of the K locations.
        unit: what a point is.
    """
    occurring = np.flatnonzero(shown.any(axis=0))
    rows = -(-len(occurring) // _COLUMNS)
    whole = blank(WIDE, 430 + 135 * rows)
    ratios = (430, max(1, 135 * rows))
    [[top], [bottom]] = whole.subfigures(2, 1, squeeze=False, height_ratios=ratios)
    plane = top.add_subplot()
    _draw_groups(plane, places, shown, vocabulary)
    title = f"UMAP of {len(places):,} {unit}s; only neighbourhoods are meaningful"
    plane.set_title(title, fontsize=FONT, color=PALETTE["ink"])
    if rows:
        panels = bottom.subplots(rows, _COLUMNS, squeeze=False).ravel()
        for axes in panels:
            axes.set_axis_off()
        for axes, k in zip(panels, occurring, strict=False):
            _draw_location(axes, places, shown[:, k], vocabulary, int(k))
    return whole


def _draw_groups(axes: Axes, places: NDArray[np.float32], shown: NDArray[np.bool_], vocabulary: Vocabulary) -> None:
    names = _groups(shown, vocabulary)
    colours = group_colours(vocabulary.groups) | {_SEVERAL: "#b4b4b4", _NONE: "#e4e4e4"}
    size = _size(len(places))
    for depth, name in enumerate(colours):  # grey points lie below
        chosen = places[names == name]
        if len(chosen):
            label = f"{name} ({len(chosen):,})"
            axes.scatter(*chosen.T, color=colours[name], zorder=-depth, label=label, alpha=0.8, **_dots(places, size))
    axes.set_axis_off()
    legend(axes, loc="center left", bbox_to_anchor=(1, 0.5), markerscale=max(1.0, 4 / size**0.5))


def _draw_location(
    axes: Axes, places: NDArray[np.float32], shows: NDArray[np.bool_], vocabulary: Vocabulary, k: int
) -> None:
    """Draw the fields that show one location over all others in grey."""
    location, size = vocabulary.locations[k], _size(len(places)) / 4
    axes.scatter(*places[~shows].T, color=PALETTE["line"], **_dots(places, size))
    axes.scatter(*places[shows].T, color=group_colours(vocabulary.groups)[location.group], **_dots(places, 1.5 * size))
    name = textwrap.fill(f"{location.name} ({shows.sum():,})", 22)
    axes.set_title(name, fontsize=8, color=PALETTE["ink"], parse_math=False)


def _groups(shown: NDArray[np.bool_], vocabulary: Vocabulary) -> NDArray[np.object_]:
    """The group of the locations of each field, shape (N,)."""
    group = np.array([location.group for location in vocabulary.locations], dtype=object)
    own = [set(group[row]) for row in shown]
    return np.array([_NONE if not found else found.pop() if len(found) == 1 else _SEVERAL for found in own], object)


def _size(n: int) -> float:
    return float(np.clip(16_000 / n, 3, 40))


def _dots(places: NDArray[np.float32], size: float) -> dict[str, Any]:
    return {"s": size, "linewidths": 0, "rasterized": len(places) > _VECTOR}


def draw_neighbours(
    queries: Sequence[tuple[Picture | None, str]],
    found: Sequence[Sequence[tuple[str, str]]],
    pictures: Mapping[str, Picture],
    colours: Colours = "atlas",
) -> Figure:
    """Draw each query, then its nearest neighbours, in rows of at most six.

    Args:
        queries: picture and text of each.
        found: id and text of the neighbours of each query.
        pictures: by id.
        colours: of composites.
    """
    columns = 1 + max(len(row) for row in found)
    rows = -(-columns // _ABREAST)
    figure, axes = picture_grid(len(queries) * rows, min(columns, _ABREAST), _CELL, _CELL + 0.75)
    for row, query, near in zip(axes.reshape(len(queries), -1), queries, found, strict=True):
        shown = [query, *((pictures.get(field), text) for field, text in near)]
        for axis, (one, text) in zip(row, shown, strict=False):
            if one is not None:
                draw_picture(axis, one, colours)
                write_caption(axis, textwrap.fill(text, _LETTERS), above=False)
        write_caption(row[0], "query", above=True)
        if columns > 1:
            write_caption(row[1], "nearest first", above=True)
    return figure
