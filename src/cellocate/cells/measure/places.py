"""Where in a cell the light of the protein lies: in spots, and at the rim."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from cellocate.cells.masks import Labels
from cellocate.cells.measure.pixels import PerCell, ratio

SPOT = 0.2
"""µm: the standard deviation of the blur that best fits a spot, so that spots are some .3 to 1 µm wide."""
RIM = 1.0
"""µm from the edge of a cell that count as its rim."""

_WIDER = 1.6  # of the two blurs whose difference comes nearest to the Laplacian of a Gaussian
_CLEAR = 6.0  # standard deviations of what is no spot
_CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
_LEAST = 0.3  # in roots of grey levels: a spot of 5 grey levels in the dark, or of 30 on 100


class Spots(NamedTuple):
    """Of each cell, how many spots it has, and the share of its light that lies in them."""

    number: PerCell
    share: PerCell


def spots(light: NDArray[np.float32], cells: Labels, n: int, pixel_size: float) -> Spots:
    """Spots of the protein: where it stands out from around it, at the size of vesicles and bodies.

    The root of the light, in which the noise of photons is even, is filtered with the difference of two Gaussian blurs
    of .2 and .32 µm, which is nearly the Laplacian of a Gaussian. A pixel is of a spot where the answer is more than
    .3, and six times its usual size in that cell (the median of its absolute value, as a standard deviation). A spot
    is counted for each peak of the answer among them. It is done on pixels of about .16 µm, which lose nothing of that
    size.

    Args:
        light: of the protein, grey levels of 255, background taken off, shape (H, W).
        cells: shape (H, W).
        n: the highest number of a cell.
        pixel_size: µm per px.

    Returns:
        NaN as the share of a cell without light, and of one that is lost among the larger pixels.

    References:
        Lindeberg. Feature detection with automatic scale selection. IJCV 30 (1998).
        https://doi.org/10.1023/A:1008045108935; Marr, Hildreth. Theory of edge detection. Proc R Soc B 207 (1980).
        https://doi.org/10.1098/rspb.1980.0020; Anscombe. The transformation of Poisson, binomial and negative-binomial
        data. Biometrika 35 (1948). https://doi.org/10.1093/biomet/35.3-4.246
    """
    light, cells, sigma = _shrunk(light, cells, SPOT / pixel_size)
    even = np.sqrt(light + 1)
    narrow, wide = (cv2.GaussianBlur(even, (0, 0), sigma * factor) for factor in (1.0, _WIDER))
    answer = narrow - wide
    flat, number = answer.ravel(), cells.ravel()
    limit = np.full(n + 1, np.inf, np.float32)
    limit[1:] = np.maximum(_CLEAR * _usual(flat, number, n), _LEAST)
    bright = np.flatnonzero(flat > limit[0:].min())
    bright = bright[flat[bright] > limit[number[bright]]]
    highest = cv2.dilate(answer, np.ones((3, 3), np.uint8)).ravel()
    peaks = bright[flat[bright] == highest[bright]]
    count = np.bincount(number[peaks], minlength=n + 1)[1:].astype(np.float64)
    in_spots, whole = (
        np.bincount(number[at], light.ravel()[at], minlength=n + 1)[1:].astype(np.float64) for at in (bright, ...)
    )
    return Spots(count, ratio(in_spots, whole))


def rim(cells: NDArray[np.uint16], pixel_size: float) -> NDArray[np.bool_]:
    """The pixels of each cell that lie within 1 µm of its edge, or at the edge where pixels are larger; shape (H, W).

    Where a cell is cut off by the border of the field, that is no edge.
    """
    edge = cv2.dilate(cells, _CROSS) != cv2.erode(cells, _CROSS)
    inside = cells > 0
    apart = cv2.distanceTransform((inside & ~edge).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    near: NDArray[np.bool_] = (apart <= RIM / pixel_size - 0.5) | edge  # apart: from the middle of a pixel at the edge
    return near & inside


def _shrunk(
    light: NDArray[np.float32], cells: Labels, sigma: float
) -> tuple[NDArray[np.float32], NDArray[np.uint16], float]:
    """Light and cells on pixels so large that a spot's blur is of 1.25 to 2.5 px (or one where it is less)."""
    factor = max(1, int(sigma / 1.25))
    size = (max(1, light.shape[1] // factor), max(1, light.shape[0] // factor))
    small = cv2.resize(light, size, interpolation=cv2.INTER_AREA)
    numbers = cv2.resize(cells.astype(np.uint16), size, interpolation=cv2.INTER_NEAREST)
    return small.astype(np.float32), numbers.astype(np.uint16), max(sigma / factor, 1.0)


def _usual(answer: NDArray[np.float32], number: NDArray[np.uint16], n: int) -> PerCell:
    """The standard deviation of each cell's answer, but for its spots."""
    count = np.bincount(number, minlength=n + 1)
    order = np.argsort(number, kind="stable")
    sizes, last = np.abs(answer[order]), np.cumsum(count)
    parts = (sizes[a:b] for a, b in pairwise(last))
    return np.array([1.4826 * np.median(part) if len(part) else 0.0 for part in parts])
