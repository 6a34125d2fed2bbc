"""The first and the third step: map and label nuclei."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cellocate.cells.segmentation.nucleus_selection import plausible_nuclei, select_nuclei, without_debris
from cellocate.cells.segmentation.outline_tree import find_outlines, shape_of
from cellocate.cells.segmentation.resampling import (
    background,
    enlarged,
    enlarged_labels,
    factor,
    rescaled,
    widened,
)
from cellocate.cells.segmentation.segmented import Labels, Map, SegmentationSettings
from cellocate.errors import CellocateError
from cellocate.images.signal import signal_of

# Shares of the diameter of a typical nucleus.
_BLUR = 0.02
_NOISE = 10.0  # times the typical difference between a pixel and its neighbours: nuclei are higher
_LOST = 2.5  # standard deviations of the noise: less above the background may be noise
_SMALLEST = 0.03  # of a typical area: the border of the field may leave so little of a nucleus
_DEBRIS = 0.2  # of the median area of the whole nuclei of a field: less is debris
_RIM = 0.01  # beyond the steepest place of a border: people draw the outline there

_MAX_NUCLEI = np.iinfo(np.uint16).max


def nuclei_map(dna: NDArray[Any], pixel_size: float, settings: SegmentationSettings | None = None) -> Map:
    """Map how bright a DNA stain is above its surroundings, as a share of the brightest.

    Args:
        dna: the stain, shape (H, W), any numbers.
        pixel_size: µm per px.
        settings: the size of a typical nucleus.

    Returns:
        Shape (H, W), 0 to 1; all 0 for a field of only background or noise.

    Raises:
        CellocateError: an impossible pixel size.

    Example:
        >>> dna = np.full((60, 60), 20, np.uint8)
        >>> dna[20:40, 20:40] = 120
        >>> found = nuclei_map(dna, 0.65)
        >>> found.shape, round(float(found[30, 30]), 2), round(float(found[5, 5]), 2)
        ((60, 60), 1.0, 0.0)
    """
    settings = settings or SegmentationSettings()
    times = factor(pixel_size, settings.nucleus)
    across = settings.nucleus / pixel_size * times
    coarse = rescaled(dna, min(1.0, times))
    around = np.asarray(cv2.medianBlur(coarse, 3), np.float32)
    rough = np.abs(coarse - around)
    noise = float(np.median(rough))
    clean = np.where(rough > _NOISE * noise, around, coarse)  # without hot pixels
    small = np.asarray(cv2.GaussianBlur(rescaled(clean, max(1.0, times)), (0, 0), _BLUR * across), np.float32)
    above = small - background(small, across) - np.float32(_LOST * signal_of(dna).noise)
    top = float(np.percentile(above, 99.9))
    if top <= max(_NOISE * noise, 1e-6 * max(1.0, float(small.max()))):
        return np.zeros(dna.shape, np.float32)
    return enlarged(np.clip(above / top, 0, 1).astype(np.float32), dna.shape)


def label_nuclei(found: Map, pixel_size: float, settings: SegmentationSettings | None = None) -> Labels:
    """Label the nuclei in a `nuclei_map`.

    Outlines at forty thresholds compete: a nucleus has a steep, convex outline of about the right size, whatever its
    surroundings. Outlines with notches may be split into several nuclei.

    Args:
        found: shape (H, W), 0 to 1.
        pixel_size: µm per px.
        settings: the size of a typical nucleus.

    Returns:
        Label image, shape (H, W), uint16.

    Raises:
        CellocateError: an impossible pixel size, or more than 65,535 nuclei.

    Example:
        >>> dna = np.zeros((120, 200), np.uint8)
        >>> for x in (50, 130):
        ...     _ = cv2.circle(dna, (x, 60), 20, 200, -1)
        >>> labels = label_nuclei(nuclei_map(dna, 0.33), 0.33)
        >>> int(labels.max()), bool(labels[60, 50] != labels[60, 130]), int(labels[60, 90])
        (2, True, 0)
    """
    settings = settings or SegmentationSettings()
    times = factor(pixel_size, settings.nucleus)
    across = settings.nucleus / pixel_size * times
    small = rescaled(found, times)
    if not small.any():
        return np.zeros(found.shape, np.uint16)
    tree = find_outlines(small, min_area=_SMALLEST * np.pi * across**2 / 4)
    nuclei = plausible_nuclei(select_nuclei(tree, small, across), solidity=0.88, steepness=3.0, share=0.5, height=0.12)
    nuclei = without_debris(nuclei, _DEBRIS, (small.shape[0], small.shape[1]))
    if len(nuclei) > _MAX_NUCLEI:
        mend = f"Cut it into fields of at most {_MAX_NUCLEI}."
        raise CellocateError(f"{len(nuclei)} nuclei in one field", mend=mend)
    labels = np.zeros(small.shape, np.uint16)
    # larger nuclei first, so that an overlap goes to the smaller
    for number, nucleus in enumerate(sorted(nuclei, key=lambda n: -shape_of(n.contour)[0]), start=1):
        cv2.drawContours(labels, [nucleus.contour], -1, number, -1)
    labels = widened(enlarged_labels(labels, found.shape), round(_RIM * settings.nucleus / pixel_size))
    return numbered(labels)


def numbered(labels: Labels) -> Labels:
    """Renumber a label image from 1 without gaps, in order of first occurrence by rows.

    Example:
        >>> numbered(np.array([[0, 7], [3, 7]], np.uint16)).tolist()
        [[0, 1], [2, 1]]
    """
    first = np.full(int(labels.max(initial=0)) + 1, labels.size)
    first[labels.ravel()[::-1]] = np.arange(labels.size)[::-1]  # the last write stays
    first[0] = labels.size
    order = np.argsort(first)[: np.count_nonzero(first < labels.size)]
    table = np.zeros(len(first), np.uint16)
    table[order] = np.arange(1, len(order) + 1)
    return np.asarray(table[labels], np.uint16)
