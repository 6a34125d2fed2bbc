"""The orientation tag that EXIF and TIFF share."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

TAG = 274
"""The tag's number; its values are 1 (as stored) to 8."""

# orientation → whether rows and columns are swapped, then whether rows and columns run backwards
_TURNS = {
    1: (False, False, False), 2: (False, False, True), 3: (False, True, True), 4: (False, True, False),
    5: (True, False, False), 6: (True, False, True), 7: (True, True, True), 8: (True, True, False),
}  # fmt: skip


def upright(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Turn and mirror pixels, shape (H, W) or (H, W, colours), as a viewer does; unknown tags count as 1.

    Example:
        >>> import numpy as np
        >>> upright(np.array([[1, 2], [3, 4]]), 6)  # a quarter turn clockwise
        array([[3, 1],
               [4, 2]])
    """
    swapped, up, left = _TURNS.get(orientation, _TURNS[1])
    turned = pixels.swapaxes(0, 1) if swapped else pixels
    return turned[:: -1 if up else 1, :: -1 if left else 1]


def upright_shape(height: int, width: int, orientation: int) -> tuple[int, int]:
    """Height and width after `upright`."""
    return (width, height) if _TURNS.get(orientation, _TURNS[1])[0] else (height, width)
