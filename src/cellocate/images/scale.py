"""Scale a field to a network's pixel size and input size."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from cellocate.errors import CellocateError
from cellocate.images.length_units import POSSIBLE

T = TypeVar("T", bound=np.generic)

FIELD_SPAN = 163.84
"""Width of a field of the Human Protein Atlas in µm: 2048 px of 0.08 µm."""

_LARGEST_ENLARGEMENT = 4.0  # beyond it, details that the network needs are missing
_SMALLEST_SIDE = 16  # px of a rescaled field's longer side


@dataclass(frozen=True)
class Scale:
    """The input size and pixel size of a network.

    A field with a known pixel size is rescaled to `pixel_size`, then covered by square tiles of `size` px, padded with
    zeros. A field with unknown pixel size is assumed to span the same length as the network's own fields: its longer
    side becomes `size`.

    Args:
        size: side of the network's input, px.
        pixel_size: µm per px of that input; None while unknown.

    Example:
        >>> field = np.zeros((4, 512, 512), np.float32)
        >>> Scale(size=128, pixel_size=1.28).tiles(field, pixel_size=0.32).shape
        (1, 4, 128, 128)
        >>> Scale(size=128, pixel_size=1.28).tiles(field, pixel_size=0.64).shape
        (4, 4, 128, 128)
    """

    size: int
    pixel_size: float | None = None

    def tiles(self, field: NDArray[np.float32], pixel_size: float | None = None) -> NDArray[np.float32]:
        """Cover a field, shape (C, H, W), of `pixel_size` µm per px with tiles, shape (T, C, size, size).

        Raises:
            CellocateError: the pixel size is impossible, or too far from the network's.
        """
        return self._cut(self._padded(self._rescaled(field, pixel_size)))

    def label_tiles(
        self, labels: NDArray[np.integer[Any]], height: int, width: int, pixel_size: float | None = None
    ) -> NDArray[np.int32]:
        """Cut a label image into the tiles of its field of this size and pixel size: shape (T, size, size).

        Numbers are not interpolated; the label image may have another resolution than the field.
        """
        high, wide = self.shape(height, width, pixel_size)
        scaled = cv2.resize(labels.astype(np.int32), (wide, high), interpolation=cv2.INTER_NEAREST_EXACT)
        return np.asarray(self._cut(self._padded(scaled[None]))[:, 0], np.int32)

    def whole(
        self, tiles: NDArray[np.floating[Any]], height: int, width: int, pixel_size: float | None = None
    ) -> NDArray[np.float32]:
        """Join maps of the tiles of a field, shape (T, C, size, size), to one map at the network's resolution.

        Overlapping tiles are averaged, padding is removed.

        Args:
            tiles: as many as `tiles` gives for a field of this height, width and pixel size.
            height: of the field, px.
            width: of the field, px.
            pixel_size: of the field, µm per px.

        Returns:
            Shape (C, h, w), where (h, w) is `shape(height, width, pixel_size)`.

        Example:
            >>> scale = Scale(size=64, pixel_size=1.0)
            >>> field = np.random.default_rng(0).random((2, 100, 50), np.float32)
            >>> np.allclose(scale.whole(scale.tiles(field, 1.0), 100, 50, 1.0), field)
            True
        """
        high, wide = self.shape(height, width, pixel_size)
        padded = (tiles.shape[1], max(high, self.size), max(wide, self.size))
        total, count = np.zeros(padded, np.float32), np.zeros(padded[1:], np.float32)
        corners = ((top, left) for top in self._starts(padded[1]) for left in self._starts(padded[2]))
        for tile, (top, left) in zip(tiles, corners, strict=True):
            place = (slice(top, top + self.size), slice(left, left + self.size))
            total[:, *place] += tile
            count[place] += 1
        top, left = (padded[1] - high) // 2, (padded[2] - wide) // 2
        return np.asarray((total / count)[:, top : top + high, left : left + wide], np.float32)

    def centre(self, field: NDArray[np.float32], pixel_size: float | None = None) -> NDArray[np.float32]:
        """The central tile of a field, shape (C, size, size), as in training."""
        scaled = self._padded(self._rescaled(field, pixel_size))
        top, left = ((side - self.size) // 2 for side in scaled.shape[1:])
        return scaled[:, top : top + self.size, left : left + self.size]

    def shape(self, height: int, width: int, pixel_size: float | None = None) -> tuple[int, int]:
        """Height and width of a rescaled field, px, before it is cut into tiles.

        Raises:
            CellocateError: as `tiles`.
        """
        if pixel_size is not None:
            check_pixel_size(pixel_size)
        if pixel_size is None or self.pixel_size is None:
            factor = self.size / max(height, width)
        else:
            factor = pixel_size / self.pixel_size
            if factor > _LARGEST_ENLARGEMENT or max(height, width) * factor < _SMALLEST_SIDE:
                raise CellocateError(
                    f"a field of {width}×{height} px of {pixel_size:g} µm does not fit a model "
                    f"of {self.pixel_size:g} µm per px",
                    mend="Check the pixel size, or use a model for a similar one.",
                )
        return max(1, round(height * factor)), max(1, round(width * factor))

    def _rescaled(self, field: NDArray[np.float32], pixel_size: float | None) -> NDArray[np.float32]:
        height, width = field.shape[1:]
        return resize(field, *self.shape(height, width, pixel_size))

    def _cut(self, scaled: NDArray[T]) -> NDArray[T]:
        tops, lefts = self._starts(scaled.shape[1]), self._starts(scaled.shape[2])
        return np.stack([scaled[:, y : y + self.size, x : x + self.size] for y in tops for x in lefts])

    def _padded(self, scaled: NDArray[T]) -> NDArray[T]:
        pads = [(p // 2, p - p // 2) for p in (max(0, self.size - side) for side in scaled.shape[1:])]
        return np.pad(scaled, ((0, 0), *pads)) if any(map(any, pads)) else scaled

    def _starts(self, length: int) -> list[int]:
        count = math.ceil(length / self.size)
        return [round(i * (length - self.size) / max(1, count - 1)) for i in range(count)]


def check_pixel_size(pixel_size: float) -> float:
    """Return `pixel_size` (µm per px), or raise a `CellocateError` if no light microscope has it."""
    try:
        possible = math.isfinite(pixel_size) and POSSIBLE[0] <= pixel_size <= POSSIBLE[1]
    except TypeError:
        possible = False
    if not possible:
        raise CellocateError(f"an impossible pixel size of {pixel_size!r} µm", mend="Give µm per pixel, such as 0.08.")
    return pixel_size


def resize(field: NDArray[Any], height: int, width: int) -> NDArray[np.float32]:
    """Resize a field, shape (C, H, W), to (C, height, width), float32.

    Shrinking averages over areas, without aliasing; enlarging interpolates linearly.

    Example:
        >>> resize(np.array([[[0, 2], [4, 6]]], np.uint8), 1, 1)
        array([[[3.]]], dtype=float32)
    """
    source = field.astype(np.float32, copy=False)
    if source.shape[1:] == (height, width):
        return source
    shrinks = height <= source.shape[1] and width <= source.shape[2]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.stack([cv2.resize(plane, (width, height), interpolation=method) for plane in source])


def shrunk_shape(height: int, width: int, side: int) -> tuple[int, int]:
    """Height and width with a longer side of at most `side` px; smaller images keep theirs.

    Example:
        >>> shrunk_shape(1000, 500, side=100), shrunk_shape(10, 5, side=100)
        ((100, 50), (10, 5))
    """
    factor = min(1.0, side / max(height, width))
    return max(1, round(height * factor)), max(1, round(width * factor))


def shrink(field: NDArray[Any], side: int) -> NDArray[Any]:
    """Shrink a field, (C, H, W), uint8 or uint16, to at most `side` px, by rounded area means in the same type."""
    height, width = shrunk_shape(field.shape[1], field.shape[2], side)
    if field.shape[1:] == (height, width):
        return field
    return np.stack([cv2.resize(plane, (width, height), interpolation=cv2.INTER_AREA) for plane in field])
