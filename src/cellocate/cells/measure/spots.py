"""Where in a cell the light of the protein lies: in spots, and at the rim."""

from __future__ import annotations

from itertools import pairwise
from types import EllipsisType
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from cellocate.cells.masks import Labels
from cellocate.cells.measure.cell_pixels import PerCell, ratio

SPOT = 0.2
"""µm: standard deviation of the blur that best fits a spot; spots are about .3 to 1 µm wide."""
RIM = 1.0
"""µm: width of the rim of a cell."""

# second derivatives, along x, along y and mixed
_CURVATURES = (
    np.array([[1.0, -2, 1]]),
    np.array([[1.0], [-2], [1]]),
    np.array([[1, 0, -1], [0, 0, 0], [-1, 0, 1]]) / 4,
)
_CLEAR = 5.0  # standard deviations above the rest of the cell
_CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
_MIN_PEAK = 0.2  # in roots of grey levels: a spot of .2 µm that is 2 grey levels high in the dark, or 17 on 100


class Spots(NamedTuple):
    """The number of spots of each cell, and the share of its light that lies in them."""

    number: PerCell
    share: PerCell


def spots(light: NDArray[np.float32], cells: Labels, n: int, pixel_size: float) -> Spots:
    """Find spots of the protein: places that stand out from their surroundings, at the size of vesicles and bodies.

    The root of the light, in which the noise of photons is even, is blurred by .2 µm. At a spot it curves down in every
    direction (the larger eigenvalue of its Hessian is below 0); at edges and threads only in one. A peak of that
    curvature is a spot if it is above .2 and five times the typical value in its cell (the median of absolute values,
    as a standard deviation). Pixels within .4 µm of a peak belong to the spot. Pixels are first enlarged to about .16
    µm, which loses nothing of that size.

    Args:
        light: of the protein, grey levels of 255, background subtracted, shape (H, W).
        cells: shape (H, W).
        n: the highest number of a cell.
        pixel_size: µm per px.

    Returns:
        The share is NaN for a cell without light, and for one that vanishes among the larger pixels.

    References:
        Lindeberg. Feature detection with automatic scale selection. IJCV 30 (1998).
        https://doi.org/10.1023/A:1008045108935; Anscombe. The transformation of Poisson, binomial and
        negative-binomial data. Biometrika 35 (1948). https://doi.org/10.1093/biomet/35.3-4.246
    """
    light, number, sigma = _shrunk(light, cells, SPOT / pixel_size)
    answer = _roundness(np.sqrt(light + np.float32(1)), sigma)
    limit = np.full(n + 1, np.inf, np.float32)
    limit[1:] = np.maximum(_CLEAR * _noise_level(answer.ravel(), number.ravel(), n), _MIN_PEAK)
    peaks = (answer >= cv2.dilate(answer, np.ones((3, 3), np.uint8))) & (answer > _MIN_PEAK)
    peaks[peaks] = answer[peaks] > limit[number[peaks]]
    reach = 2 * round(2 * sigma) + 1
    near = cv2.dilate(peaks.view(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))) > 0

    def total(at: NDArray[np.bool_] | EllipsisType) -> PerCell:
        return np.bincount(number[at].ravel(), light[at].ravel(), minlength=n + 1)[1:].astype(np.float64)

    found = np.bincount(number[peaks], minlength=n + 1)[1:].astype(np.float64)
    return Spots(found, ratio(total(near), total(...)))


def _roundness(light: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """How much light curves down after a blur, in the direction in which it does so least; shape (H, W)."""
    blurred = cv2.GaussianBlur(light, (0, 0), sigma) * np.float32(sigma**2)
    xx, yy, xy = (cv2.filter2D(blurred, cv2.CV_32F, kernel) for kernel in _CURVATURES)
    return np.asarray(-(xx + yy) / 2 - np.hypot((xx - yy) / 2, xy), np.float32)


def rim(cells: NDArray[np.uint16], pixel_size: float) -> NDArray[np.bool_]:
    """The pixels within 1 µm of the edge of their cell, or at the edge where pixels are larger; shape (H, W).

    The border of the field is not an edge.
    """
    edge = cv2.dilate(cells, _CROSS) != cv2.erode(cells, _CROSS)
    inside = cells > 0
    apart = cv2.distanceTransform((inside & ~edge).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    near: NDArray[np.bool_] = (apart <= RIM / pixel_size - 0.5) | edge  # apart: from the middle of a pixel at the edge
    return near & inside


def _shrunk(
    light: NDArray[np.float32], cells: Labels, sigma: float
) -> tuple[NDArray[np.float32], NDArray[np.uint16], float]:
    """Light and cells on pixels so large that a spot's blur is 1.25 to 2.5 px (or 1, if it is less)."""
    factor = max(1, int(sigma / 1.25))
    size = (max(1, light.shape[1] // factor), max(1, light.shape[0] // factor))
    small = cv2.resize(light, size, interpolation=cv2.INTER_AREA)
    numbers = cv2.resize(cells.astype(np.uint16), size, interpolation=cv2.INTER_NEAREST)
    return small.astype(np.float32), numbers.astype(np.uint16), max(sigma / factor, 1.0)


def _noise_level(answer: NDArray[np.float32], number: NDArray[np.uint16], n: int) -> PerCell:
    """The standard deviation of each cell's answer, robust to its spots."""
    count = np.bincount(number, minlength=n + 1)
    order = np.argsort(number, kind="stable")
    sizes, last = np.abs(answer[order]), np.cumsum(count)
    parts = (sizes[a:b] for a, b in pairwise(last))
    return np.array([1.4826 * np.median(part) if len(part) else 0.0 for part in parts])
