"""Thresholds that give each location as often as it occurs elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellocate.arrays import Bools, Floats
from cellocate.decision.rules.check_values import UNREACHABLE
from cellocate.decision.rules.kinds import rule
from cellocate.decision.rules.sweep import Sorted


@rule("ratio", "a threshold for each location, so that it is predicted as often as it occurs")
def ratio_thresholds(probabilities: Floats, truth: Bools) -> NDArray[Any]:
    """For each location the threshold that as many fields reach as show it (see `matching_thresholds`)."""
    return matching_thresholds(probabilities, truth.mean(axis=0))


def matching_thresholds(probabilities: Floats, ratios: Floats) -> NDArray[Any]:
    """For each location the threshold that a given share of the fields reaches, as nearly as possible.

    No truth of these fields is needed, so you can fit it to the fields to be decided, with the ratios of the training
    set, as the winner of the 2018 challenge did. If the share amounts to no field, the threshold is halfway between the
    highest probability and 1, or above 1 if that is 1.

    Args:
        probabilities: shape (N, K).
        ratios: the share of fields that show each location, 0 to 1, shape (K,).

    References:
        Ouyang, Winsnes, Hjelmare, et al. Analysis of the Human Protein Atlas Image Classification competition. Nature
        Methods 16 (2019). https://doi.org/10.1038/s41592-019-0658-6

    Example:
        >>> matching_thresholds(np.array([[0.1], [0.4], [0.8], [0.9]]), np.array([0.5])).round(2)
        array([0.6])
    """
    return np.array([_matching(p, r) for p, r in zip(probabilities.T, ratios, strict=True)])


def _matching(probabilities: Floats, ratio: float) -> float:
    by_probability = Sorted(probabilities)
    kept = np.flatnonzero(by_probability.parts) + 1
    wanted = ratio * len(probabilities)
    nearest = int(np.abs(kept - wanted).argmin())
    if wanted < np.abs(kept - wanted).min():  # none is nearer
        halfway = float((probabilities.max() + probabilities.dtype.type(1)) / 2)
        return halfway if halfway < 1 else UNREACHABLE
    return float(by_probability.thresholds[nearest])
