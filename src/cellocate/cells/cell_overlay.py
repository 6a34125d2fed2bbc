"""Draw the outlines of cells and nuclei over a field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cellocate.cells.masks import Labels, checked_labels
from cellocate.choices import Colours
from cellocate.errors import CellocateError
from cellocate.images import Pixels, to_float
from cellocate.images.scale import shrink
from cellocate.pictures import composite

RGB = NDArray[np.uint8]
"""Shape (H, W, 3)."""

CELL, NUCLEUS = (255, 255, 255), (255, 176, 0)
"""Colours of the outlines; their brightness differs from that of any stain."""
_DIMMED = 0.8  # share of the light kept, so that lines stand out
_HALO = 0.35  # share of the light kept right beside a line


def overlay(
    field: Pixels,
    channels: Sequence[str],
    nuclei: Labels,
    cells: Labels,
    *,
    side: int | None = None,
    numbers: bool = False,
    colours: Colours = "atlas",
) -> RGB:
    """Draw the outlines of cells (white) and nuclei (orange) over a field in the colours of all reports.

    `with_legend` adds a scale bar and a legend; `images.write_png` writes a file.

    Args:
        field: shape (C, H, W), uint8 or uint16.
        channels: their names.
        nuclei: shape (H, W).
        cells: shape (H, W).
        side: shrink the longer side to this many px, if it is larger.
        numbers: write each cell's number into it.
        colours: of the channels, as in `pictures.composite`.

    Returns:
        Shape (h, w, 3), uint8.

    Raises:
        CellocateError: field, channels and label images do not fit each other, or `side` is below 1.

    Example:
        >>> cells = np.zeros((90, 60), np.uint16)
        >>> cells[20:70, 10:50] = 1
        >>> picture = overlay(np.zeros((1, 90, 60), np.uint8), ["green"], np.zeros_like(cells), cells, side=45)
        >>> picture.shape, picture[10, 10].tolist(), picture[20, 15].tolist()
        ((45, 30, 3), [255, 255, 255], [0, 0, 0])
    """
    if field.ndim != 3 or len(field) != len(channels):
        what = f"pixels of shape {field.shape} for the channels {', '.join(channels)}"
        raise CellocateError(what, mend="Give (C, H, W), and the name of each channel.")
    if side is not None and side < 1:
        raise CellocateError(f"a picture of {side} px a side", mend="Give 1 or more.")
    shape = (field.shape[1], field.shape[2])
    drawn = [checked_labels(labels, shape) for labels in (cells, nuclei)]
    if side is not None:
        field = shrink(field, side)
        size = (field.shape[2], field.shape[1])
        drawn = [np.asarray(cv2.resize(labels, size, interpolation=cv2.INTER_NEAREST_EXACT)) for labels in drawn]
    picture = np.round(composite(to_float(field), channels, colours) * _DIMMED).astype(np.uint8)
    thickness = max(1, round(max(picture.shape) / 700))
    for labels, colour in zip(drawn, (CELL, NUCLEUS), strict=True):
        _draw_lines(picture, labels, colour, thickness)
    if numbers:
        _write_numbers(picture, drawn[0])
    return picture


def _draw_lines(picture: RGB, labels: NDArray[np.uint16], colour: tuple[int, int, int], thickness: int) -> None:
    """Draw lines just inside each cell, so that the lines of two touching cells lie side by side."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * thickness + 1, 2 * thickness + 1))
    line = (labels > 0) & (cv2.dilate(labels, kernel) != cv2.erode(labels, kernel))
    if thickness > 1:
        halo = cv2.dilate(line.view(np.uint8), np.ones((3, 3), np.uint8)) > 0
        picture[halo] = (picture[halo] * _HALO).astype(np.uint8)
    picture[line] = colour


def _write_numbers(picture: RGB, cells: NDArray[np.uint16]) -> None:
    """Write each cell's number where the cell is farthest from its edge."""
    size = max(0.35, max(picture.shape) / 1600)
    inside = (cells > 0) & (cv2.dilate(cells, np.ones((3, 3))) == cv2.erode(cells, np.ones((3, 3))))
    framed = np.pad(inside, 1).astype(np.uint8)  # the border of the picture is an edge too
    depth = cv2.distanceTransform(framed, cv2.DIST_L2, cv2.DIST_MASK_3)[1:-1, 1:-1].ravel()
    flat = cells.ravel()
    order = np.argsort(depth, kind="stable")
    deepest = np.zeros(int(flat.max(initial=0)) + 1, np.intp)
    deepest[flat[order]] = order  # the deepest is written last
    for number in np.unique(flat[flat > 0]):
        y, x = np.divmod(deepest[number], cells.shape[1])
        _write(picture, str(number), int(y), int(x), size)


def _write(picture: RGB, text: str, y: int, x: int, size: float) -> None:
    line = max(1, round(2 * size))
    (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, size, line)
    place = (min(max(x - width // 2, 0), picture.shape[1] - width), min(max(y + height // 2, height), picture.shape[0]))
    shades: list[tuple[Any, int]] = [((0, 0, 0), 3 * line), ((255, 255, 255), line)]
    for colour, thickness in shades:
        cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, size, colour, thickness, cv2.LINE_AA)
