"""Cells in one piece each."""

from __future__ import annotations

from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects

from cellocate.cells.masks.label_arrays import Labels, checked_labels

T = TypeVar("T", bound=np.integer[Any])
_TRIES = 3  # what lies nearest to a crumb may itself be cut off by it


def in_one_piece(labels: Labels) -> NDArray[np.uint16]:
    """A label image in which each number keeps the largest of its pieces; the rest goes to what lies nearest to it.

    Pixels that touch only at a corner are not connected.

    Args:
        labels: shape (H, W), 0 for none, up to 65,535.

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
    """A label image in which some pixels, but not all, have the number of the pixel that is nearest among the others.

    Args:
        labels: shape (H, W).
        where: the pixels that get another number, shape (H, W).
    """
    _, place = cv2.distanceTransformWithLabels(
        where.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    number_of = np.zeros(int(place.max()) + 1, labels.dtype)
    number_of[place[~where]] = labels[~where]
    return np.asarray(number_of[place])


def _given_away(labels: NDArray[np.uint16], crumbs: NDArray[np.bool_]) -> NDArray[np.uint16]:
    """A label image in which crumbs have the numbers around them; each is looked at alone, as most are tiny."""
    given = labels.copy()
    height, width = labels.shape
    for x, y, across, down, _ in cv2.connectedComponentsWithStats(crumbs.view(np.uint8))[2][1:]:
        box = np.s_[max(0, y - 1) : min(height, y + down + 1), max(0, x - 1) : min(width, x + across + 1)]
        given[box] = np.where(crumbs[box], fill_from_nearest(labels[box], crumbs[box]), given[box])
    return given


def _crumbs(labels: NDArray[np.uint16]) -> NDArray[np.bool_]:
    """The pixels that are not in the largest piece of their number."""
    crumbs = np.zeros(labels.shape, bool)
    for number, box in enumerate(find_objects(labels), start=1):
        if box is not None:
            own = labels[box] == number
            count, parts = cv2.connectedComponents(own.view(np.uint8), connectivity=4, ltype=cv2.CV_16U)
            if count > 2:
                crumbs[box] |= own & (parts != 1 + int(np.bincount(parts[own])[1:].argmax()))
    return crumbs
