"""Activation maps in the report and as a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cellocate.assessment import Evaluated
from cellocate.pictures import Picture, read_pictures
from cellocate.pictures.wording import format_probability

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from cellocate.explain import FieldExplanation


def _with_pictures(evaluated: Evaluated) -> list[tuple[FieldExplanation, Picture, str]]:
    """Each map with its picture and a heading."""
    from cellocate.explain.map_sheet import enlarge

    if evaluated.collection is None or not evaluated.explained:
        return []
    position = {field: i for i, field in enumerate(evaluated.collection.ids)}
    ids = list(dict.fromkeys(one.id for one in evaluated.explained))
    pictures = read_pictures(evaluated.collection, ids, evaluated.assumed_span)
    return [
        (one, enlarge(pictures[one.id]), _in_words(one, k, shown=bool(evaluated.truth[position[one.id], k])))
        for one in evaluated.explained
        for k in one.locations
        if one.id in pictures
    ]


def report_map_rows(evaluated: Evaluated) -> list[dict[str, Any]]:
    """The maps for the page."""
    from cellocate.explain.explanation_page import map_rows

    found = _with_pictures(evaluated)
    return [row for one, picture, words in found for row in map_rows(one, picture, evaluated.names, [words])]


def draw_maps(evaluated: Evaluated) -> Figure | None:
    """Draw the maps as a figure; None if there are none."""
    from cellocate.explain import map_sheet

    found = _with_pictures(evaluated)
    heads = [f"{evaluated.names[one.locations[0]]}, {words}" for one, _, words in found]
    return map_sheet.draw_maps([(one, picture) for one, picture, _ in found], heads) if found else None


def _in_words(one: FieldExplanation, k: int, *, shown: bool) -> str:
    return f"{'found' if shown else 'false alarm'}, {format_probability(float(one.probabilities[k]))}"
