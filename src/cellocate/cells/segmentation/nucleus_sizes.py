"""Estimate the pixel size of a field from the size of its nuclei."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellocate.cells.segmentation.nucleus_selection import POWER, STEEPNESS, topmost
from cellocate.cells.segmentation.outline_tree import OutlineTree, find_outlines
from cellocate.cells.segmentation.resampling import background, rescaled
from cellocate.cells.segmentation.segmented import NUCLEUS

_BELIEVED = (0.01, 5.0)  # µm per px: other estimates are dropped
_SIDE = 512  # px of the longer side of the first picture
_ACROSS = 12.0  # px: where nuclei are narrower, the picture is doubled
_WIDE = 0.25  # largest width of a nucleus, as a share of the field; wider areas are background
_SMALLEST = 16.0  # px²: least area of an outline
_LARGEST = (0.1, 0.9)  # largest area of a nucleus, as a share of the field; the second if the first finds none
_RAGGED = 0.8  # solidity at and below which an outline has no value
_CONVEX, _STEEP = 0.9, 3.0


def estimated_pixel_size(dna: NDArray[Any], nucleus: float = NUCLEUS) -> float | None:
    """µm per px of a DNA stain, shape (H, W), if most of its nuclei are `nucleus` µm wide; None without an estimate."""
    across = nucleus_px(dna)
    if across is None or not _BELIEVED[0] <= nucleus / across <= _BELIEVED[1]:
        return None
    return nucleus / across


def nucleus_px(dna: NDArray[Any]) -> float | None:
    """The diameter of most of the nuclei in a DNA stain, shape (H, W), in px; None without nuclei.

    Outlines at all thresholds compete as for `label_nuclei`, but no size is preferred. The result is the median by
    area: larger nuclei make up half of the area of all nuclei.

    Example:
        >>> import cv2
        >>> dna = np.zeros((300, 400), np.uint8)
        >>> for x in (80, 200, 320):
        ...     _ = cv2.circle(dna, (x, 150), 25, 200, -1)
        >>> 46 < nucleus_px(dna) < 54
        True
    """
    side = float(max(dna.shape))
    times = min(1.0, _SIDE / side)
    while True:
        across = _diameter(dna, times)
        if times == 1 or (across is not None and across >= _ACROSS):
            return None if across is None else across / times
        times = min(1.0, 2 * times)


def _diameter(dna: NDArray[Any], times: float) -> float | None:
    picture = rescaled(dna, times)
    picture -= background(picture, _WIDE * max(picture.shape))
    tree = find_outlines(picture, min_area=_SMALLEST)
    for largest in _LARGEST:
        if sizes := _sizes(tree, largest * picture.size):
            share = np.cumsum(np.square(sizes))
            return sizes[int(np.searchsorted(share, share[-1] / 2))]
    return None


def _sizes(tree: OutlineTree, largest: float) -> list[float]:
    """Diameters of likely nuclei, ascending."""
    across = np.sqrt(4 * tree.area / np.pi)
    steepness = tree.slope * across / np.maximum(tree.height, 1e-9)
    convex = np.clip((tree.solidity - _RAGGED) / (1 - _RAGGED), 0, 1)
    own = np.where(tree.area < largest, tree.area * convex * (steepness / (steepness + STEEPNESS)) ** POWER, 0)
    within = np.zeros_like(own)
    for node in range(len(own) - 1, -1, -1):
        if tree.parent[node] >= 0:
            within[tree.parent[node]] += max(own[node], within[node])
    top = topmost(tree.parent, (own > 0) & (own >= within))
    return sorted(float(across[n]) for n in top if tree.solidity[n] > _CONVEX and steepness[n] > _STEEP)
