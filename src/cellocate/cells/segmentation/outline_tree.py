"""Outlines of bright areas at rising thresholds, as a tree.

An outline at a higher threshold hangs below the one that it lies in (Matas et al. 2002, doi:10.5244/C.16.36). No
threshold has to suit a whole field: outlines are judged later, one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cellocate.cells.segmentation.segmented import Map

Contour = NDArray[np.int32]
"""Points (x, y) along an outline, shape (N, 1, 2), as in OpenCV."""

Floats = NDArray[np.float64]

_LEVELS = 40
_SEEN = 0.3  # share of an outline within the field: a nucleus in a corner has half, the frame of the field none
_STEEP = 0.35  # share of an outline that need not be steep, because other nuclei may touch it


@dataclass(frozen=True, eq=False)
class OutlineTree:
    """Outlines, parents before children."""

    contours: list[Contour]  # the outlines
    parent: NDArray[np.int64]  # the outline at the next lower threshold that each lies in, -1 for none
    area: Floats  # enclosed area, px²
    solidity: Floats  # area over that of the convex hull
    slope: Floats  # steepness of the picture along most of the outline, per px
    height: Floats  # mean of the picture in the outline


def find_outlines(picture: Map, min_area: float) -> OutlineTree:
    """All outlines in a picture, shape (H, W), that enclose at least `min_area` px²."""
    across, down = (cv2.Sobel(picture, cv2.CV_32F, *way, scale=0.125) for way in ((1, 0), (0, 1)))
    slopes: Any = cv2.magnitude(across, down)
    contours: list[Contour] = []
    rows: list[tuple[int, int, float, float, float]] = []  # level, parent, area, solidity, slope
    below: NDArray[Any] = np.full(1, -1)
    parts_below: NDArray[Any] = np.zeros(picture.shape, np.int32)
    thresholds = _thresholds(picture)
    for level, threshold in enumerate(thresholds):
        bright = (picture > threshold).astype(np.uint8)
        count, parts = cv2.connectedComponents(bright, connectivity=8, ltype=cv2.CV_32S)
        numbers = np.full(count, -1)
        for contour in cv2.findContours(bright, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]:
            area = cv2.contourArea(contour)
            if area < min_area:
                continue
            x, y = contour[0, 0]
            numbers[parts[y, x]] = len(rows)
            contours.append(np.asarray(contour, np.int32))
            solidity = area / cv2.contourArea(cv2.convexHull(contour))
            rows.append((level, int(below[parts_below[y, x]]), area, solidity, _slope(slopes, contour)))
        below, parts_below = numbers, parts
    columns = np.array(rows, np.float64).reshape(-1, 5).T
    parent = columns[1].astype(np.int64)
    height = _heights(thresholds, columns[0].astype(np.int64), parent, columns[2])
    return OutlineTree(contours, parent, columns[2], columns[3], columns[4], height)


def shape_of(contour: Contour) -> tuple[float, float]:
    """The area of an outline, px², and its solidity."""
    area, hull = cv2.contourArea(contour), cv2.contourArea(cv2.convexHull(contour))
    return area, area / hull if hull else 0.0


def _thresholds(picture: Map) -> Floats:
    """Thresholds that are closer together in the dark, because dim nuclei lie next to bright ones."""
    low, middle, high = np.percentile(picture, (10, 50, 99.8))
    offset = max((high - low) / 100, (middle - low) / 2, 1e-6)
    above = np.geomspace(offset, max(high - low, 0) + offset, _LEVELS + 1)[:-1] - offset
    return np.asarray(above + low, np.float64)


def _slope(slopes: Map, contour: Any) -> float:  # noqa: ANN401 # OpenCV's type of arrays
    x, y = contour[:, 0, 0], contour[:, 0, 1]
    height, width = slopes.shape
    along = slopes[y, x][(x > 0) & (y > 0) & (x < width - 1) & (y < height - 1)]  # without the end of the field
    if len(along) <= _SEEN * len(x):
        return 0.0
    rank = int(_STEEP * len(along))
    return float(np.partition(along, rank)[rank])


def _heights(thresholds: Floats, level: NDArray[np.int64], parent: NDArray[np.int64], area: Floats) -> Floats:
    """Mean of the picture in each outline, from the areas at all thresholds above."""
    volume = area * np.append(np.diff(thresholds), thresholds[-1] - thresholds[-2])[level]
    for node in range(len(volume) - 1, -1, -1):
        if parent[node] >= 0:
            volume[parent[node]] += volume[node]
    return np.asarray(thresholds[level] + volume / area, np.float64)
