"""Colour composites of channels."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cellocate.arrays import Doubles, Floats
from cellocate.choices import Colours

STAINS = {"red": "microtubules", "green": "protein", "blue": "nucleus", "yellow": "endoplasmic reticulum"}


# Light of two or three primaries is dimmed: at full strength the endoplasmic reticulum, which fills the cell, would
# hide the protein.
_LIGHT: dict[Colours, dict[str, tuple[float, float, float]]] = {
    "atlas": {"red": (1.0, 0.0, 0.0), "green": (0.0, 1.0, 0.0), "blue": (0.0, 0.0, 1.0), "yellow": (0.4, 0.4, 0.0)},
    "magenta": {"red": (1.0, 0.0, 1.0), "green": (0.0, 1.0, 0.0), "blue": (0.0, 0.0, 1.0), "yellow": (0.4, 0.4, 0.4)},
}
_PERCENTILES = (0.5, 99.8)  # of each channel: what is shown as black and as full brightness
_SMALLEST_RANGE = 0.02  # or an empty channel would be shown as bright noise


def light(name: str, colours: Colours = "atlas") -> tuple[float, float, float]:
    """The red, green and blue, 0 to 1, of a channel at its brightest.

    `atlas` gives red, green and blue their own primary and yellow a dim one. `magenta` is for readers who cannot tell
    red from green: microtubules are magenta, the endoplasmic reticulum is grey, protein and nucleus stay as they are.

    References:
        Wong. Points of view: Color blindness. Nature Methods 8, 441 (2011). https://doi.org/10.1038/nmeth.1618

    Example:
        >>> light("red"), light("red", "magenta")
        ((1.0, 0.0, 0.0), (1.0, 0.0, 1.0))
    """
    return _LIGHT[colours][name]


def composite(channels: Floats, names: Sequence[str], colours: Colours = "atlas") -> NDArray[np.uint8]:
    """Overlay channels in their colours, for display only: never measure on it.

    Each channel is stretched by `stretched` and coloured by `light`; sums above full brightness are cut.

    Args:
        channels: shape (C, H, W), 0 to 1.
        names: of the C channels, any of red, green, blue, yellow.
        colours: of the channels.

    Returns:
        Shape (H, W, 3), uint8.

    Example:
        >>> composite(np.array([[[0.0, 1.0]], [[0.0, 1.0]]]), ("green", "yellow")).tolist()
        [[[0, 0, 0], [102, 255, 0]]]
    """
    lights = np.array([light(name, colours) for name in names])
    added = np.einsum("chw,cp->hwp", stretched(channels), lights)
    return np.asarray(np.rint(np.clip(added, 0, 1) * 255), np.uint8)


def stretched(channels: Floats) -> Doubles:
    """Each channel stretched from its .5th to its 99.8th percentile (at least .02 apart), shape (C, H, W), 0 to 1."""
    low, high = np.percentile(channels, _PERCENTILES, axis=(1, 2), keepdims=True)
    return np.asarray(np.clip((channels - low) / np.maximum(high - low, _SMALLEST_RANGE), 0, 1), np.float64)


def grey(plane: Floats) -> NDArray[np.uint8]:
    """Convert one stretched channel, shape (H, W), 0 to 1, to uint8."""
    return np.asarray(np.rint(plane * 255), np.uint8)


def data_uri(pixels: NDArray[np.uint8]) -> str:
    """Encode pixels, shape (H, W) or (H, W, 3), as a JPEG in a `data:` address."""
    buffer = io.BytesIO()
    # full colour resolution: halved, as JPEG does by default, thin red and blue structures smear
    Image.fromarray(pixels).save(buffer, format="JPEG", quality=84, subsampling=0, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
