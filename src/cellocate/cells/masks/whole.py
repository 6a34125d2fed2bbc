"""Cells in one piece each."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects

from cellocate.cells.masks.labels import Labels, checked_labels

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
        _, nearest = cv2.distanceTransformWithLabels(
            crumbs.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
        )
        number_of = np.zeros(int(nearest.max()) + 1, np.uint16)
        number_of[nearest[~crumbs]] = whole[~crumbs]
        whole = number_of[nearest]
    return np.where(_crumbs(whole), 0, whole).astype(np.uint16)


def _crumbs(labels: NDArray[np.uint16]) -> NDArray[np.bool_]:
    """The pixels that are not in the largest piece of their number."""
    crumbs = np.zeros(labels.shape, bool)
    for number, box in enumerate(find_objects(labels), start=1):
        if box is not None:
            own = labels[box] == number
            count, parts, table, _ = cv2.connectedComponentsWithStats(own.view(np.uint8), connectivity=4)
            if count > 2:
                crumbs[box] |= own & (parts != 1 + int(table[1:, cv2.CC_STAT_AREA].argmax()))
    return crumbs
