"""Brightness and contrast of a field, compared with the training fields."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_DARKEST = 1 / 255  # of the full scale; anything darker counts as black
_TOLERANCE = 0.1  # a field 10% brighter or darker is never an outlier


class Brightness(NamedTuple):
    """Brightness and contrast of the training fields.

    Args:
        statistics: statistics of training fields from `brightness_of`, shape (R, 2C), float32.
        distance: distance that 99% of the validation fields stay below.
    """

    statistics: NDArray[np.float32]
    distance: float

    def distances(self, statistics: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Mahalanobis distances, shape (N,), of the statistics of fields, shape (N, 2C), from the training fields.

        Channels vary together, so one dark channel counts for more than all channels dark alike.

        Example:
            >>> usual = Brightness(np.log(np.random.default_rng(0).uniform(0.1, 0.2, (60, 2))).astype(np.float32), 1.0)
            >>> near, far = usual.distances(np.log([[0.15, 0.15], [0.15 / 16, 0.15 / 16]]))
            >>> bool(near < 1), bool(far > 5)
            (True, True)
        """
        known = self.statistics.astype(np.float64)
        covariance = np.atleast_2d(np.cov(known, rowvar=False)) + _TOLERANCE**2 * np.eye(known.shape[1])
        apart = statistics - known.mean(axis=0)
        squares = np.einsum("ni,ij,nj->n", apart, np.linalg.inv(covariance), apart)
        return np.asarray(np.sqrt(np.maximum(squares, 0)), np.float32)


def brightness_of(tiles: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Logarithms of each channel's mean and standard deviation over a field, shape (2C,), means first.

    Pixels that are black in all channels, around a small field or a cell, are left out.

    Args:
        tiles: tiles of the field, shape (T, C, S, S), 0 to 1.

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
    return np.log(np.concatenate([mean, deviation]) + _DARKEST).astype(np.float32)
