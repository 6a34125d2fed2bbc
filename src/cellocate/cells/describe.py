"""Describe each cell of a field: its box, its measurements and the values that clean-up needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from scipy.ndimage import find_objects

from cellocate.cells.field_masks import FieldMasks
from cellocate.cells.flags import flags, protein_flags
from cellocate.cells.measure import grey_levels, measure
from cellocate.collection.image_facts import file_sizes
from cellocate.collection.image_quality import FOCUS_CHANNELS, sharpness
from cellocate.images import Pixels

_PROTEIN = "green"
BOX = ("top_px", "left_px", "height_px", "width_px")
FILE_SIZES = ("smallest_file_bytes", "largest_file_bytes")


def describe_cells(field: Pixels, channels: Sequence[str], masks: FieldMasks, bits: int | None = None) -> pd.DataFrame:
    """Describe each cell of a field in a row.

    Args:
        field: counts, shape (C, H, W), uint8 or uint16.
        channels: of the field, in order.
        masks: of its cells.
        bits: of the camera; those of the data type by default.

    Returns:
        `cell` (number); `top_px`, `left_px`, `height_px`, `width_px` (box); `edge` (touches the border of the field);
        `contrast` (standard deviation of the protein in the cell, grey levels of 255); all columns of `measure`; and
        `flags`.

    Example:
        >>> from cellocate.cells.field_masks import ImportedMasks
        >>> cells = np.zeros((8, 8), np.uint16)
        >>> cells[2:4, 3:6] = 1
        >>> row = describe_cells(np.full((1, 8, 8), 7, np.uint8), ["green"], ImportedMasks(cells, cells, 0.5)).iloc[0]
        >>> float(row["y_px"]), float(row["x_px"]), float(row["area_um2"]), bool(row["edge"]), float(row["contrast"])
        (2.5, 4.0, 1.5, False, 0.0)
    """
    measured = measure(field, channels, masks.nuclei, masks.cells, masks.pixel_size, bits)
    height, width = masks.cells.shape
    protein = field[list(channels).index(_PROTEIN)] if _PROTEIN in channels else None
    grey = grey_levels(field, bits)
    rows = []
    for number, box in enumerate(find_objects(masks.cells), start=1):
        top, left, bottom, right = box[0].start, box[1].start, box[0].stop, box[1].stop
        edge = top == 0 or left == 0 or bottom == height or right == width
        contrast = float("nan")
        if protein is not None:
            inside = (masks.cells[box] == number).view(np.uint8)
            contrast = grey * float(cv2.meanStdDev(protein[box], mask=inside)[1][0, 0])
        rows.append((top, left, bottom - top, right - left, edge, contrast))
    places = pd.DataFrame(rows, columns=[*BOX, "edge", "contrast"], index=measured.index)
    found = places.join(measured).reset_index()
    notes = [""] * len(found) if protein is None else protein_flags(protein, masks.cells)
    return found.assign(flags=flags(found, notes))


def describe_field(
    field: Pixels, channels: Sequence[str], files: Mapping[str, Path], pixel_size: float
) -> dict[str, float]:
    """Values of a whole field for clean-up: `sharpness`, `smallest_file_bytes` and `largest_file_bytes`.

    Sharpness is that of a landmark channel. Values are NaN without a landmark or a file.
    """
    landmark = next((channel for channel in FOCUS_CHANNELS if channel in channels), None)
    sizes: list[float] = [*file_sizes(files)] or [float("nan")]
    sharp = float("nan") if landmark is None else sharpness(field[list(channels).index(landmark)], pixel_size)
    return {"sharpness": sharp, **dict(zip(FILE_SIZES, (min(sizes), max(sizes)), strict=True))}
