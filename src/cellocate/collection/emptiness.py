"""Fields that nothing can be said about: without cells, without protein, or with a copy in the protein's place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellocate.images import CHANNELS
from cellocate.images.bit_depth import DEPTHS, full_value
from cellocate.images.signal import CLEAR, Signal, signal_of

PROTEIN = "green"
NEARLY_EMPTY, NO_SIGNAL, SATURATED = "nearly empty", "no signal", "saturated"
COPIES = {f"protein channel like {channel}": channel for channel in CHANNELS if channel != PROTEIN}
"""What says that the protein channel is a copy, and of which channel."""
SILENT = (NEARLY_EMPTY, NO_SIGNAL, SATURATED)
"""What leaves a field or cell without a location."""

SMALLEST_NUCLEUS = 30.0
"""µm² that must be seen of a landmark in one piece: the smallest nuclei are that large, and so are all cells."""
ALIKE = 0.98
"""Correlation of two channels from which one is taken for a copy of the other.

Of the 72 real fields and 50 collages at hand no protein exceeds .84 with any landmark, and of the 450 cells of these
collages, each by itself, none .96; of 7,754 training images of the 2018 challenge none exceeds .955 with microtubules,
pixel by pixel. Scaled copies reach .99, also with many of their pixels saturated.
"""

_SHARE = 0.002  # of a field of unknown pixel size that must be seen: 54 µm² of an atlas field
_UNSATURATED = 0.98  # of the brightest block
_ENOUGH = 50  # blocks, to tell a correlation


def note_on(planes: Mapping[str, NDArray[Any]], pixel_size: float | None = None) -> str:
    """Why nothing can be said about the protein of a field, or why what is said is doubtful; empty for a sound field.

    Args:
        planes: channel → pixels, shape (H, W), uint8 or uint16.
        pixel_size: µm per px.

    Returns:
        "nearly empty" where no landmark shows a patch of 30 µm² or more above the noise, "no signal" where the
        protein does not stand out from it, "saturated" where it is white all over, "protein channel like red" where it
        is a scaled copy of that landmark.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> red, noise = (rng.poisson(9, (256, 256)).astype(np.uint8) for _ in range(2))
        >>> red[50:150, 50:150] += rng.integers(20, 120, (100, 100)).astype(np.uint8)
        >>> [note_on({"red": red, "green": green}, 0.3) for green in (noise, red // 2, red.T)]
        ['no signal', 'protein channel like red', '']
        >>> note_on({"red": noise, "green": noise})
        'nearly empty'
    """
    signals = {channel: signal_of(plane) for channel, plane in planes.items()}
    landmarks = {channel: signal for channel, signal in signals.items() if channel != PROTEIN}
    area = next(iter(planes.values())).size * pixel_size**2 if pixel_size else None
    if landmarks and not any(_shows_cells(signal, area) for signal in landmarks.values()):
        return NEARLY_EMPTY
    if PROTEIN not in signals:
        return ""
    protein = signals[PROTEIN]
    if protein.peak() < CLEAR:
        return SATURATED if is_saturated(planes[PROTEIN]) else NO_SIGNAL
    return next((note for note, c in COPIES.items() if c in signals and correlation(protein, signals[c]) >= ALIKE), "")


def is_saturated(plane: NDArray[Any]) -> bool:
    """Whether most of a channel is as bright as 8, 10, 12, 14 or 16 bits can be.

    Example:
        >>> is_saturated(np.full((4, 4), 4095, np.uint16)), is_saturated(np.full((4, 4), 200, np.uint8))
        (True, False)
    """
    brightest = int(plane.max(initial=0))
    return brightest in map(full_value, DEPTHS) and float(np.mean(plane == brightest)) > 0.5


def _shows_cells(signal: Signal, area: float | None) -> bool:
    share = signal.largest_patch()
    return share >= _SHARE if area is None else share * area >= min(SMALLEST_NUCLEUS, area / 2)


def correlation(one: Signal, other: Signal) -> float:
    """Of two channels, where either shows something and neither is saturated; 0 where that is too little to tell.

    The variance of their noise is taken off, as it would hide a faint copy (Spearman 1904, doi:10.2307/1412159).
    """
    shown = np.maximum(one.above, other.above) >= CLEAR
    for signal in (one, other):
        shown &= signal.blocks < _UNSATURATED * signal.blocks.max()
    if np.count_nonzero(shown) < _ENOUGH:
        return 0.0
    a, b = (signal.blocks[shown].astype(np.float64) for signal in (one, other))
    varied = (a.var() - one.noise**2) * (b.var() - other.noise**2) if a.std() > one.noise else 0
    return min(1.0, float(np.cov(a, b, bias=True)[0, 1] / np.sqrt(varied))) if varied > 0 else 0.0
