"""Cut each cell out of a field, as a square of fixed scale or one fitted to the cell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects

from cellocate.choices import Centre
from cellocate.errors import CellocateError
from cellocate.images import Pixels

Labels = NDArray[Any]
Box = tuple[slice, slice]

SPAN = 51.2  # µm: most cells fit into this
_SIZES = (16, 2048)  # px of a crop
_SPANS = (1.0, 1000.0)  # µm
_LARGEST = 2**28  # px of an enlarged field: a gigabyte in four channels of 8 bits


@dataclass(frozen=True)
class CropSettings:
    """The size, scale and content of crops.

    Attributes:
        size: side of the crop, px.
        span: side of the crop, µm, the same for all cells; None fits each crop to its cell.
        margin: of a fitted crop, on each side, as a share of the cell's longer side.
        masked: set everything outside the cell to 0.
        centre: centre the crop on the box around the cell, or around its nucleus.

    Raises:
        CellocateError: a value is out of range.
    """

    size: int = 256
    span: float | None = SPAN
    margin: float = 0.1
    masked: bool = True
    centre: Centre = "cell"

    def __post_init__(self) -> None:
        if not _SIZES[0] <= self.size <= _SIZES[1]:
            mend = f"Give {_SIZES[0]} to {_SIZES[1]} px."
            raise CellocateError(f"an impossible size of {self.size} px for a cell", mend=mend)
        if self.span is not None and not _SPANS[0] <= self.span <= _SPANS[1]:
            mend = f"Give {_SPANS[0]:g} to {_SPANS[1]:g} µm."
            raise CellocateError(f"an impossible span of {self.span:g} µm for a cell", mend=mend)
        if not 0 <= self.margin <= 1:
            raise CellocateError(
                f"an impossible margin of {self.margin:g}", mend="Give 0 to 1 (times the cell's side)."
            )


class Crop(NamedTuple):
    """One cell: its number in the label image; its pixels, shape (C, size, size); µm per px of these."""

    number: int
    pixels: Pixels
    pixel_size: float


def crops(
    field: Pixels, cells: Labels, nuclei: Labels | None, pixel_size: float, settings: CropSettings | None = None
) -> Iterator[Crop]:
    """Cut out each cell of a field, all channels at once, at the field's own bit depth.

    Shrinking averages over areas. Pixels of a crop beyond the field are 0.

    Args:
        field: shape (C, H, W), uint8 or uint16.
        cells: label image, shape (H, W).
        nuclei: label image with the numbers of their cells; needed for `centre="nucleus"`, where a cell without a
            nucleus is centred on itself.
        pixel_size: µm per px of the field.
        settings: of the crops; `CropSettings()` by default.

    Yields:
        Cells by number; numbers that do not occur are skipped.

    Raises:
        CellocateError: field and masks differ in size, nuclei are needed and missing, or the field would be enlarged
            beyond 2²⁸ px.

    Example:
        >>> field, cells = np.full((2, 40, 60), 9, np.uint8), np.zeros((40, 60), np.uint16)
        >>> cells[10:30, 5:25] = 1
        >>> crop, = crops(field, cells, None, 0.5, CropSettings(size=16, span=16))
        >>> crop.pixels.shape, int(crop.pixels[0].min()), int(crop.pixels[0, 8, 8]), crop.pixel_size
        ((2, 16, 16), 0, 9, 1.0)
    """
    settings = settings or CropSettings()
    if field.shape[1:] != cells.shape or (nuclei is not None and nuclei.shape != cells.shape):
        raise CellocateError(
            f"masks of {cells.shape[1]}×{cells.shape[0]} px on a field of {field.shape[2]}×{field.shape[1]} px",
            mend="Use the masks of this field, at its own size.",
        )
    if settings.centre == "nucleus" and nuclei is None:
        raise CellocateError("no masks of nuclei to centre on", mend="Centre crops on the cells, or add the masks.")
    boxes = {n: box for n, box in enumerate(find_objects(cells), start=1) if box is not None}
    around = dict(boxes)
    if settings.centre == "nucleus" and nuclei is not None:
        around |= {n: box for n, box in enumerate(find_objects(nuclei), start=1) if box is not None and n in boxes}
    image: NDArray[Any] = np.ascontiguousarray(np.moveaxis(field, 0, -1))
    if settings.span is None:
        return _fitted(image, cells, boxes, around, pixel_size, settings)
    return _of_one_scale(image, cells, around, pixel_size, settings.span, settings)


def middle(box: Box) -> tuple[float, float]:
    """The y and x of the middle of a box, px."""
    return (box[0].start + box[0].stop) / 2, (box[1].start + box[1].stop) / 2


def _of_one_scale(
    image: NDArray[Any], cells: Labels, around: dict[int, Box], pixel_size: float, span: float, settings: CropSettings
) -> Iterator[Crop]:
    """Rescale the whole field once, which is faster than rescaling each crop, and cut."""
    factor = pixel_size * settings.size / span
    height, width = (max(1, round(side * factor)) for side in cells.shape)
    if factor > 1 and height * width > _LARGEST:
        what = f"a field of {cells.shape[1]}×{cells.shape[0]} px of {pixel_size:g} µm, enlarged {factor:.3g} times"
        raise CellocateError(what, mend="Check the pixel size, or choose smaller crops or a larger span.")
    small, mask = _resized(image, height, width), _nearest(cells, height, width)
    for number, box in around.items():
        top, left = (round(m * factor - settings.size / 2) for m in middle(box))
        yield Crop(number, _cut(small, mask, number, top, left, settings.size, settings.masked), span / settings.size)


def _fitted(
    image: NDArray[Any],
    cells: Labels,
    boxes: dict[int, Box],
    around: dict[int, Box],
    pixel_size: float,
    settings: CropSettings,
) -> Iterator[Crop]:
    for number, box in boxes.items():
        y, x = middle(around[number])
        half = max(*(abs(end - m) for m, s in ((y, box[0]), (x, box[1])) for end in (s.start, s.stop)))
        side = max(2, round(2 * half * (1 + 2 * settings.margin)))
        top, left = round(y - side / 2), round(x - side / 2)
        cut = np.moveaxis(_cut(image, cells, number, top, left, side, settings.masked), 0, -1)
        pixels = np.moveaxis(_resized(np.ascontiguousarray(cut), settings.size, settings.size), -1, 0)
        yield Crop(number, np.ascontiguousarray(pixels), pixel_size * side / settings.size)


def _cut(image: NDArray[Any], cells: Labels, number: int, top: int, left: int, side: int, masked: bool) -> Pixels:
    """A square of an image, shape (H, W, C), as (C, side, side); 0 beyond its edges."""
    height, width = cells.shape
    rows, columns = slice(max(0, top), min(height, top + side)), slice(max(0, left), min(width, left + side))
    there = (slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left))
    crop: Pixels = np.zeros((image.shape[2], side, side), image.dtype)
    shown = np.moveaxis(image[rows, columns], -1, 0)
    crop[:, *there] = shown * (cells[rows, columns] == number) if masked else shown
    return crop


def _resized(image: NDArray[Any], height: int, width: int) -> NDArray[Any]:
    if image.shape[:2] == (height, width):
        return image
    shrinks = height <= image.shape[0] and width <= image.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(image, (width, height), interpolation=method).reshape(height, width, image.shape[2])


def _nearest(cells: Labels, height: int, width: int) -> Labels:
    if cells.shape == (height, width):
        return cells
    if cells.max(initial=0) < 2**16:  # OpenCV resizes 16 bits only
        cells = cells.astype(np.uint16, copy=False)
        return cv2.resize(cells, (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
    rows, columns = (
        (np.arange(n) * 2 + 1) * old // (2 * n) for n, old in zip((height, width), cells.shape, strict=True)
    )
    return cells[np.ix_(rows, columns)]
