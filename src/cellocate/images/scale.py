"""Bring a field to a network's pixel size and input size."""

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
"""µm that a field of the Human Protein Atlas spans: 2048 px of 0.08 µm."""

_LARGEST_ENLARGEMENT = 4.0  # beyond this, a picture cannot hold what the network looks for
_SMALLEST_SIDE = 16  # px that a field must keep


@dataclass(frozen=True)
class Scale:
    """How fields reach a network: the side of its input, and the pixel size there.

    A field of known pixel size is rescaled to `pixel_size`, then covered by square tiles of `size` px (padded with
    zeros where it is smaller). A field of unknown pixel size is assumed to span what the network's own fields span:
    its longer side becomes `size`.

    Args:
        size: side of the network's input, px.
        pixel_size: µm per px of that input; None while it is not known.

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
        """A field, shape (C, H, W), of `pixel_size` µm per px → tiles that cover it, shape (T, C, size, size).

        Raises:
            CellocateError: the pixel size is no length, or so far from the network's that nothing could be seen.
        """
        return self._cut(self._padded(self._rescaled(field, pixel_size)))

    def label_tiles(
        self, labels: NDArray[np.integer[Any]], height: int, width: int, pixel_size: float | None = None
    ) -> NDArray[np.int32]:
        """A label image → the tiles of its field, which has this height, width and pixel size: shape (T, size, size).

        Numbers are not smoothed; the label image may have another resolution than the field.
        """
        high, wide = self.shape(height, width, pixel_size)
        scaled = cv2.resize(labels.astype(np.int32), (wide, high), interpolation=cv2.INTER_NEAREST_EXACT)
        return np.asarray(self._cut(self._padded(scaled[None]))[:, 0], np.int32)

    def whole(
        self, tiles: NDArray[np.floating[Any]], height: int, width: int, pixel_size: float | None = None
    ) -> NDArray[np.float32]:
        """What was told of each tile of a field, shape (T, C, size, size) → of the field, at the network's resolution.

        The mean is taken where tiles overlap; padding is left out.

        Args:
            tiles: as many as `tiles` gives of a field of this height, width and pixel size.
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
        """The one tile at the centre of a field, shape (C, size, size), as training takes it."""
        scaled = self._padded(self._rescaled(field, pixel_size))
        top, left = ((side - self.size) // 2 for side in scaled.shape[1:])
        return scaled[:, top : top + self.size, left : left + self.size]

    def shape(self, height: int, width: int, pixel_size: float | None = None) -> tuple[int, int]:
        """What becomes of the height and width of a field, px, before it is cut into tiles.

        Raises:
            CellocateError: as `tiles` does.
        """
        if pixel_size is not None:
            check_pixel_size(pixel_size)
        if pixel_size is None or self.pixel_size is None:
            factor = self.size / max(height, width)
        else:
            factor = pixel_size / self.pixel_size
            if factor > _LARGEST_ENLARGEMENT or max(height, width) * factor < _SMALLEST_SIDE:
                raise CellocateError(
                    f"a field of {width}×{height} px of {pixel_size:g} µm cannot be shown to a model "
                    f"of {self.pixel_size:g} µm per px",
                    mend="Check the pixel size, or use a model trained nearer to it.",
                )
        return max(1, round(height * factor)), max(1, round(width * factor))

    def _rescaled(self, field: NDArray[np.float32], pixel_size: float | None) -> NDArray[np.float32]:
        height, width = field.shape[1:]
        return resize(field, *self.shape(height, width, pixel_size))

    def _cut(self, scaled: NDArray[T]) -> NDArray[T]:
        return np.stack(
            [
                scaled[:, top : top + self.size, left : left + self.size]
                for top in self._starts(scaled.shape[1])
                for left in self._starts(scaled.shape[2])
            ]
        )

    def _padded(self, scaled: NDArray[T]) -> NDArray[T]:
        pads = [(p // 2, p - p // 2) for p in (max(0, self.size - side) for side in scaled.shape[1:])]
        return np.pad(scaled, ((0, 0), *pads)) if any(map(any, pads)) else scaled

    def _starts(self, length: int) -> list[int]:
        count = math.ceil(length / self.size)
        return [round(i * (length - self.size) / max(1, count - 1)) for i in range(count)]


def check_pixel_size(pixel_size: float) -> float:
    """Give `pixel_size` (µm per px) back, or raise a `CellocateError` where no light microscope has it."""
    try:
        possible = math.isfinite(pixel_size) and POSSIBLE[0] <= pixel_size <= POSSIBLE[1]
    except TypeError:
        possible = False
    if not possible:
        raise CellocateError(f"an impossible pixel size of {pixel_size!r} µm", mend="Give µm per pixel, such as 0.08.")
    return pixel_size


def resize(field: NDArray[Any], height: int, width: int) -> NDArray[np.float32]:
    """Resize a field, shape (C, H, W), to (C, height, width), float32.

    Shrinking averages over the area that a pixel covers (nothing thin is lost, nothing aliases); enlarging
    interpolates linearly.

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
    """Height and width with a longer side of at most `side` px; what is smaller stays as it is.

    Example:
        >>> shrunk_shape(1000, 500, side=100), shrunk_shape(10, 5, side=100)
        ((100, 50), (10, 5))
    """
    factor = min(1.0, side / max(height, width))
    return max(1, round(height * factor)), max(1, round(width * factor))


def shrink(field: NDArray[Any], side: int) -> NDArray[Any]:
    """A field, shape (C, H, W), uint8 or uint16 → the same with a longer side of at most `side` px, in its own depth.

    Each pixel is the mean of the area that it covers, rounded.
    """
    height, width = shrunk_shape(field.shape[1], field.shape[2], side)
    if field.shape[1:] == (height, width):
        return field
    return np.stack([cv2.resize(plane, (width, height), interpolation=cv2.INTER_AREA) for plane in field])
