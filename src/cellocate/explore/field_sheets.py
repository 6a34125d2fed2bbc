"""Sheets of fields as figures: channels apart, at random, and typical and extreme ones of each location."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from cellocate.explore.exploration import Exploration
from cellocate.explore.field_gallery import FieldGallery
from cellocate.pictures import STAINS, grey, show, stretched, write
from cellocate.pictures.words import listed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_CELL, _SMALL = 2.2, 1.5  # inches that a picture takes
_COLUMNS = 4
_LETTERS = 22  # above a small one
KINDS = ("random", "typical", "extreme")


def draw_examples(explored: Exploration, gallery: FieldGallery) -> Figure:
    """Composite and channels of each example, a row for each."""
    from matplotlib.figure import Figure

    fields = [field for field in gallery.examples if field in gallery.large]
    columns = 1 + max(len(gallery.large[field].names) for field in fields)
    figure = Figure(figsize=(_CELL * columns, (_CELL + 0.45) * len(fields)), layout="constrained")
    axes = figure.subplots(len(fields), columns, squeeze=False)
    for row, field in zip(axes, fields, strict=True):
        picture = gallery.large[field]
        show(row[0], picture, explored.choices.colours)
        write(row[0], words(explored, field), above=True)
        for axis, name, plane in zip(row[1:], picture.names, stretched(picture.channels), strict=False):
            show(axis, picture, pixels=grey(plane))
            write(axis, f"{STAINS[name]} ({name})", above=True)
        _bare(row)
    return figure


def draw_random(explored: Exploration, gallery: FieldGallery) -> Figure:
    """Composites of fields drawn at random, with their labels."""
    from matplotlib.figure import Figure

    fields = [field for field in gallery.random if field in gallery.small]
    columns = min(_COLUMNS, len(fields))
    rows = -(-len(fields) // columns)
    figure = Figure(figsize=((_CELL + 0.1) * columns, (_CELL + 0.6) * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    _bare(axes)
    for axis, field in zip(axes, fields, strict=False):
        show(axis, gallery.small[field], explored.choices.colours)
        write(axis, words(explored, field), above=False)
    return figure


def draw_locations(explored: Exploration, gallery: FieldGallery) -> Figure:
    """A row for each location that occurs: fields of it at random, typical of it, and extreme."""
    from matplotlib.figure import Figure

    assert explored.labels is not None
    columns = {kind: max(len(chosen[k]) for chosen in gallery.locations.values()) for k, kind in enumerate(KINDS)}
    width, rows = sum(columns.values()), len(gallery.locations)
    figure = Figure(figsize=(_SMALL * width, (_SMALL + 0.35) * rows), layout="constrained")
    axes = figure.subplots(rows, width, squeeze=False)
    for row, (k, chosen) in zip(axes, gallery.locations.items(), strict=True):
        _bare(row)
        start = 0
        for kind, fields in zip(KINDS, chosen, strict=True):
            for place, field in enumerate(fields):
                if field in gallery.small:
                    show(row[start + place], gallery.small[field], explored.choices.colours)
                if not place:
                    name = f"{explored.labels.names[k]} ({explored.labels.per_location[k]:,})" if not start else ""
                    write(row[start], f"{name}\n{kind}", above=True, letters=_LETTERS)
            start += columns[kind]
    return figure


def words(explored: Exploration, field: str, but: int | None = None) -> str:
    """The labels of a field in words, without the one that is told elsewhere; its id where nothing is labelled."""
    if explored.labels is None:
        return field
    shown: tuple[int, ...] = explored.collection.fields["labels"][field]
    names = [explored.labels.names[k] for k in shown if k != but]
    return listed(names) if names else "no location" if but is None else "alone"


def _bare(axes: Iterable[Axes]) -> None:
    for axis in axes:
        axis.set_axis_off()
