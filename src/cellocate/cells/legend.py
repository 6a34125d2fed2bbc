"""Draw a scale bar and a legend for an overlay of cell outlines."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from cellocate.cells.cell_overlay import CELL, NUCLEUS, RGB
from cellocate.choices import Colours
from cellocate.pictures import STAINS, bar_of, light

_BLACK, _WHITE, _GREY = (0, 0, 0), (255, 255, 255), (200, 200, 200)
_SMALLEST_TYPE, _TYPE = 12, 0.018  # px; as a share of the picture's longer side


def with_legend(
    picture: RGB, channels: Sequence[str], pixel_size: float, *, origin: str = "", colours: Colours = "atlas"
) -> RGB:
    """Draw a scale bar into a picture of `overlay`, and a legend of stains and outlines below it.

    Args:
        picture: shape (h, w, 3), uint8.
        channels: those in the picture.
        pixel_size: µm per px of the picture.
        origin: of a pixel size that is not recorded, such as "assumed"; the scale bar says so.
        colours: of the channels.

    Returns:
        Shape (h + the legend's height, w, 3), uint8.
    """
    height, width = picture.shape[:2]
    size = max(_SMALLEST_TYPE, round(_TYPE * max(height, width)))
    font = _font(size)
    entries = [(STAINS[channel], _rgb(channel, colours), False) for channel in channels]
    entries += [("cell outline", CELL, True), ("nucleus outline", NUCLEUS, True)]
    places, lines = _laid_out([font.getlength(text) for text, _, _ in entries], size, width)
    image = Image.new("RGB", (width, height + round(size * (0.8 + 1.5 * lines))), _BLACK)
    image.paste(Image.fromarray(picture), (0, 0))
    pen = ImageDraw.Draw(image)
    _scale_bar(pen, width, height, pixel_size, size, origin)
    for (text, colour, is_line), (x, line) in zip(entries, places, strict=True):
        y = height + size * (1.15 + 1.5 * line)  # the middle of the line
        box = (x, y - size * 0.4, x + size * 0.8, y + size * 0.4)
        pen.rectangle(
            box, outline=colour if is_line else None, fill=None if is_line else colour, width=max(1, size // 8)
        )
        pen.text((x + size * 1.2, y), text, font=font, fill=_GREY, anchor="lm")
    return np.asarray(image, np.uint8)


@lru_cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    """Matplotlib's font, because Pillow's has no µ."""
    import matplotlib as mpl

    return ImageFont.truetype(Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf", size)


def _rgb(channel: str, colours: Colours) -> tuple[int, int, int]:
    red, green, blue = (round(255 * part) for part in light(channel, colours))
    return red, green, blue


def _laid_out(lengths: Sequence[float], size: int, width: int) -> tuple[list[tuple[float, int]], int]:
    """The left end and the line of each entry of a legend, and the number of lines."""
    places: list[tuple[float, int]] = []
    x, line = 0.6 * size, 0
    for length in lengths:
        whole = length + 2.6 * size  # with its sign and a gap
        if places and x + whole > width:
            x, line = 0.6 * size, line + 1
        places.append((x, line))
        x += whole
    return places, line + 1


def _scale_bar(pen: ImageDraw.ImageDraw, width: int, height: int, pixel_size: float, size: int, origin: str) -> None:
    """At the lower right: white, with a black rim that shows on light ground."""
    if (bar := bar_of(pixel_size * width)) is None:
        return
    length, share = bar
    right, bottom = 0.97 * width, height - 0.9 * size
    thick = max(2, size // 4)
    left, top = right - share * width, bottom - thick
    pen.rectangle((left - 1, top - 1, right + 1, bottom + 1), fill=_BLACK)
    pen.rectangle((left, top, right, bottom), fill=_WHITE)
    text = f"{length} µm" + (f" ({origin})" if origin else "")
    pen.text(
        (right, top - 0.3 * size), text, font=_font(size), fill=_WHITE, anchor="rs", stroke_width=2, stroke_fill=_BLACK
    )
