"""The second step: where cells are, from microtubules and endoplasmic reticulum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.filters import threshold_otsu

from cellocate.cells.segmentation.resampling import enlarged, factor, rescaled
from cellocate.cells.segmentation.segmented import Map, SegmentationSettings
from cellocate.images.signal import CLEAR, signal_of

LANDMARKS = ("red", "yellow")
"""Channels that show where cells are: microtubules and endoplasmic reticulum."""

_BLUR = 0.5  # µm: more than the width of a microtubule, less than the gap between two cells
_BORDER = 0.6  # of Otsu's threshold, which may lie between dim and bright cells instead of below all cells
_ENDS = (1, 99)  # percentiles between which a stain is stretched
_EVEN = 1e-3  # contrast below which two stains together show nothing
_LOST = 3.0  # standard deviations of the noise: less above the dark level may be noise


def cell_map(
    stains: Mapping[str, NDArray[Any]], pixel_size: float, settings: SegmentationSettings | None = None
) -> Map | None:
    """Map how likely each pixel lies in a cell: the brighter of microtubules and ER, as far as present.

    Square roots bring flat and thick parts of cells closer, and make the noise of dim and bright stains alike.

    Args:
        stains: channel → its pixels, shape (H, W); only red and yellow are used.
        pixel_size: µm per px.
        settings: the size of a typical nucleus.

    Returns:
        Shape (H, W), 0 to 1, .5 at the border of cells; None if both stains are missing or blank.

    Raises:
        CellocateError: an impossible pixel size.

    Example:
        >>> red = np.zeros((60, 60), np.uint8)
        >>> red[20:40, 20:40] = 120
        >>> found = cell_map({"red": red}, 0.65)
        >>> bool(found[30, 30] > 0.5 > found[5, 5]), cell_map({"green": red}, 0.65)
        (True, None)
    """
    settings = settings or SegmentationSettings()
    times = factor(pixel_size, settings.nucleus)
    blur = _BLUR / pixel_size * times
    shown = [_stretched(stains[name], times, blur) for name in LANDMARKS if name in stains]
    seen = [stain for stain in shown if stain is not None]
    if not seen:
        return None
    brighter = np.maximum.reduce([stain for stain, _ in seen])
    if np.ptp(brighter) < _EVEN:
        return None
    border = _BORDER * float(threshold_otsu(brighter))  # type: ignore[no-untyped-call]
    lost = np.logical_and.reduce([stain < noise for stain, noise in seen])
    likely = np.where(lost, 0, brighter / (brighter + border))
    return enlarged(likely.astype(np.float32), next(iter(stains.values())).shape)


def _stretched(stain: NDArray[Any], times: float, blur: float) -> tuple[Map, float] | None:
    """Stretch a stain to 0 to 1, coarser, and return how far noise reaches there; None for a blank stain."""
    signal = signal_of(stain)
    root = np.sqrt(np.maximum(cv2.GaussianBlur(rescaled(stain, times), (0, 0), max(blur, 0.1)), 0))
    low, high = map(float, np.percentile(root, _ENDS))
    if signal.peak() < CLEAR or high - low <= 1e-6 * max(1.0, high):
        return None
    dark = (np.sqrt(low**2 + _LOST * signal.noise) - low) / (high - low)
    return np.asarray(np.clip((root - low) / (high - low), 0, 1), np.float32), float(dark)
