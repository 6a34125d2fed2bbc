"""Draw light as points of known amount and filled areas, whatever the size of a pixel."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from cellocate.phantom.shapes import Image, Points, map_px, unit

Amount = NDArray[np.float64] | float

SPACING_UM = 0.2  # between the points of a line or disc


class Canvas:
    """An image of light per area, in which a solid structure of brightness 1 is 1.

    Thin structures are made of points that add up, like fluorophores: a line thinner than a pixel is dim, not lost.
    Structures out of focus are drawn apart and blurred at the end.

    Args:
        size: pixels a side.
        span: µm a side.
    """

    def __init__(self, size: int, span: float) -> None:
        self.size = size
        self._pixel = span / size
        self._scale = size / map_px(span)
        self._gain = 1.0
        self._sheets = {0.0: _Sheet(size)}
        self._sheet = self._sheets[0.0]

    def set_light(self, *, gain: float = 1.0, defocus: float = 0.0) -> None:
        """Set the brightness factor and the blur (µm) of everything drawn next; light out of focus is also dimmer."""
        self._gain = gain / (1 + defocus)
        if defocus not in self._sheets:
            self._sheets[defocus] = _Sheet(self.size)
        self._sheet = self._sheets[defocus]

    def fill(self, box: tuple[int, int, int, int], light: Image) -> None:
        """Add light, given on a crop of the scene's maps."""
        if light.size == 0:
            return
        top, bottom, left, right = (round(side * self._scale) for side in box)
        if self._scale != 1:
            light = np.asarray(cv2.resize(light, (right - left, bottom - top)), np.float32)
        self._sheet.filled[top:bottom, left:right] += self._gain * light

    def points(self, places: Points, amounts: NDArray[np.float64]) -> None:
        """Add points at `places` (..., 2) in µm; `amounts` (...) are brightness times µm²."""
        self._sheet.places.append(places.reshape(-1, 2))
        self._sheet.amounts.append((self._gain * np.broadcast_to(amounts, places.shape[:-1])).ravel())

    def discs(self, centres: Points, radii: Amount, brightness: Amount) -> None:
        """Add filled discs."""
        if len(centres):
            n = int(np.clip(np.pi * (np.max(radii) / SPACING_UM) ** 2, 8, 400))
            turn = np.arange(n) * np.pi * (3 - np.sqrt(5))  # a sunflower covers a disc evenly
            spread = np.sqrt((np.arange(n) + 0.5) / n)[:, None] * unit(turn)
            self._around(centres, radii, spread, brightness * np.pi * np.square(radii) / n)

    def rings(self, centres: Points, radii: Amount, brightness: Amount, width: float = 0.3) -> None:
        """Add circles drawn with a line of `width` µm."""
        if len(centres):
            n = max(12, int(2 * np.pi * np.max(radii) / SPACING_UM))
            self._around(centres, radii, unit(np.arange(n) * 2 * np.pi / n), brightness * 2 * np.pi * radii * width / n)

    def _around(self, centres: Points, radii: Amount, spread: Points, amounts: Amount) -> None:
        """Add points at `spread` (m, 2), in radii, around each centre."""
        radii, amounts = (np.broadcast_to(np.asarray(x, np.float64), len(centres)) for x in (radii, amounts))
        places = centres[:, None] + radii[:, None, None] * spread
        self.points(places, np.repeat(amounts[:, None], len(spread), axis=1))

    def strokes(self, paths: Points, brightness: Amount, width: float) -> None:
        """Add lines of `width` µm along `paths` (n, steps, 2); `brightness` is a number, (n, 1) or (n, steps)."""
        if paths.shape[0] == 0 or paths.shape[1] < 2:
            return
        step = paths[:, 1:] - paths[:, :-1]
        length = np.linalg.norm(step, axis=2)
        light = np.broadcast_to(np.asarray(brightness, np.float64), paths.shape[:2])
        parts = max(1, int(np.ceil(np.percentile(length, 95) / SPACING_UM)))
        rows = max(1, int(np.ceil(width / SPACING_UM)))
        side = np.stack([-step[..., 1], step[..., 0]], axis=2) / np.maximum(length, 1e-9)[..., None]
        for part in range(parts):
            t = (part + 0.5) / parts
            amount = ((1 - t) * light[:, :-1] + t * light[:, 1:]) * length * width / (parts * rows)
            for row in range(rows):
                offset = ((row + 0.5) / rows - 0.5) * width
                self.points(paths[:, :-1] + t * step + offset * side, amount)

    def image(self) -> Image:
        """The whole picture, (size, size) float32."""
        light = np.zeros((self.size, self.size), np.float32)
        for defocus, sheet in sorted(self._sheets.items()):
            drawn = sheet.image(self._pixel)
            light += cv2.GaussianBlur(drawn, (0, 0), defocus / self._pixel) if defocus else drawn
        return light


class _Sheet:
    """Light in one plane: filled areas, and points not yet spread over pixels."""

    def __init__(self, size: int) -> None:
        self.filled = np.zeros((size, size), np.float32)
        self.places: list[Points] = []
        self.amounts: list[NDArray[np.float64]] = []

    def image(self, pixel: float) -> Image:
        if not self.places:
            return self.filled
        return self.filled + _splat(np.vstack(self.places), np.concatenate(self.amounts), len(self.filled), pixel)


def _splat(places: Points, amounts: NDArray[np.float64], size: int, pixel: float) -> Image:
    """Spread each point over its four nearest pixels."""
    at = places / pixel + 0.5  # in an image with one more pixel on each side
    seen = np.all((at >= 0) & (at < size + 1), axis=1) & (amounts > 0)
    at, amounts = at[seen], amounts[seen] / pixel**2
    low = at.astype(np.int64)
    x, y = (at - low).T
    wide = size + 2
    corner = low[:, 1] * wide + low[:, 0]
    total = np.bincount(corner, amounts * (1 - x) * (1 - y), wide * wide)
    total += np.bincount(corner + 1, amounts * x * (1 - y), wide * wide)
    total += np.bincount(corner + wide, amounts * (1 - x) * y, wide * wide)
    total += np.bincount(corner + wide + 1, amounts * x * y, wide * wide)
    return total.reshape(wide, wide)[1:-1, 1:-1].astype(np.float32)
