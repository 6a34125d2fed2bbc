"""Overlay a map of evidence on a picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

RGB = NDArray[np.uint8]
"""Shape (h, w, 3)."""

_STRONGEST = 0.8  # opacity of the map where it is largest
_EVIDENT = 0.5  # share of the largest value that the line is drawn at


def overlay_map(plane: NDArray[np.float64], heat: NDArray[np.float32]) -> RGB:
    """A channel in grey under a map in matplotlib's `inferno` colours; both of shape (h, w), 0 to 1."""
    from matplotlib import colormaps

    opacity = _STRONGEST * np.sqrt(heat)[..., None]
    colours = colormaps["inferno"](0.25 + 0.7 * heat)[..., :3]
    return np.asarray(np.rint(255 * ((1 - opacity) * plane[..., None] + opacity * colours)), np.uint8)


def outline_map(picture: RGB, heat: NDArray[np.float32]) -> RGB:
    """Draw a white line with a dark edge around the pixels where the map exceeds half of its largest value."""
    inside = (heat > _EVIDENT).astype(np.uint8)
    kernel = np.ones((3, 3), np.uint8)
    outer = cv2.dilate(inside, kernel)
    drawn = picture.copy()
    drawn[cv2.dilate(outer, kernel) > outer] = 0
    drawn[outer > inside] = 255
    return drawn


def scale_map(heat: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.float32]:
    """Resize a map to the shape of a picture and scale it to 1 at most; all 0 if there is no evidence.

    Example:
        >>> scale_map(np.array([[0, 2], [0, 4]], np.float32), (2, 2)).tolist()
        [[0.0, 0.5], [0.0, 1.0]]
    """
    sized = cv2.resize(heat, shape[::-1], interpolation=cv2.INTER_LINEAR)
    top = float(sized.max(initial=0))
    return np.asarray(np.maximum(sized, 0) / top if top > 0 else np.zeros(shape), np.float32)
