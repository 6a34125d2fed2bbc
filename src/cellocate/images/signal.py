"""Measure how far the pixels of a channel stand out from its noise, independent of brightness."""

from __future__ import annotations

from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

CLEAR = 8.0
"""Standard deviations of the noise above the background that count as signal.

Noise alone reaches 3 to 4.5 in its brightest thousandth (5.8 where pixels were interpolated); the protein of 72 real
fields reaches 13 or more, and their landmarks 36 or more.
"""

_SIDE = 256  # blocks along the longer side; of an atlas field they are .64 µm wide
_COARSE = 128  # px of the longer side up to which each pixel is a block
_SMALLEST = 16  # px of a side below which noise and signal look alike
_HOT = 3  # px of a block from which single hot pixels are removed, as real structures are wider
_QUIET = 25  # per cent of the blocks, the darkest that are not black: noise is measured there
_MEDIAN = 0.75  # mean difference between white noise of deviation 1 and the median of its 3 × 3 neighbourhood
_STEP = 257  # counts at most between grey levels: 8 bits written as 16
_MOSTLY, _RARELY = 0.6, 0.001  # of a field with a black rim: share that is lit, and share of the lit part that is black
_ROUNDS, _SAMPLE = 4, 4096  # of the fit of the background


class Signal(NamedTuple):
    """A channel in blocks of pixels, compared with its background and noise.

    Args:
        blocks: mean grey level of each block, shape (h, w), float32.
        above: height above the background in standard deviations of the noise, shape (h, w), float32.
        noise: standard deviation of a block's noise, in grey levels.
        side: side of a block, px.
    """

    blocks: NDArray[np.float32]
    above: NDArray[np.float32]
    noise: float
    side: int

    def peak(self) -> float:
        """How far the brightest thousandth of the blocks stands out, in standard deviations of the noise."""
        return float(np.quantile(self.above, 0.999))

    def largest_patch(self) -> float:
        """The share of the channel that the largest connected patch of clear signal covers."""
        seen = (self.above >= CLEAR).astype(np.uint8)
        areas = cv2.connectedComponentsWithStats(seen)[2][1:, cv2.CC_STAT_AREA]
        return float(areas.max(initial=0)) / seen.size


def signal_of(plane: NDArray[Any], outside: NDArray[np.bool_] | None = None) -> Signal:
    """Measure what stands out from the noise of a channel.

    The noise is the difference between neighbouring blocks in darker parts of the image, at least half a grey level.
    The background is a smooth surface (second order) through dark blocks, so that uneven light is no signal. Images
    below 16 px cannot be judged: any unevenness in them stands out.

    Args:
        plane: shape (H, W), uint8 or uint16.
        outside: where there is no cell, shape (H, W); if it covers 1% of the image or more, the background is fitted
            to its dark parts.

    Example:
        >>> noise = np.random.default_rng(0).poisson(9, (256, 256)).astype(np.uint8)
        >>> signal_of(noise).peak() < CLEAR
        True
        >>> noise[100:130, 100:130] += 20
        >>> signal_of(noise).peak() > CLEAR
        True
    """
    height, width = plane.shape
    if min(height, width) < _SMALLEST:
        uneven = np.where(plane == plane.min(), 0, 100 * CLEAR).astype(np.float32)
        return Signal(plane.astype(np.float32), uneven, 0.0, 1)
    longest = max(height, width)
    side = 1 if longest <= _COARSE else max(2, -(-longest // _SIDE))
    clean = cv2.medianBlur(plane, 3) if side >= _HOT else plane
    size = (width // side, height // side)
    blocks = np.asarray(cv2.resize(clean.astype(np.float32), size, interpolation=cv2.INTER_AREA), np.float32)
    step = _step(plane)
    noise = max(_noise(blocks, step), step / 2)
    free = _lit(plane, size)
    if outside is not None:
        far = free & (cv2.resize(outside.astype(np.float32), size, interpolation=cv2.INTER_AREA) == 1)
        if np.count_nonzero(far) >= far.size / 100:
            free = far
    above = (blocks - _background(blocks, free, noise)) / np.float32(noise)
    return Signal(blocks, np.asarray(above, np.float32), noise, side)


def _lit(plane: NDArray[Any], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Blocks that the camera lit: all, except for a black rim around a field that is black nowhere else.

    Rotated (registered) and stitched images have such a rim, and cameras with a round field.
    """
    black = cv2.resize((plane == plane.min()).astype(np.float32), size, interpolation=cv2.INTER_AREA)
    rim = cv2.dilate((black == 1).astype(np.uint8), np.ones((3, 3), np.uint8))
    lit: NDArray[np.bool_] = rim == 0
    if not rim.any() or np.count_nonzero(lit) < _MOSTLY * lit.size or black[lit].mean() > _RARELY:
        return np.ones(lit.shape, bool)
    return lit


def _step(plane: NDArray[Any]) -> int:
    """The difference between neighbouring grey levels, in counts: 16 bits may hold 8 or 12 bits, multiplied."""
    if plane.dtype == np.uint8:
        return 1
    sample = plane[:: max(1, plane.shape[0] // 64), :: max(1, plane.shape[1] // 64)].astype(np.int64)
    return min(max(1, int(np.gcd.reduce((sample - sample.min()).ravel()))), _STEP)


def _noise(blocks: NDArray[np.float32], step: int) -> float:
    rough = np.abs(blocks - cv2.medianBlur(blocks, 3))
    around = cv2.blur(blocks, (5, 5))
    lit = around > around.min() + step / 10  # clipped black has no noise
    if np.count_nonzero(lit) < lit.size // 100:
        return 0.0
    return float(rough[lit & (around <= np.percentile(around[lit], _QUIET))].mean()) / _MEDIAN


def _background(blocks: NDArray[np.float32], free: NDArray[np.bool_], noise: float) -> NDArray[np.float32]:
    """A smooth surface through the dark free blocks, refitted without blocks far above it."""
    y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in blocks.shape), indexing="ij")
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)
    every = max(1, np.count_nonzero(free) // _SAMPLE)
    some, values = terms[free][::every], blocks[free][::every].astype(np.float64)
    dark = np.ones(len(values), bool)
    for _ in range(_ROUNDS):
        surface = np.linalg.lstsq(some[dark], values[dark], rcond=None)[0]
        apart = values - some @ surface
        middle = np.median(apart[dark])
        spread = max(noise, 1.4826 * float(np.median(np.abs(apart[dark] - middle))))
        dark = (apart <= middle + 2 * spread) & (apart >= middle - 4 * spread)  # unlit blocks lie below
    return np.asarray(terms @ surface, np.float32)
