"""Split outlines of several touching nuclei, from notch to notch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cellocate.cells.segmentation.outline_tree import Contour, shape_of
from cellocate.cells.segmentation.segmented import Map

Worth = Callable[[float, float], float]
"""Area and solidity of an outline → its value as a nucleus."""

_NOTCHES = 6  # only the deepest are tried
_FARTHEST = 0.15  # least share of an outline between the ends of a cut
_PRICE = 0.8  # of a cut as long as the smaller piece is wide
_FREE, _DEAR = 0.4, 0.95  # light on a cut over light beside it: free up to the first, full price from the second
_BESIDE = 1 / 6  # distance to either side of a cut, in typical diameters
_ALONG = np.linspace(0.15, 0.85, 21)[None]  # places along a cut; its ends lie outside the nuclei
_SIDES = np.array([[0], [1], [-1]])  # on it, and on either side
_DEEPEST = 4  # nested cuts: 16 nuclei in one outline


def split_outline(
    contour: Contour, picture: Map, worth: Worth, *, across: float, notch: float, min_area: float, depth: int = 0
) -> tuple[float, list[Contour]]:
    """Find the best way to cut an outline of an image, shape (H, W): the total value of its pieces, and these.

    A cut costs more the longer it is compared with the width of the smaller piece, because nuclei touch along less than
    their width. It costs less the darker it is compared with both sides, because nuclei are dim where they touch. It
    starts from a notch of at least `notch` px and leaves pieces of at least `min_area` px². A typical nucleus is
    `across` px wide. `depth` counts earlier cuts. Without a better cut, the outline itself is returned.
    """
    best = worth(*shape_of(contour)), [contour]
    if depth == _DEEPEST:
        return best
    highest, found = 0.0, None
    for start, end, length in _cuts(contour, notch):
        one, other = contour[start : end + 1], np.concatenate([contour[end:], contour[: start + 1]])
        shapes = shape_of(one), shape_of(other)
        smaller = min(area for area, _ in shapes)
        uncut = sum(worth(*shape) for shape in shapes)
        if smaller >= min_area and uncut > highest:  # otherwise it cannot be the best at any price
            price = _PRICE * _dearness(picture, contour[start, 0], contour[end, 0], _BESIDE * across)
            kept = max(0.0, 1 - price * length / np.sqrt(4 * smaller / np.pi))
            if kept * uncut > highest:
                highest, found = kept * uncut, (kept, one, other)
    if found:
        kept, *halves = found
        same = {"across": across, "notch": notch, "min_area": min_area}
        cut = [split_outline(half, picture, worth, **same, depth=depth + 1) for half in halves]
        value = kept * sum(value for value, _ in cut)
        if value > best[0]:
            return value, [piece for _, some in cut for piece in some]
    return best


def _dearness(picture: Map, start: NDArray[np.int32], end: NDArray[np.int32], beside: float) -> float:
    """0 for a cut along a dark valley, 1 for a cut without one."""
    across, down = (end - start).tolist()
    aside = beside / max(float(np.hypot(across, down)), 1e-9)
    x = start[0] + _ALONG * across - _SIDES * down * aside
    y = start[1] + _ALONG * down + _SIDES * across * aside
    bottom, right = picture.shape
    y, x = (np.clip(np.rint(at), 0, end - 1).astype(np.intp) for at, end in ((y, bottom), (x, right)))
    light = picture[y, x]
    cut, one, other = map(float, np.sort(light, axis=1)[:, _ALONG.shape[1] // 2])  # medians
    share = cut / max(min(one, other), 1e-9)
    return min(1.0, max(0.0, (share - _FREE) / (_DEAR - _FREE)))


def _cuts(contour: Contour, notch: float) -> Iterator[tuple[int, int, float]]:
    """Start, end and length of possible cuts: between two notches, or from a notch to the nearest opposite point."""
    points = contour[:, 0].astype(np.float64)
    ends = set()
    notches = _notches(contour, notch)
    for number, here in enumerate(notches):
        ends |= {(min(here, there), max(here, there)) for there in notches[:number]}
        along = np.abs(np.arange(len(points)) - here)
        along = np.minimum(along, len(points) - along)
        narrow = np.hypot(*(points - points[here]).T) / np.maximum(along, 1)
        there = int(np.where(along > _FARTHEST * len(points), narrow, np.inf).argmin())
        ends.add((min(here, there), max(here, there)))
    for start, end in sorted(ends):
        if end - start > 3 and len(points) - (end - start) > 3:
            yield start, end, float(np.hypot(*(points[start] - points[end])))


def _notches(contour: Contour, notch: float) -> list[int]:
    """The deepest points between an outline and its convex hull."""
    hull = np.sort(cv2.convexHull(contour, returnPoints=False).ravel())[::-1]
    try:
        defects: Any = cv2.convexityDefects(contour, np.ascontiguousarray(hull, np.int32)[:, None])
    except cv2.error:  # an outline that crosses itself, after cuts
        return []
    if defects is None:
        return []
    rows = np.asarray(defects).reshape(-1, 4)  # start, end, deepest point, depth in 1/256 px
    deep = rows[rows[:, 3] > 256 * notch]
    return [int(point) for point in deep[np.argsort(-deep[:, 3], kind="stable")][:_NOTCHES, 2]]
