"""Areas and shapes of cells and nuclei, from runs of pixels along the rows."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from cellocate.cells.masks import Labels
from cellocate.cells.measure.cell_pixels import PerCell, ratio


class Shapes(NamedTuple):
    """Shapes of the numbers 1 to n of a label image; NaN where a number has no pixel."""

    area: PerCell  # px; 0 without a pixel
    y: PerCell  # centre of mass, px, 0 at the centre of the first pixel; `x` likewise
    x: PerCell
    eccentricity: PerCell  # of the ellipse with the same second moments, 0 (a circle) to 1 (a line); NaN for one pixel
    solidity: PerCell  # area over that of the convex hull of the pixels' squares, above 0 to 1
    border_share: PerCell  # share of the outline, in sides of pixels, on the field's border: 0 to 1


class _Runs(NamedTuple):
    """Consecutive pixels of one number in a row: x from `begin` to `end` (exclusive)."""

    number: NDArray[np.intp]
    y: NDArray[np.int64]
    begin: NDArray[np.int64]
    end: NDArray[np.int64]


def shapes(labels: Labels, n: int) -> Shapes:
    """Measure the shapes of the numbers 1 to n of a label image, shape (H, W).

    References:
        Eccentricity and solidity are those of scikit-image's regionprops, except that the hull is the exact one of the
        pixels' squares: van der Walt et al. scikit-image: image processing in Python. PeerJ 2 (2014).
        https://doi.org/10.7717/peerj.453
    """
    runs = _runs(labels)

    def total(values: NDArray[Any]) -> PerCell:
        return np.bincount(runs.number, values, minlength=n + 1)[1:].astype(np.float64)

    length = runs.end - runs.begin
    area = total(length)
    y, x = (ratio(total(values), area) for values in (runs.y * length, _sums(runs.end) - _sums(runs.begin)))
    # moments about a cell's own centre, safe from rounding of large numbers
    dy = runs.y - y[runs.number - 1]
    middle = (runs.begin + runs.end - 1) / 2 - x[runs.number - 1]
    yy = total(dy**2 * length)
    xx = total(middle**2 * length + length * (length**2 - 1) / 12)
    xy = total(dy * middle * length)
    spread = np.hypot(yy - xx, 2 * xy)  # difference of the two principal moments
    eccentricity = np.sqrt(ratio(2 * spread, yy + xx + spread))
    return Shapes(area, y, x, eccentricity, _solidity(runs, area), _border_share(labels, runs, n))


def _runs(labels: Labels) -> _Runs:
    height, width = labels.shape
    begins = np.ones((height, width), dtype=bool)
    begins[:, 1:] = labels[:, 1:] != labels[:, :-1]
    start = np.flatnonzero(begins)
    end = np.append(start[1:], labels.size)
    number = labels.ravel()[start].astype(np.intp)
    inside = number > 0
    y, begin = np.divmod(start[inside], width)
    return _Runs(number[inside], y, begin, begin + (end - start)[inside])


def _sums(below: NDArray[np.int64]) -> NDArray[np.int64]:
    """0 + 1 + … up to a number (exclusive)."""
    return below * (below - 1) // 2


def _solidity(runs: _Runs, area: PerCell) -> PerCell:
    order = np.argsort(runs.number, kind="stable")
    y, begin, end = (values[order] for values in runs[1:])
    corners = np.stack([[begin, y], [end, y], [begin, y + 1], [end, y + 1]]).transpose(2, 0, 1)
    last = np.cumsum(np.bincount(runs.number, minlength=len(area) + 1))
    hull = np.array(
        [
            cv2.contourArea(cv2.convexHull(corners[a:b].reshape(-1, 2).astype(np.int32))) if b > a else 0.0
            for a, b in pairwise(last)
        ]
    )
    return ratio(area, hull)


def _border_share(labels: Labels, runs: _Runs, n: int) -> PerCell:
    width = labels.shape[1]

    def count(numbers: NDArray[np.integer]) -> PerCell:
        return np.bincount(numbers, minlength=n + 1)[1:].astype(np.float64)

    border = count(labels[0]) + count(labels[-1])
    border += count(runs.number[runs.begin == 0]) + count(runs.number[runs.end == width])
    differ = labels[1:] != labels[:-1]
    inner = count(labels[1:][differ]) + count(labels[:-1][differ])
    inner += count(runs.number[runs.begin > 0]) + count(runs.number[runs.end < width])
    return ratio(border, border + inner)
