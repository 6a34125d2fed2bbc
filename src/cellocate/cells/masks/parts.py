"""The separate parts of one object, which may be cells of their own."""

from __future__ import annotations

import numpy as np

from cellocate.cells.masks.pieces import Bools, Ints, Pieces, far_apart

Box = tuple[slice, slice]


def parts_of(inside: Bools) -> tuple[list[tuple[Box, Bools]], bool]:
    """The parts of an object, without specks, and whether they lie too far apart to be one cell.

    Args:
        inside: the pixels that are its own, shape (H, W).

    Returns:
        For each part its box and its pixels there; and whether they are several cells.

    Example:
        >>> inside = np.zeros((4, 12), bool)
        >>> inside[:, :4] = inside[:, 8:] = True
        >>> parts, apart = parts_of(inside)
        >>> [(box[1].start, box[1].stop) for box, _ in parts], apart
        ([(0, 4), (8, 12)], True)
    """
    if not inside.any():
        return [], False
    pieces = Pieces.of(inside.astype(np.uint8), corners=True).without(np.array([0]))
    plain = np.flatnonzero(pieces.plain)
    boxes, area = pieces.boxes[plain], pieces.area[plain]
    places = [(slice(top, bottom), slice(left, right)) for top, left, bottom, right in boxes.tolist()]
    parts = [(place, pieces.image[place] == piece + 1) for place, piece in zip(places, plain.tolist(), strict=True)]
    return parts, len(parts) > 1 and far_apart(boxes, area, _typical(area))


def _typical(area: Ints) -> float:
    """The area of the part that the median pixel lies in: crumbs of one cell do not count, however many."""
    rising = np.sort(area)
    return float(rising[np.searchsorted(np.cumsum(rising), rising.sum() / 2)])
