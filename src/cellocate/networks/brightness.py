"""How bright and how rich in contrast a field is, beside those that a network learnt from."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_LEAST = 1 / 255  # of the full scale: what is darker is not told from black
_EVEN = 0.1  # a tenth brighter or darker is never odd, however alike the training fields are


class Brightness(NamedTuple):
    """The brightness that is usual in the training.

    Args:
        statistics: of training fields, as `brightness_of` gives them, shape (R, 2C), float32.
        distance: that 99% of the validation fields do not exceed.
    """

    statistics: NDArray[np.float32]
    distance: float

    def distances(self, statistics: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """How far the statistics of fields, shape (N, 2C), are from the usual: Mahalanobis distances, shape (N,).

        Channels vary together, so that one that is darker than the others are tells more than all of them would.

        Example:
            >>> usual = Brightness(np.log(np.random.default_rng(0).uniform(0.1, 0.2, (60, 2))).astype(np.float32), 1.0)
            >>> near, far = usual.distances(np.log([[0.15, 0.15], [0.15 / 16, 0.15 / 16]]))
            >>> bool(near < 1), bool(far > 5)
            (True, True)
        """
        known = self.statistics.astype(np.float64)
        covariance = np.atleast_2d(np.cov(known, rowvar=False)) + _EVEN**2 * np.eye(known.shape[1])
        apart = statistics - known.mean(axis=0)
        squares = np.einsum("ni,ij,nj->n", apart, np.linalg.inv(covariance), apart)
        return np.asarray(np.sqrt(np.maximum(squares, 0)), np.float32)


def brightness_of(tiles: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Logarithms of the mean and of the standard deviation of each channel of a field, shape (2C,), means first.

    Pixels that are black in all channels are left out: those around a field that is smaller than the tile, or around a
    cell.

    Args:
        tiles: of the field, shape (T, C, S, S), 0 to 1.

    Example:
        >>> tile = np.zeros((1, 1, 4, 4), np.float32)
        >>> tile[0, 0, :2] = 0.5
        >>> np.exp(brightness_of(tile)).astype(float).round(3).tolist()
        [0.504, 0.004]
    """
    lit = max(1, int(np.count_nonzero(tiles.any(axis=1))))
    mean = tiles.sum(axis=(0, 2, 3), dtype=np.float64) / lit
    square = np.square(tiles, dtype=np.float64).sum(axis=(0, 2, 3)) / lit
    deviation = np.sqrt(np.maximum(square - mean**2, 0))
    return np.log(np.concatenate([mean, deviation]) + _LEAST).astype(np.float32)
