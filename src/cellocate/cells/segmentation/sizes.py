"""The pixel size of a field that does not tell it, from the size of its nuclei."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellocate.cells.segmentation.outlines import outlines
from cellocate.cells.segmentation.working import rescaled

_SIDE = 512  # px of the longer side of the first picture that is looked at
_ACROSS = 12.0  # px that nuclei must be wide there, or else a picture twice as large is looked at
_SMALLEST = 16.0  # px², of an outline that may be a nucleus
_CONVEX, _STEEP = 0.9, 3.0


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
    tree = outlines(rescaled(dna, times), least=_SMALLEST)
    across = np.sqrt(4 * tree.area / np.pi)
    # above what the picture shows around: the level of the outermost outline, not of black
    steepness = tree.slope * across / np.maximum(tree.height, 1e-9)
    convex = np.clip((tree.solidity - 0.8) / 0.2, 0, 1)
    own = tree.area * convex * steepness / (steepness + 20)
    within = np.zeros_like(own)
    better = np.zeros(len(own), bool)
    for node in range(len(own) - 1, -1, -1):
        better[node] = own[node] > 0 and own[node] >= within[node]
        if tree.parent[node] >= 0:
            within[tree.parent[node]] += max(own[node], within[node])
    covered = np.zeros(len(own), bool)
    kept = []
    for node in range(len(own)):
        above = tree.parent[node] >= 0 and covered[tree.parent[node]]
        covered[node] = above or better[node]
        if better[node] and not above and tree.solidity[node] > _CONVEX and steepness[node] > _STEEP:
            kept.append(node)
    if not kept:
        return None
    sizes = np.sort(across[kept])
    share = np.cumsum(sizes**2)
    return float(sizes[np.searchsorted(share, share[-1] / 2)])
