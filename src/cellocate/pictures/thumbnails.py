"""Read fields as thumbnails with scale bars."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cellocate.collection import CellBags, Collection
from cellocate.errors import CellocateError
from cellocate.images import Scale, resize, to_float

SIDE = 320  # px of a thumbnail's longer side: twice what a phone shows, and twelve of them stay below a megabyte

_BARS = (200, 100, 50, 20, 10, 5, 2, 1)  # µm


class Bar(NamedTuple):
    """A scale bar: its text, and its length in per cent of the picture's width."""

    text: str
    percent: float


@dataclass(frozen=True, eq=False)
class Picture:
    """A field as a thumbnail.

    Args:
        id: of the field.
        channels: shape (C, h, w), 0 to 1, as recorded.
        names: of the channels.
        span: µm that its width spans, or None.
        assumed: whether the span is assumed and not from a recorded pixel size.
    """

    id: str
    channels: NDArray[np.float32]
    names: tuple[str, ...]
    span: float | None
    assumed: bool

    def scale_bar(self) -> tuple[int, float] | None:
        """The length of a scale bar in µm, and as a share of the width (at most .3); None if the span is unknown."""
        return None if self.span is None else bar_of(self.span)

    def bar(self) -> Bar | None:
        """The scale bar for a page."""
        bar = self.scale_bar()
        return None if bar is None else Bar(f"{bar[0]} µm" + (" (assumed)" if self.assumed else ""), 100 * bar[1])


def bar_of(span: float) -> tuple[int, float] | None:
    """A scale bar for a picture that spans so many µm: its length in µm, and as a share of the width, at most .3.

    Example:
        >>> bar_of(163.84)
        (20, 0.1220703125)
    """
    length = next((bar for bar in _BARS if bar <= 0.3 * span), None)
    return None if length is None else (length, length / span)


def read_pictures(
    collection: Collection,
    ids: Sequence[str],
    assumed_span: float | None = None,
    side: int = SIDE,
    bags: CellBags | None = None,
) -> dict[str, Picture]:
    """Read fields as thumbnails, by id; one that cannot be read is left out.

    Args:
        collection: of the fields.
        ids: of the fields.
        assumed_span: µm of the longer side of a field with unknown pixel size; None for no scale bar.
        side: px of a thumbnail's longer side; smaller fields keep their size.
        bags: the cells of these fields, to show a contact sheet of them for each field.
    """

    def read(field: str) -> Picture | None:
        try:
            return _read(collection, field, assumed_span, side, bags)
        except Exception:  # noqa: BLE001 # whatever a damaged file does to its decoder, the figures must still come out
            return None

    with ThreadPoolExecutor(max_workers=4) as pool:
        found = pool.map(read, ids)
    return {picture.id: picture for picture in found if picture is not None}


def _read(collection: Collection, field: str, assumed_span: float | None, side: int, bags: CellBags | None) -> Picture:
    files = collection.files(field) if bags is None else bags.cells.files(bags.members[field][0])
    if not files:
        raise CellocateError("a field without image files", where=field)
    if bags is None:
        recorded, known = collection.read(field, tuple(files), Scale(side))
    else:
        recorded, known = bags.contact_sheet(field, tuple(files))
    pixels = to_float(recorded)
    height, width = pixels.shape[1:]
    factor = min(1.0, side / max(height, width))
    small = resize(pixels, max(1, round(height * factor)), max(1, round(width * factor)))
    span = None
    if known is not None:
        span = known * width
    elif assumed_span is not None:
        span = assumed_span * width / max(height, width)
    return Picture(field, small, tuple(files), span, assumed=known is None or collection.pixel_size_assumed)
