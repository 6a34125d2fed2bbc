"""The pixel size of a field that does not tell it, from the size of its nuclei."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellocate.cells.segmentation.nucleus_selection import POWER, STEEPNESS, topmost
from cellocate.cells.segmentation.outline_tree import OutlineTree, find_outlines
from cellocate.cells.segmentation.resampling import background, rescaled
from cellocate.cells.segmentation.segmented import NUCLEUS

_BELIEVED = (0.01, 5.0)  # µm per px, between which an estimate is believed
_SIDE = 512  # px of the longer side of the first picture that is looked at
_ACROSS = 12.0  # px that nuclei must be wide there, or else a picture twice as large is looked at
_WIDE = 0.25  # of the field that a nucleus may be wide without counting as background
_SMALLEST = 16.0  # px², of an outline that may be a nucleus
_LARGEST = (0.1, 0.9)  # of the field that a nucleus may fill; the second where there is none of the first
_RAGGED = 0.8  # solidity of what cannot be a nucleus
_CONVEX, _STEEP = 0.9, 3.0


def estimated_pixel_size(dna: NDArray[Any], nucleus: float = NUCLEUS) -> float | None:
    """µm per px of a DNA stain, shape (H, W), if most of its nuclei are so wide (µm); None where nothing tells it."""
    across = nucleus_px(dna)
    if across is None or not _BELIEVED[0] <= nucleus / across <= _BELIEVED[1]:
        return None
    return nucleus / across


def nucleus_px(dna: NDArray[Any]) -> float | None:
    """The diameter of most of the nuclei in a DNA stain, px; None where there are none.

    Outlines at all thresholds compete as for `label_nuclei`, but no size is better than another. The answer is the
    middle by area: half of the area of all nuclei belongs to larger ones.

    Args:
        dna: the stain, shape (H, W).

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
    tree = find_outlines(picture, least=_SMALLEST)
    for largest in _LARGEST:
        if sizes := _sizes(tree, largest * picture.size):
            share = np.cumsum(np.square(sizes))
            return sizes[int(np.searchsorted(share, share[-1] / 2))]
    return None


def _sizes(tree: OutlineTree, largest: float) -> list[float]:
    """Diameters of what may be nuclei, the smallest first."""
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
