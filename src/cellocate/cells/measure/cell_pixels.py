"""The places of each cell's pixels, so that each cell is measured on its own pixels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellocate.cells.masks import Labels

PerCell = NDArray[np.float64]
"""Shape (n,), in the order of cell numbers."""
Places = NDArray[np.intp]
"""Indices of pixels in the flattened field."""

_ENOUGH = 2**16  # evenly spaced pixels: enough for a median


@dataclass(frozen=True, eq=False)
class CellPixels:
    """The places of the pixels of cells 1 to n."""

    inside: Places  # of all cells, cell by cell
    ends: NDArray[np.intp]  # shape (n + 1,); cell k has `inside[ends[k - 1] : ends[k]]`
    outside: Places  # of pixels in no cell

    @staticmethod
    def of(cells: Labels) -> CellPixels:
        """The pixels of a label image with cells numbered 1 to n."""
        count = np.bincount(cells.ravel(), minlength=1)
        order = np.argsort(cells.ravel(), kind="stable")  # fast for 16 bits
        return CellPixels(order[count[0] :], np.cumsum(count) - count[0], order[: count[0]])

    def __len__(self) -> int:
        return len(self.ends) - 1

    def each(self) -> Iterator[Places]:
        """The places of each cell, in the order of numbers."""
        return (self.inside[a:b] for a, b in pairwise(self.ends))

    def background(self, plane: NDArray[Any]) -> float:
        """The median of a plane outside cells.

        Where cells leave less than 1% of the field, the first percentile of the whole field.
        """
        free = len(self.outside) >= 0.01 * plane.size
        places = self.outside if free else np.arange(plane.size)
        some = places[:: max(1, len(places) // _ENOUGH)]
        return float(np.percentile(plane.ravel()[some], 50 if free else 1))


def ratio(part: NDArray[Any], whole: NDArray[Any]) -> NDArray[np.float64]:
    """Part / whole, NaN where the whole is not above 0."""
    shares: NDArray[np.float64] = np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=whole > 0)
    return shares
