"""Rules that need no truth: one threshold for all, or only the likeliest location."""

from __future__ import annotations

import numpy as np

from cellocate.arrays import Bools, Doubles, Floats
from cellocate.decision.rules.kinds import rule


@rule("fixed", "threshold .5 for every location", fitted=False)
def halves(probabilities: Floats, truth: Bools) -> Doubles:
    """A threshold of .5 for each location, shape (K,)."""
    return np.full(truth.shape[1], 0.5)


@rule("argmax", "the likeliest location alone", fitted=False, by_field=True)
def likeliest(values: Floats) -> Bools:
    """The highest value of each row, shape (N, K), bool.

    Example:
        >>> likeliest(np.array([[0.2, 0.3]]))
        array([[False,  True]])
    """
    chosen: Bools = np.eye(values.shape[1], dtype=bool)[values.argmax(axis=1)]
    return chosen
