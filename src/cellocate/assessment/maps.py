"""Where the model looked: maps of locations that it found, and of its surest mistake."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cellocate.assessment.evaluated import Evaluated

if TYPE_CHECKING:
    from cellocate.explain import FieldExplanation
    from cellocate.networks import Model

FOUND = 5
"""Locations that were found, of which maps are shown."""


class Asked(NamedTuple):
    """A field by its position, and one of its locations by its index."""

    position: int
    location: int


def choose_asked(
    truth: NDArray[np.bool_],
    labels: NDArray[np.bool_],
    probabilities: NDArray[np.floating[Any]],
    groups: Sequence[str],
) -> list[Asked]:
    """Of up to five coarse groups the location found most often, where it is surest; and the surest false alarm.

    A location without a group stands for itself. A field is taken again only where there is no other.

    Args:
        truth: shape (N, K).
        labels: predicted, shape (N, K).
        probabilities: shape (N, K).
        groups: of the K locations.

    Example:
        >>> truth = np.eye(3, dtype=bool)
        >>> labels = np.array([[1, 0, 0], [0, 1, 0], [0, 1, 0]], bool)
        >>> choose_asked(truth, labels, 0.9 * labels, ["Nucleus", "Nucleoli", "Cytosol"])
        [Asked(position=0, location=0), Asked(position=1, location=1), Asked(position=2, location=1)]
    """
    found, wrong = truth & labels, labels & ~truth
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


def explain_some(model: Model, evaluated: Evaluated) -> tuple[FieldExplanation, ...]:
    """Explain the chosen locations of the fields that were evaluated: those of images, with probabilities."""
    from cellocate.explain.field_explanation import explain_collection_field

    where = evaluated.collection
    assert where is not None
    found = evaluated.predictions
    asked = choose_asked(evaluated.truth, found.labels, found.probabilities, evaluated.groups)
    return tuple(explain_collection_field(model, where, where.ids[i], locations=[k]) for i, k in asked)
