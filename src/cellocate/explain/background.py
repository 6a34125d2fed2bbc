"""The background of a channel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_PERCENTILE = 5


def background(tiles: NDArray[np.float32]) -> NDArray[np.float32]:
    """The 5th percentile of each channel over the tiles of a field, shape (T, C, S, S) → (C,).

    This is the light between cells, or in a field full of cells the darkest light. Pixels where all channels are 0,
    such as padding, do not count.

    Example:
        >>> background(np.pad(np.full((1, 2, 8, 8), 0.25, np.float32), ((0, 0), (0, 0), (8, 8), (0, 0)))).tolist()
        [0.25, 0.25]
    """
    pixels = tiles.swapaxes(0, 1).reshape(tiles.shape[1], -1)
    lit = pixels[:, pixels.any(axis=0)]
    return np.percentile(lit if lit.size else pixels, _PERCENTILE, axis=1).astype(np.float32)
