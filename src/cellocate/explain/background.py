"""What a channel shows where nothing is stained."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_PERCENTILE = 5


def background(tiles: NDArray[np.float32]) -> NDArray[np.float32]:
    """The 5th percentile of each channel over the tiles of a field, shape (T, C, S, S) → (C,).

    Between cells this is what is left without a stain; in a field full of cells, the least light that there is.
    """
    return np.percentile(tiles, _PERCENTILE, axis=(0, 2, 3)).astype(np.float32)
