"""Pictures of embeddings: the plane that fields are laid out on, and sheets of fields beside their nearest."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cellocate.pictures import Colours, Picture, show, write
from cellocate.pictures.style import FONT, PALETTE, bare, blank, group_colours, legend

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_CELL, _LETTERS = 1.9, 26  # inches of a picture, and letters that fit below it
_SEVERAL, _NONE = "several groups", "no label"


def draw_plane(places: NDArray[np.float32], groups: Sequence[str | None], order: Sequence[str]) -> Figure:
    """Fields on a plane, coloured by the coarse group of their locations.

    Args:
        places: shape (N, 2).
        groups: of each field; empty where its locations are of several, None where it has none.
        order: of the groups, as a vocabulary has them.
    """
    figure = blank(720, 560)
    axes = figure.add_subplot()
    colours = group_colours(order) | {_SEVERAL: PALETTE["muted"], _NONE: PALETTE["line"]}
    named = np.array([_NONE if group is None else group or _SEVERAL for group in groups], dtype=object)
    size = float(np.clip(16_000 / len(places), 3, 40))  # what says least lies below
    for depth, name in enumerate((*order, _SEVERAL, _NONE)):
        chosen = places[named == name]
        if len(chosen):
            label = f"{name} ({len(chosen):,})"
            axes.scatter(
                chosen[:, 0],
                chosen[:, 1],
                s=size,
                color=colours[name],
                linewidths=0,
                alpha=0.8,
                zorder=-depth,
                label=label,
            )
    bare(axes)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.set(xticks=[], yticks=[])
    axes.set_title(
        f"UMAP of {len(places):,} fields; only neighbourhoods mean something", fontsize=FONT, color=PALETTE["ink"]
    )
    legend(axes, loc="center left", bbox_to_anchor=(1, 0.5), markerscale=max(1.0, 4 / size**0.5))
    return figure


def draw_nearest(
    queries: Sequence[tuple[Picture | None, str]],
    found: Sequence[Sequence[tuple[str, str]]],
    pictures: Mapping[str, Picture],
    colours: Colours = "atlas",
) -> Figure:
    """A row for each query: itself, then its nearest.

    Args:
        queries: picture, and words below it.
        found: for each query the id and words of its nearest fields.
        pictures: by id.
        colours: of composites.
    """
    from matplotlib.figure import Figure

    columns = 1 + max(len(row) for row in found)
    figure = Figure(figsize=(_CELL * columns, (_CELL + 0.75) * len(queries)), layout="constrained")
    axes = figure.subplots(len(queries), columns, squeeze=False)
    for row, (picture, words), near in zip(axes, queries, found, strict=True):
        shown = [(picture, words), *((pictures.get(field), text) for field, text in near)]
        for axis, (one, text) in zip(row, shown, strict=False):
            if one is not None:
                show(axis, one, colours)
                write(axis, textwrap.fill(text, _LETTERS), above=False)
        for axis in row:
            axis.set_axis_off()
        write(row[0], "asked for", above=True)
        write(row[1], "nearest first", above=True)
    return figure
