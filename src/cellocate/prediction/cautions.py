"""Why the locations that a model's decision rule marks are not to be relied on."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellocate.decision import doubts, mean_marked
from cellocate.networks import Model


def cautions(model: Model, probabilities: NDArray[np.floating[Any]], unit: str = "field") -> list[str]:
    """Sentences for the user about the decision rule of a model: was it fitted, on enough fields, and to what effect?

    Args:
        model: which predicted.
        probabilities: that it gave, shape (N, K).
        unit: what was predicted, fields or cells.
    """
    rule = model.card.rule
    found = []
    if not model.card.scores and rule.kind in ("fixed", "argmax"):
        how = "a probability of .5" if rule.kind == "fixed" else "the highest probability"
        found.append(
            f"{model.title} was trained without validation fields: nothing shows how good it is, and its decision "
            f"rule ({how}) was not fitted"
        )
    if (doubt := doubts(rule, mean_marked(rule, probabilities), unit)) is not None:
        found.append(doubt)
    return found
