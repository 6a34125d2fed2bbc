"""Measure the light of each cell by channel and compartment, and the colocalisation of channels."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from skimage import filters

from cellocate.cells.measure.cell_pixels import CellPixels, ratio
from cellocate.images import Pixels

Floats = NDArray[np.float64]


_BITS, _SAMPLE = 12, 2**13  # of grey levels, and number of pixels: enough for a threshold


class Intensities(NamedTuple):
    """Light of each cell (n) and channel (C), or pair of channels."""

    background: Floats  # shape (C,), grey levels
    whole: Floats  # shape (n, C), grey levels summed over the cell, background included
    nucleus: Floats  # shape (n, C), the same over its nucleus
    pixels: Floats  # shape (n, 2), of the cell and of its nucleus
    pearson: Floats  # shape (n, C, C), correlation over the cell's pixels; NaN where either channel is constant
    # shape (n, C, C), share of the first channel's light where the second is present; NaN for a cell without light, and
    # where the second is constant in the cell
    manders: Floats
    near: Floats  # shape (n, C), share of the light at the rim; NaN for a cell without light
    near_area: Floats  # shape (n,), share of the pixels at the rim


def measure_intensities(
    field: Pixels, pixels: CellPixels, nuclei: NDArray[np.bool_], rim: NDArray[np.bool_]
) -> Intensities:
    """Measure the light of each cell of a field, shape (C, H, W), in its nucleus and at its rim, shape (H, W).

    Pearson's and Manders' coefficients are over the whole cell. A channel is present above its Otsu threshold in that
    cell (from at most 8,192 evenly spaced pixels, and the 12 most significant bits), because cells of one field differ
    in brightness. Costes' threshold needs a line through the values of two channels. There is none where they do not
    rise together, as with most proteins and landmarks.

    References:
        Manders, Stap, Brakenhoff, van Driel, Aten. Dynamics of three-dimensional replication patterns during the
        S-phase, analysed by double labelling of DNA and confocal microscopy. J Cell Sci 103 (1992).
        https://doi.org/10.1242/jcs.103.3.857 (Pearson's); Manders, Verbeek, Aten. Measurement of co-localization of
        objects in dual-colour confocal images. J Microsc 169 (1993).
        https://doi.org/10.1111/j.1365-2818.1993.tb03313.x (M1, M2); Otsu. A threshold selection method from gray-level
        histograms. IEEE Trans Syst Man Cybern 9 (1979). https://doi.org/10.1109/TSMC.1979.4310076; Costes et al.
        Automatic and quantitative measurement of protein-protein colocalization in live cells. Biophys J 86 (2004).
        https://doi.org/10.1529/biophysj.103.038422
    """
    planes = field.reshape(len(field), -1)
    ground = np.array([pixels.background(plane) for plane in field])
    masks = np.stack([nuclei.ravel(), rim.ravel()])
    each = [_of_cell(planes.take(at, axis=1), masks.take(at, axis=1), ground) for at in pixels.each()]
    n, c = len(pixels), len(field)
    weighted, near, correlation, overlap, sizes = (
        np.array([part[i] for part in each], np.float64).reshape(n, *shape)
        for i, shape in enumerate(((c, 2), (c,), (c, c), (c, c), (3,)))
    )
    shares = sizes[:, 2] / sizes[:, 0]
    return Intensities(ground, weighted[..., 0], weighted[..., 1], sizes[:, :2], correlation, overlap, near, shares)


def _of_cell(
    grey: Pixels, masks: NDArray[np.bool_], ground: Floats
) -> tuple[Floats, Floats, Floats, Floats, list[int]]:
    """Measure one cell of P pixels, from grey levels (C, P), and from nucleus and rim (2, P)."""
    count = grey.shape[1]
    values = grey.astype(np.float64)
    weights = np.concatenate([np.ones((1, count)), masks])  # every sum is a product with one of these
    weighted = values @ weights.T
    correlation = _pearson(values - weighted[:, :1] / count)
    above = np.maximum(values - ground[:, None], 0)
    total, _, near = (above @ weights.T).T
    present, known = np.stack([_present(plane) for plane in grey]), np.ptp(grey, axis=1) > 0
    overlap = ratio(above @ present.T.astype(np.float64), np.where(known, total[:, None], 0))
    sizes = [count, *(int(np.count_nonzero(mask)) for mask in masks)]
    return weighted[:, :2], ratio(near, total), correlation, overlap, sizes


def _pearson(apart: Floats) -> Floats:
    """Correlation (C, C) of values (C, P) with their mean subtracted, which is exact where a channel is constant."""
    products = apart @ apart.T
    spread = np.sqrt(products.diagonal())
    return np.clip(ratio(products, np.outer(spread, spread)), -1, 1)


def _present(grey: NDArray[np.integer[Any]]) -> NDArray[np.bool_]:
    """Where a channel is above its Otsu threshold, shape (P,); nowhere if it is constant."""
    low, high = int(grey.min()), int(grey.max())
    levels = (grey - low) >> max(0, (high - low).bit_length() - _BITS)
    counts = np.bincount(levels[:: -(-len(levels) // _SAMPLE)])
    if np.count_nonzero(counts) < 2:
        return np.zeros(len(grey), dtype=bool)
    threshold = filters.threshold_otsu(hist=(counts, np.arange(len(counts))))  # type: ignore[no-untyped-call]
    above: NDArray[np.bool_] = levels > threshold
    return above
