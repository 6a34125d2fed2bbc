"""Reduce each cell to one connected piece."""

from __future__ import annotations

from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects

from cellocate.cells.masks.label_arrays import Labels, checked_labels

T = TypeVar("T", bound=np.integer[Any])
_TRIES = 3  # moving a crumb may cut off another one


def in_one_piece(labels: Labels) -> NDArray[np.uint16]:
    """Keep the largest piece of each number, shape (H, W), up to 65,535; the rest goes to the nearest number.

    Pixels that touch only at a corner are not connected.

    Example:
        >>> in_one_piece(np.array([[1, 1, 2, 2, 0, 1]])).tolist(), in_one_piece(np.array([[1, 1, 2, 1, 2, 2]])).tolist()
        ([[1, 1, 2, 2, 0, 0]], [[1, 1, 1, 2, 2, 2]])
    """
    whole = checked_labels(labels)
    for _ in range(_TRIES):
        crumbs = _crumbs(whole)
        if not crumbs.any():
            return whole
        whole = _given_away(whole, crumbs)
    return np.where(_crumbs(whole), 0, whole).astype(np.uint16)


def fill_from_nearest(labels: NDArray[T], where: NDArray[np.bool_]) -> NDArray[T]:
    """Give the pixels `where`, but not all, the number of the nearest other pixel; both have shape (H, W)."""
    _, place = cv2.distanceTransformWithLabels(
        where.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    number_of = np.zeros(int(place.max()) + 1, labels.dtype)
    number_of[place[~where]] = labels[~where]
    return np.asarray(number_of[place])


def _given_away(labels: NDArray[np.uint16], crumbs: NDArray[np.bool_]) -> NDArray[np.uint16]:
    """Give crumbs the numbers around them, one by one, because most are tiny."""
    given = labels.copy()
    height, width = labels.shape
    for x, y, across, down, _ in cv2.connectedComponentsWithStats(crumbs.view(np.uint8))[2][1:]:
        box = np.s_[max(0, y - 1) : min(height, y + down + 1), max(0, x - 1) : min(width, x + across + 1)]
        given[box] = np.where(crumbs[box], fill_from_nearest(labels[box], crumbs[box]), given[box])
    return given


def _crumbs(labels: NDArray[np.uint16]) -> NDArray[np.bool_]:
    crumbs = np.zeros(labels.shape, bool)
    for number, box in enumerate(find_objects(labels), start=1):
        if box is not None:
            own = labels[box] == number
            count, parts = cv2.connectedComponents(own.view(np.uint8), connectivity=4, ltype=cv2.CV_16U)
            if count > 2:
                crumbs[box] |= own & (parts != 1 + int(np.bincount(parts[own])[1:].argmax()))
    return crumbs
