"""Find the plane with a channel's light in a colour picture or a picture with a palette."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

# The website's yellow JPEGs have the signal in both red and green. Unless an address decides otherwise, their mean is
# used: it has the least noise from JPEG's colour subsampling.
_PLANES = {"red": [0], "green": [1], "blue": [2], "yellow": [0, 1], "mean": [0, 1]}
_ALIKE = 0.9  # share of the brightest plane's light that is as good: red and green of those JPEGs differ by 5%
_ROUNDING = 2  # levels of 255 that rounding moves the planes of a tinted picture
_JPEG_BLOCK, _JPEG_NOISE = 16, 5  # pixels whose mean JPEG keeps, and the levels of 255 by which it moves that mean
_LEVELS = 256
_WEIGHTS = np.array([0.299, 0.587, 0.114])  # of red, green and blue in what the eye sees as brightness
_FEW, _SLACK = 32, 0.02  # colours of a ramp, and the share of its brightness by which it may fall or begin above black


def channel_plane(
    colours: NDArray[Any], channel: str, colour: str | None = None, *, jpeg: bool = False
) -> NDArray[Any]:
    """The light of a channel in a colour picture.

    That is the channel's own plane. In a picture with tints of one colour, such as magenta, it is the brightest plane.

    Args:
        colours: shape (H, W, 3).
        channel: red, green, blue or yellow.
        colour: colour in the address, which replaces the channel's.
        jpeg: whether the picture was a JPEG, which adds noise to its colours.

    Returns:
        Shape (H, W), same type; the mean of two planes is rounded to even.

    Example:
        >>> magenta = np.array([[[0, 0, 0], [200, 0, 200]]], np.uint8)
        >>> channel_plane(magenta, "green").tolist(), channel_plane(magenta, "green", "green").tolist()
        ([[0, 200]], [[0, 0]])
    """
    if colour == "max":
        return np.asarray(colours.max(axis=2))
    wanted = _PLANES[channel] if colour is None else _PLANES[colour]
    if colour is None:
        light = colours.sum(axis=(0, 1), dtype=np.float64)
        brightest = int(light.argmax())
        if light[wanted].min() < _ALIKE * light[brightest] and _is_tinted(colours, brightest, jpeg=jpeg):
            wanted = [brightest]
    taken = colours[:, :, wanted]
    return taken[:, :, 0] if len(wanted) == 1 else taken.mean(axis=2).round().astype(colours.dtype)


def is_ramp(palette: NDArray[Any]) -> bool:
    """Whether a palette runs from black to one colour, as Fiji's LUTs do, so that its indices are the light.

    Args:
        palette: red, green and blue of each index, shape (N, 3).

    Example:
        >>> magenta = np.outer(np.arange(256), [1, 0, 1])
        >>> is_ramp(magenta), is_ramp(magenta[::-1]), is_ramp(magenta[:40])
        (True, False, False)
    """
    brightness = palette @ _WEIGHTS
    slack = _SLACK * brightness.max(initial=0)
    falls = (np.maximum.accumulate(brightness) - brightness).max(initial=0)
    several = len(np.unique(palette, axis=0)) >= _FEW
    return len(palette) == _LEVELS and several and bool(falls <= slack and brightness[0] <= slack)


def _is_tinted(colours: NDArray[Any], brightest: int, *, jpeg: bool) -> bool:
    pixels = _means(colours) if jpeg else colours
    pixels = pixels.reshape(-1, 3).astype(np.float32)
    light = pixels[:, brightest]
    top = int(light.argmax())
    shares = pixels[top] / max(float(light[top]), 1)
    noise = (_JPEG_NOISE if jpeg else _ROUNDING) * max(1, float(light[top]) / (_LEVELS - 1))
    return bool((np.abs(pixels - light[:, None] * shares) <= noise).all())


def _means(colours: NDArray[Any]) -> NDArray[Any]:
    """Means of the 16 × 16 blocks of a JPEG, without incomplete blocks; tiny pictures unchanged."""
    n = _JPEG_BLOCK
    height, width = (side // n * n for side in colours.shape[:2])
    if not height or not width:
        return colours
    blocks = colours[:height, :width].reshape(height // n, n, width // n, n, 3)
    means: NDArray[np.float64] = blocks.mean(axis=(1, 3))
    return means
