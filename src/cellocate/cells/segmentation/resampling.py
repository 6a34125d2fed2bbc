"""Resample pictures to the scale at which cells are found, and back."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cellocate.cells.segmentation.segmented import Labels, Map
from cellocate.images.scale import check_pixel_size

NUCLEUS_PX = 36.0  # across a typical nucleus: enough for its outline, a sixteenth of the pixels of the atlas's fields
_COARSEST = 20.0  # px across a nucleus; smaller ones are enlarged
_LARGEST_ENLARGEMENT = 4.0
_FAR = 1.5  # nuclear diameters within which the background is taken


def factor(pixel_size: float, nucleus: float) -> float:
    """How much to rescale a picture of `pixel_size` µm per px to outline nuclei of `nucleus` µm.

    Raises:
        CellocateError: an impossible pixel size.

    Example:
        >>> round(factor(0.09, nucleus=13), 3), factor(0.4, nucleus=13)
        (0.249, 1.0)
    """
    across = nucleus / check_pixel_size(pixel_size)
    if across >= NUCLEUS_PX:
        return NUCLEUS_PX / across
    return 1.0 if across >= _COARSEST else min(_LARGEST_ENLARGEMENT, _COARSEST / across)


def rescaled(picture: NDArray[Any], times: float) -> Map:
    """Rescale a picture, shape (H, W), by a factor, as float32; shrinking averages over areas."""
    height, width = (max(1, round(side * times)) for side in picture.shape)
    method = cv2.INTER_AREA if times < 1 else cv2.INTER_LINEAR
    # floats, because means of dim stains would be rounded to few steps
    return np.asarray(cv2.resize(picture.astype(np.float32), (width, height), interpolation=method), np.float32)


def enlarged(picture: Map, shape: tuple[int, int]) -> Map:
    """Resize a picture to another shape (H, W)."""
    return np.asarray(cv2.resize(picture, shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def shrunk_labels(labels: Labels, times: float) -> Labels:
    """Rescale a label image by a factor; each number keeps at least one pixel."""
    height, width = (max(1, round(side * times)) for side in labels.shape)
    small = np.asarray(cv2.resize(labels, (width, height), interpolation=cv2.INTER_NEAREST), np.uint16)
    lost = np.setdiff1d(np.unique(labels), np.unique(small))
    for number in lost:
        y, x = np.argwhere(labels == number)[0]
        small[min(height - 1, int(y * times)), min(width - 1, int(x * times))] = number
    return small


def enlarged_labels(labels: Labels, shape: tuple[int, int]) -> Labels:
    """Resize a label image to another shape (H, W), with smooth outlines.

    It is doubled and smoothed in turns. The median of a window with two numbers is the more frequent one; of more
    numbers it is one of them.
    """
    while 2 * labels.shape[0] <= shape[0] and 2 * labels.shape[1] <= shape[1]:
        double = (2 * labels.shape[1], 2 * labels.shape[0])
        labels = _smooth(cv2.resize(labels, double, interpolation=cv2.INTER_NEAREST))
    if labels.shape == shape:
        return labels
    return _smooth(cv2.resize(labels, shape[::-1], interpolation=cv2.INTER_NEAREST_EXACT))


def widened(labels: Labels, px: int) -> Labels:
    """Widen each number of a label image by some px into the background."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * px + 1, 2 * px + 1))
    return np.asarray(np.where(labels > 0, labels, cv2.dilate(labels, disc)), np.uint16) if px else labels


def _smooth(labels: NDArray[Any]) -> Labels:
    return np.asarray(cv2.medianBlur(np.ascontiguousarray(labels, np.uint16), 5), np.uint16)


def background(picture: Map, across: float) -> Map:
    """A smooth picture of the dark surroundings, computed on a still coarser picture."""
    step = max(1, int(across / 8))
    height, width = (max(1, side // step) for side in picture.shape)
    coarse = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    side = 2 * int(_FAR * across / step) + 1
    dark = cv2.erode(coarse, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    return enlarged(np.asarray(cv2.GaussianBlur(dark, (0, 0), side / 2), np.float32), picture.shape)
