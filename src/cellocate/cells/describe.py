"""Where the cells of a field lie and how bright they are: what is known of each before anything is measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from scipy.ndimage import find_objects

from cellocate.cells.given import Masks
from cellocate.collection.look import file_sizes
from cellocate.collection.quality import FOCUS_CHANNELS, sharpness
from cellocate.images import Pixels

PROTEIN = "green"
_BACKGROUND = 5  # per cent of a field's pixels: cells never fill it
_EVERY = 4  # px: enough of them to tell the background


def describe(field: Pixels, channels: Sequence[str], masks: Masks) -> pd.DataFrame:
    """A row for each cell of a field.

    Args:
        field: shape (C, H, W), uint8 or uint16.
        channels: of the field, in order.
        masks: of its cells.

    Returns:
        `cell` (number); `y`, `x` (centre of mass, px); `top`, `left`, `height`, `width` (box, px); `area` (µm²);
        `edge` (it touches the border of the field); `<channel>_mean` (grey levels); and `contrast`, the mean of the
        protein over the background of the field (grey levels).

    Example:
        >>> from cellocate.cells.given import Given
        >>> cells = np.zeros((8, 8), np.uint16)
        >>> cells[2:4, 3:6] = 1
        >>> row = describe(np.full((1, 8, 8), 7, np.uint8), ["green"], Given(cells, cells, 0.5)).iloc[0]
        >>> float(row["y"]), float(row["x"]), float(row["area"]), bool(row["edge"]), float(row["green_mean"])
        (2.5, 4.0, 1.5, False, 7.0)
    """
    height, width = masks.cells.shape
    planes = dict(zip(channels, field, strict=True))
    background = float(np.percentile(planes[PROTEIN][::_EVERY, ::_EVERY], _BACKGROUND)) if PROTEIN in planes else 0.0
    rows = []
    for number, box in enumerate(find_objects(masks.cells), start=1):
        if box is None:
            continue
        mask = (masks.cells[box] == number).view(np.uint8)
        top, left, bottom, right = box[0].start, box[1].start, box[0].stop, box[1].stop
        moments = cv2.moments(mask, binaryImage=True)
        means = {f"{channel}_mean": cv2.mean(plane[box], mask)[0] for channel, plane in planes.items()}
        rows.append(
            {
                "cell": number,
                "y": top + moments["m01"] / moments["m00"],
                "x": left + moments["m10"] / moments["m00"],
                "top": top,
                "left": left,
                "height": bottom - top,
                "width": right - left,
                "area": moments["m00"] * masks.pixel_size**2,
                "edge": top == 0 or left == 0 or bottom == height or right == width,
                **means,
                "contrast": means.get(f"{PROTEIN}_mean", 0.0) - background,
            }
        )
    columns = ["cell", "y", "x", "top", "left", "height", "width", "area", "edge"]
    return pd.DataFrame(rows, columns=[*columns, *(f"{c}_mean" for c in channels), "contrast"])


def of_field(field: Pixels, channels: Sequence[str], files: Mapping[str, Path], pixel_size: float) -> dict[str, float]:
    """What clean-up asks of a whole field: `sharpness` of a landmark, `smallest_file` and `largest_file` (bytes).

    What there is no landmark or no file for is nan.
    """
    landmark = next((channel for channel in FOCUS_CHANNELS if channel in channels), None)
    sizes: list[float] = [*file_sizes(files)] or [float("nan")]
    sharp = float("nan") if landmark is None else sharpness(field[list(channels).index(landmark)], pixel_size)
    return {"sharpness": sharp, "smallest_file": min(sizes), "largest_file": max(sizes)}
