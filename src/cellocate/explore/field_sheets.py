"""Sheets of pictures: example fields channel by channel, random fields, and fields of each location."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cellocate.explore.exploration import Exploration
from cellocate.explore.field_gallery import FieldGallery
from cellocate.pictures import STAINS, draw_picture, grey, stretched, write_caption
from cellocate.pictures.picture_grid import picture_grid
from cellocate.pictures.wording import listed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_CELL, _SMALL = 2.2, 1.5  # inches per picture
_COLUMNS = 4
_LETTERS = 22  # that fit above a small picture
KINDS = ("random", "typical", "extreme")


def draw_examples(explored: Exploration, gallery: FieldGallery) -> Figure:
    """Draw the composite and the channels of each example field in a row."""
    fields = [field for field in gallery.examples if field in gallery.large]
    columns = 1 + max(len(gallery.large[field].names) for field in fields)
    figure, axes = picture_grid(len(fields), columns, _CELL, _CELL + 0.45)
    for row, field in zip(axes, fields, strict=True):
        picture = gallery.large[field]
        draw_picture(row[0], picture, explored.choices.colours)
        write_caption(row[0], labels_text(explored, field), above=True)
        for axis, name, plane in zip(row[1:], picture.names, stretched(picture.channels), strict=False):
            draw_picture(axis, picture, pixels=grey(plane))
            write_caption(axis, f"{STAINS[name]} ({name})", above=True)
    return figure


def draw_random(explored: Exploration, gallery: FieldGallery) -> Figure:
    """Draw the composites of random fields, with their labels."""
    fields = [field for field in gallery.random if field in gallery.small]
    columns = min(_COLUMNS, len(fields))
    figure, axes = picture_grid(-(-len(fields) // columns), columns, _CELL + 0.1, _CELL + 0.6)
    for axis, field in zip(axes.flat, fields, strict=False):
        draw_picture(axis, gallery.small[field], explored.choices.colours)
        write_caption(axis, labels_text(explored, field), above=False)
    return figure


def draw_locations(explored: Exploration, gallery: FieldGallery) -> Figure:
    """Draw random, typical and extreme fields of each location that occurs in a row."""
    assert explored.labels is not None
    columns = {kind: max(len(chosen[k]) for chosen in gallery.locations.values()) for k, kind in enumerate(KINDS)}
    figure, axes = picture_grid(len(gallery.locations), sum(columns.values()), _SMALL, _SMALL + 0.35)
    for row, (k, chosen) in zip(axes, gallery.locations.items(), strict=True):
        start = 0
        for kind, fields in zip(KINDS, chosen, strict=True):
            for place, field in enumerate(fields):
                if field in gallery.small:
                    draw_picture(row[start + place], gallery.small[field], explored.choices.colours)
                if not place:
                    name = f"{explored.labels.names[k]} ({explored.labels.per_location[k]:,})" if not start else ""
                    write_caption(row[start], f"{name}\n{kind}", above=True, letters=_LETTERS)
            start += columns[kind]
    return figure


def labels_text(explored: Exploration, field: str, without: int | None = None) -> str:
    """The labels of a field as text, leaving out the location `without`; its id if there are no labels."""
    if explored.labels is None:
        return field
    names = [explored.labels.names[k] for k in explored.collection.fields["labels"][field] if k != without]
    return listed(names) if names else "no location" if without is None else "alone"
