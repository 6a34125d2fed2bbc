"""Image quality of a channel, whatever it shows: blank, saturated, out of focus.

The thresholds flag none of 72 real fields (65 of 2018, 3 of 2021, 4 of the atlas's website), with a margin.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cellocate.collection.depth_inference import HIGH_FLOOR
from cellocate.images import FIELD_SPAN, Pixels
from cellocate.images.bit_depth import darkest, full_value, smallest_depth, without_offset

BLANK_CONTRAST = 0.05
"""Standard deviation over mean of the thumbnail below which a channel is blank; real channels have .4 or more."""
BLANK_NOISE = 1.5
"""Variance of the means of areas, relative to that of independent pixels, below which a channel is only noise. Real
channels shrunk to 32 px have 2.6 or more; larger ones have more."""
SATURATED_SHARE = 0.1
"""Share of pixels at the largest value of the depth above which a channel is saturated; real ones have .025 or less."""
SHARPNESS = 0.045
"""Sharpness below which a field is out of focus; real ones have .07 or more, and .032 or less when blurred by .6 µm."""
FOCUS_CHANNELS = ("red", "yellow")
"""Landmarks with fine structure everywhere in a cell, best first. Nuclei are smooth, and the protein may be."""

SWAPPED = 0.15
"""How much more compact than the nuclei a landmark must be to look swapped with them. In half of the fields of each
collection, real or simulated, landmarks are less compact by .35 or more."""

_THUMBNAIL = 32
_AREA = 4  # px: the shortest side of an area over which noise averages out
_FOCUS_SIDE = 512  # px of an atlas field at .32 µm per px, the scale of the 2018 challenge
_FINE = 2.0  # px at that scale
_COMPACT_SIDE, _THICK, _SPECK = 256, 7, 20  # px of the longer side; px of a patch that is no line; px² of a speck


def thumbnail(plane: NDArray[Any]) -> NDArray[np.float32]:
    """The means of 32 × 32 areas of a channel, shape (32, 32), float32."""
    size = (_THUMBNAIL, _THUMBNAIL)
    return cv2.resize(plane.astype(np.float32), size, interpolation=cv2.INTER_AREA)  # type: ignore[return-value]


def is_blank(plane: NDArray[Any], small: NDArray[np.float32]) -> bool:
    """Whether a channel shows nothing: it is uniform, or varies only by noise from pixel to pixel.

    Noise averages out over areas of 4 × 4 px or more (32 × 32 of them, if the image is large enough); cells do not.
    A channel smaller than 16 px is blank only if it is uniform.

    Args:
        plane: shape (H, W), uint8 or uint16.
        small: its `thumbnail`.

    Example:
        >>> noise = np.random.default_rng(0).poisson(3, (256, 256)).astype(np.uint8)
        >>> is_blank(noise, thumbnail(noise))
        True
    """
    if float(small.std()) <= BLANK_CONTRAST * float(small.mean()):
        return True
    height, width = (min(_THUMBNAIL, side // _AREA) for side in plane.shape)
    if height < _AREA or width < _AREA:  # too few areas
        return False
    if (height, width) != small.shape:
        small = cv2.resize(plane.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    deviation = float(cv2.meanStdDev(plane)[1][0, 0])
    return float(small.var()) <= BLANK_NOISE * deviation**2 * small.size / plane.size


def above_floor(field: Pixels) -> Pixels:
    """Subtract the darkest pixel of a field if it is far above 0, so that an offset hides no contrast.

    Give all channels, shape (C, H, W): the darkest pixel of a single channel may be bright.
    """
    floor = darkest(field)
    high = floor >= HIGH_FLOOR * full_value(smallest_depth(int(field.max())))
    return without_offset(field, floor) if high else field


def saturated_share(plane: NDArray[Any]) -> float:
    """The share of pixels at the largest value, if that is the maximum of a camera: 255, 1023, 4095 and so on.

    References:
        Bray et al. Workflow and Metrics for Image Quality Control in Large-Scale High-Content Screens. J Biomol
        Screen 17, 2012 (its PercentMaximal). https://doi.org/10.1177/1087057111420292
    """
    brightest = int(plane.max())
    is_full = brightest >= full_value(8) and brightest & (brightest + 1) == 0
    return int(np.count_nonzero(plane == brightest)) / plane.size if is_full else 0.0


def sharpness(plane: NDArray[Any], pixel_size: float | None = None) -> float:
    """The share of a channel's variance that is finer than about 2 px at the scale of the 2018 challenge.

    Fields are shrunk to .32 µm per px. Coarser fields stay as they are and seem sharper. If the pixel size is unknown,
    the field is assumed to have the width of an atlas field.

    Args:
        plane: shape (H, W), uint8 or uint16.
        pixel_size: µm per px.

    References:
        Pertuz, Puig, Garcia. Analysis of focus measure operators for shape-from-focus. Pattern Recognition 46, 2013
        (among its operators: energy of the Laplacian). https://doi.org/10.1016/j.patcog.2012.11.011
    """
    coarse = FIELD_SPAN / _FOCUS_SIDE
    shrink = _FOCUS_SIDE / max(plane.shape) if pixel_size is None else pixel_size / coarse
    image: NDArray[np.float32] = plane.astype(np.float32)
    if shrink < 1:
        height, width = (max(1, round(side * shrink)) for side in plane.shape)
        image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    fine = image - cv2.GaussianBlur(image, (0, 0), _FINE)
    return float(fine.var() / max(float(image.var()), 1e-9))


def compactness(plane: NDArray[Any]) -> float:
    """How much of the bright area of a channel lies in thick, convex patches, as nuclei are: 0 to 1.

    Args:
        plane: shape (H, W), uint8 or uint16.

    Example:
        >>> disc = cv2.circle(np.zeros((256, 256), np.uint8), (128, 128), 30, 200, -1)
        >>> ring = cv2.circle(np.zeros((256, 256), np.uint8), (128, 128), 30, 200, 2)
        >>> compactness(disc) > 0.9, compactness(ring) < 0.1
        (True, True)
    """
    shrink = _COMPACT_SIDE / max(plane.shape)
    size = max(1, round(plane.shape[1] * shrink)), max(1, round(plane.shape[0] * shrink))
    small = cv2.resize(plane.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    grey = cv2.normalize(small, np.empty(0), 0, 255, cv2.NORM_MINMAX).astype(np.uint8)
    bright = cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)[1]
    thick = cv2.morphologyEx(bright, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_THICK, _THICK)))
    outlines = cv2.findContours(thick, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    patches = [(cv2.contourArea(outline), cv2.contourArea(cv2.convexHull(outline))) for outline in outlines]
    area, hull = np.sum([patch for patch in patches if patch[0] >= _SPECK] or [(0, 1)], axis=0)
    return float(thick.sum() / max(1, int(bright.sum())) * area / hull)
