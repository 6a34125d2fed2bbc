"""Where the model looked: maps of locations that it found, and of its surest mistake."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cellocate.pictures import Picture, read_pictures
from cellocate.pictures.words import chance
from cellocate.report.evaluated import Evaluated

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from cellocate.explain import Explained
    from cellocate.explain.page import Row
    from cellocate.networks import Model

FOUND = 5
"""Locations that were found, of which maps are shown."""


class Asked(NamedTuple):
    """A field by its position, and one of its locations by its index."""

    position: int
    location: int


def choose_asked(
    truth: NDArray[np.bool_],
    decided: NDArray[np.bool_],
    probabilities: NDArray[np.floating[Any]],
    groups: Sequence[str],
) -> list[Asked]:
    """Of up to five coarse groups the location found most often, where it is surest; and the surest false alarm.

    A location without a group stands for itself. A field is taken again only where there is no other.

    Args:
        truth: shape (N, K).
        decided: shape (N, K).
        probabilities: shape (N, K).
        groups: of the K locations.

    Example:
        >>> truth = np.eye(3, dtype=bool)
        >>> decided = np.array([[1, 0, 0], [0, 1, 0], [0, 1, 0]], bool)
        >>> choose_asked(truth, decided, 0.9 * decided, ["Nucleus", "Nucleoli", "Cytosol"])
        [Asked(position=0, location=0), Asked(position=1, location=1), Asked(position=2, location=1)]
    """
    found, wrong = truth & decided, decided & ~truth
    often, chosen = found.sum(axis=0), list[Asked]()
    own = [group or k for k, group in enumerate(groups)]
    for k in np.argsort(-often, kind="stable").tolist():
        if often[k] and len(chosen) < FOUND and own[k] not in {own[asked.location] for asked in chosen}:
            sure = np.where(found[:, k], probabilities[:, k], -2)
            sure[[asked.position for asked in chosen]] -= 1
            chosen.append(Asked(int(sure.argmax()), k))
    if wrong.any():
        position, k = np.unravel_index(np.where(wrong, probabilities, -1).argmax(), wrong.shape)
        chosen.append(Asked(int(position), int(k)))
    return chosen


def look_where(model: Model, evaluated: Evaluated) -> tuple[Explained, ...]:
    """Explain the chosen locations of the fields that were evaluated: those of images, with probabilities."""
    from cellocate.explain.explained import explain_collection_field

    where = evaluated.collection
    assert where is not None
    assert evaluated.probabilities is not None
    asked = choose_asked(evaluated.truth, evaluated.decided, evaluated.probabilities, evaluated.groups)
    return tuple(explain_collection_field(model, where, where.ids[i], locations=[k]) for i, k in asked)


def looked(evaluated: Evaluated) -> list[tuple[Explained, Picture, str]]:
    """Each of them with its picture, and what is said of it."""
    from cellocate.explain.sheet import enlarged

    if evaluated.collection is None or not evaluated.explained:
        return []
    position = {field: i for i, field in enumerate(evaluated.collection.ids)}
    ids = list(dict.fromkeys(one.id for one in evaluated.explained))
    pictures = read_pictures(evaluated.collection, ids, evaluated.assumed_span)
    return [
        (one, enlarged(pictures[one.id]), _said(one, k, shown=bool(evaluated.truth[position[one.id], k])))
        for one in evaluated.explained
        for k in one.locations
        if one.id in pictures
    ]


def looked_rows(evaluated: Evaluated) -> list[Row]:
    """The maps for a page."""
    from cellocate.explain.page import map_rows

    found = looked(evaluated)
    return [row for one, picture, said in found for row in map_rows(one, picture, evaluated.names, [said])]


def draw_looked(evaluated: Evaluated) -> Figure | None:
    """The maps as a figure; None where there are none."""
    from cellocate.explain.sheet import draw

    found = looked(evaluated)
    heads = [f"{evaluated.names[one.locations[0]]}, {said}" for one, _, said in found]
    return draw([(one, picture) for one, picture, _ in found], heads) if found else None


def _said(one: Explained, k: int, *, shown: bool) -> str:
    return f"{'found' if shown else 'false alarm'}, {chance(float(one.probabilities[k]))}"
