"""Rules that need no truth: one threshold for all, or only the likeliest location."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellocate.decision.rules.kinds import rule


@rule("fixed", "threshold .5 for every location", fitted=False)
def halves(probabilities: NDArray[np.floating[Any]], truth: NDArray[np.bool_]) -> NDArray[np.float64]:
    """A threshold of .5 for each location, shape (K,)."""
    return np.full(truth.shape[1], 0.5)


@rule("argmax", "the likeliest location alone", fitted=False, by_field=True)
def likeliest(values: NDArray[np.floating[Any]]) -> NDArray[np.bool_]:
    """The highest value of each row, shape (N, K), bool.

    Example:
        >>> likeliest(np.array([[0.2, 0.3]]))
        array([[False,  True]])
    """
    chosen: NDArray[np.bool_] = np.eye(values.shape[1], dtype=bool)[values.argmax(axis=1)]
    return chosen
