"""Settings and result of a segmentation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellocate.errors import CellocateError

NUCLEUS = 13.0
"""Assumed diameter of most nuclei, µm."""

Labels = NDArray[np.uint16]
"""A label image, shape (H, W): the number of a cell, 1 to n without gaps; 0 for none."""

Map = NDArray[np.float32]
"""Brightness or likelihood of each pixel, shape (H, W), 0 to 1."""


@dataclass(frozen=True)
class SegmentationSettings:
    """Settings of the classical segmentation.

    Args:
        nucleus: diameter of a typical nucleus, µm. Nuclei of a quarter to three times that are found as well.
        reach: how far a cell may extend from its nucleus where microtubules or ER show it, µm.
        ring: how far it extends where no stain shows it, µm.
        several_nuclei: let nuclei share a cell if they lie near each other with no dim border between them, not only
            if they touch.

    Raises:
        CellocateError: a length is out of range.
    """

    nucleus: float = NUCLEUS
    reach: float = 40.0
    ring: float = 6.0
    several_nuclei: bool = False

    def __post_init__(self) -> None:
        for name in ("nucleus", "reach", "ring"):
            if not 0 < getattr(self, name) < 1000:
                what = f"{name} of {getattr(self, name):g} µm in the settings of a segmentation"
                raise CellocateError(what, mend="Give a length between 0 and 1000 µm.")


@dataclass(frozen=True, eq=False)
class Segmented:
    """The cells of one field."""

    nuclei_map: Map  # brightness of the nuclei above their surroundings
    cell_map: Map | None  # how likely a pixel lies in a cell, .5 at the border; None where no channel shows cells
    nuclei: Labels  # label image of nuclei, with the numbers of their cells
    cells: Labels  # label image of cells
    edge: NDArray[np.bool_]  # whether each cell touches the border of the field, in the order of numbers
    pixel_size: float  # µm per px that was used
    estimated: bool  # whether it was estimated from the size of the nuclei or of the field
    notes: tuple[str, ...] = ()  # sentences for the user


def at_edge(cells: Labels) -> NDArray[np.bool_]:
    """Whether each cell touches the border of the field, shape (n,).

    Example:
        >>> at_edge(np.array([[1, 0, 0], [0, 2, 0], [0, 0, 0]], np.uint16)).tolist()
        [True, False]
    """
    touching = np.zeros(int(cells.max(initial=0)) + 1, bool)
    for border in (cells[0], cells[-1], cells[:, 0], cells[:, -1]):
        touching[border] = True
    return touching[1:]
