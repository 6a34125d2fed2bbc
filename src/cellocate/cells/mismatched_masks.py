"""Notice masks of another field or shifted masks: the nuclei in the image do not lie in their cells."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cellocate.cells.field_notes import Note
from cellocate.images.signal import CLEAR, signal_of

_BY_CHANCE = 0.1
"""On the way from chance (0) to all (1); `benchmarks/mismatched_masks.py` shows what this notices."""
_CUT = 0.7
"""How often nuclei lie at the edges of cells, compared with chance. Masks of only some cells miss the other nuclei, but
do not cut through them."""
_ENOUGH = 50  # blocks of nuclei
MISMATCHED = Note(
    "the nuclei lie in these cells no more often than by chance: check whether this is the mask of another field"
)


def are_mismatched(nuclei: NDArray[Any], cells: NDArray[Any]) -> bool:
    """Whether nuclei, shape (H, W), lie in the cells of a label image, and at their edges, only as often as by chance.

    Example:
        >>> image, cells = np.zeros((64, 64), np.uint8), np.zeros((64, 64), np.uint16)
        >>> image[10:20, 10:20], cells[5:25, 5:25] = 200, 1
        >>> are_mismatched(image, cells), are_mismatched(image[::-1], cells)
        (False, True)
    """
    signal = signal_of(nuclei)
    seen = signal.above >= CLEAR
    if np.count_nonzero(seen) < _ENOUGH:
        return False
    number = cv2.resize(cells.astype(np.uint16), seen.shape[::-1], interpolation=cv2.INTER_NEAREST)
    inside, rim = number > 0, cv2.morphologyEx(number, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    if not inside.any():
        return False
    missed = inside[seen].mean() - inside.mean() < _BY_CHANCE * (1 - inside.mean())
    return bool(not inside[seen].any() or (missed and rim[seen].mean() > _CUT * rim.mean()))
