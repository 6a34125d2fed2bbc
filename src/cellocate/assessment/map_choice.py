"""Choose the activation maps of a report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cellocate.arrays import Bools, Floats
from cellocate.assessment.evaluated import Evaluated

if TYPE_CHECKING:
    from cellocate.explain import FieldExplanation
    from cellocate.networks import Model

FOUND = 5
"""Maximum number of correctly found locations with a map."""


class MapTarget(NamedTuple):
    """A field by its position, and one of its locations by its index."""

    position: int
    location: int


def choose_map_targets(truth: Bools, labels: Bools, probabilities: Floats, groups: Sequence[str]) -> list[MapTarget]:
    """Choose maps: the most frequent correct location of up to five coarse groups, and the surest false alarm.

    Each is shown in the field with the highest probability; a field is used again only if there is no other. A location
    without a group is its own group.

    Args:
        truth: shape (N, K).
        labels: predicted, shape (N, K).
        probabilities: shape (N, K).
        groups: of the K locations.

    Example:
        >>> truth = np.eye(3, dtype=bool)
        >>> labels = np.array([[1, 0, 0], [0, 1, 0], [0, 1, 0]], bool)
        >>> choose_map_targets(truth, labels, 0.9 * labels, ["Nucleus", "Nucleoli", "Cytosol"])
        [MapTarget(position=0, location=0), MapTarget(position=1, location=1), MapTarget(position=2, location=1)]
    """
    found, wrong = truth & labels, labels & ~truth
    often, chosen = found.sum(axis=0), list[MapTarget]()
    own = [group or k for k, group in enumerate(groups)]
    for k in np.argsort(-often, kind="stable").tolist():
        if often[k] and len(chosen) < FOUND and own[k] not in {own[target.location] for target in chosen}:
            sure = np.where(found[:, k], probabilities[:, k], -2)
            sure[[target.position for target in chosen]] -= 1
            chosen.append(MapTarget(int(sure.argmax()), k))
    if wrong.any():
        position, k = np.unravel_index(np.where(wrong, probabilities, -1).argmax(), wrong.shape)
        chosen.append(MapTarget(int(position), int(k)))
    return chosen


def explain_targets(model: Model, evaluated: Evaluated) -> tuple[FieldExplanation, ...]:
    """Explain the chosen locations of the evaluated fields, which need images and probabilities."""
    from cellocate.explain.field_explanation import explain_collection_field

    where = evaluated.collection
    assert where is not None
    found = evaluated.predictions
    targets = choose_map_targets(evaluated.truth, found.labels, found.probabilities, evaluated.groups)
    return tuple(explain_collection_field(model, where, where.ids[i], locations=[k]) for i, k in targets)
