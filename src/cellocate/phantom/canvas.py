"""What light is drawn on: points of known amount and filled areas, whatever the size of a pixel."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from cellocate.images import FIELD_SPAN
from cellocate.phantom.shapes import Image, Points
from cellocate.phantom.units import MAP_PX

Amount = NDArray[np.float64] | float

SPACING_UM = 0.2  # between the points of which a line or a disc is made


class Canvas:
    """An image of light per area, in which 1 is a solid structure of brightness 1.

    Everything thin is made of points that add up, as fluorophores do: a line thinner than a pixel is dim, not lost.

    Attributes:
        gain: by how much all that follows is made brighter.
    """

    def __init__(self, size: int) -> None:
        """An empty canvas of `size` pixels a side."""
        self.size = size
        self.gain = 1.0
        self._pixel = FIELD_SPAN / size
        self._filled = np.zeros((size, size), np.float32)
        self._places: list[Points] = []
        self._amounts: list[NDArray[np.float64]] = []

    def fill(self, box: tuple[int, int, int, int], light: Image) -> None:
        """Add the light of a crop of the scene's maps."""
        if light.size == 0:
            return
        scale = self.size / MAP_PX
        top, bottom, left, right = (round(side * scale) for side in box)
        if scale != 1:
            light = np.asarray(cv2.resize(light, (right - left, bottom - top)), np.float32)
        self._filled[top:bottom, left:right] += self.gain * light

    def points(self, places: Points, amounts: NDArray[np.float64]) -> None:
        """Add points at `places` (..., 2) in µm; `amounts` (...) are brightness times µm²."""
        self._places.append(places.reshape(-1, 2))
        self._amounts.append((self.gain * np.broadcast_to(amounts, places.shape[:-1])).ravel())

    def discs(self, centres: Points, radii: Amount, brightness: Amount) -> None:
        """Add filled discs."""
        radii = np.broadcast_to(np.asarray(radii, np.float64), len(centres))
        if len(centres) == 0:
            return
        n = int(np.clip(np.pi * (radii.max() / SPACING_UM) ** 2, 8, 400))
        turn = np.arange(n) * np.pi * (3 - np.sqrt(5))  # a sunflower covers a disc evenly
        spread = np.sqrt((np.arange(n) + 0.5) / n)[:, None] * np.stack([np.cos(turn), np.sin(turn)], axis=1)
        amounts = np.broadcast_to(brightness * np.pi * radii**2 / n, len(centres))
        self.points(centres[:, None] + radii[:, None, None] * spread, np.repeat(amounts[:, None], n, axis=1))

    def rings(
        self,
        centres: Points,
        radii: Amount,
        brightness: Amount,
        width: float = 0.3,
    ) -> None:
        """Add circles drawn with a line of `width` µm."""
        radii = np.broadcast_to(np.asarray(radii, np.float64), len(centres))
        if len(centres) == 0:
            return
        n = max(12, int(2 * np.pi * radii.max() / SPACING_UM))
        turn = np.arange(n) * 2 * np.pi / n
        around = np.stack([np.cos(turn), np.sin(turn)], axis=1)
        amounts = np.broadcast_to(brightness * 2 * np.pi * radii * width / n, len(centres))
        self.points(centres[:, None] + radii[:, None, None] * around, np.repeat(amounts[:, None], n, axis=1))

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
        """All that was drawn, (size, size) float32."""
        if not self._places:
            return self._filled
        return self._filled + _splat(np.vstack(self._places), np.concatenate(self._amounts), self.size, self._pixel)


def _splat(places: Points, amounts: NDArray[np.float64], size: int, pixel: float) -> Image:
    """Share each point among its four nearest pixels."""
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
