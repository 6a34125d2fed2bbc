"""Fields as pictures for the eye: thumbnails, composites, scale bars."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cellocate.errors import CellocateError
from cellocate.images import Scale, resize, to_float

if TYPE_CHECKING:
    from cellocate.collection import Collection
    from cellocate.networks.card import ModelCard

SIDE = 320  # px of a thumbnail's longer side: twice what a phone shows, and twelve of them stay below a megabyte

STAINS = {"red": "microtubules", "green": "protein", "blue": "nucleus", "yellow": "endoplasmic reticulum"}

# Yellow lights two primaries. At full strength the endoplasmic reticulum, which fills the cell, would hide the protein.
_COLOURS = {"red": (1.0, 0.0, 0.0), "green": (0.0, 1.0, 0.0), "blue": (0.0, 0.0, 1.0), "yellow": (0.4, 0.4, 0.0)}
_PERCENTILES = (0.5, 99.8)  # of each channel: what is shown as black and as full brightness
_SMALLEST_RANGE = 0.02  # or an empty channel would be shown as bright noise
_BARS = (200, 100, 50, 20, 10, 5, 2, 1)  # µm


@dataclass(frozen=True, eq=False)
class Picture:
    """A field as a thumbnail.

    Args:
        id: of the field.
        channels: shape (C, h, w), 0 to 1, as recorded.
        names: of the channels.
        span: µm that its width spans, or None.
        assumed: whether that rests on the model's assumption and not on a recorded pixel size.
    """

    id: str
    channels: NDArray[np.float32]
    names: tuple[str, ...]
    span: float | None
    assumed: bool

    def scale_bar(self) -> tuple[int, float] | None:
        """The length of a scale bar in µm, and as a share of the width (at most .3); None where nothing is known."""
        if self.span is None:
            return None
        length = next((bar for bar in _BARS if bar <= 0.3 * self.span), None)
        return None if length is None else (length, length / self.span)


def composite(channels: NDArray[np.floating[Any]], names: Sequence[str]) -> NDArray[np.uint8]:
    """Channels laid over each other in their colours, for the eye alone: never measure on it.

    Each channel is stretched as `stretched` does; then red, green and blue light their own primary, and yellow red
    and green together at 40 %; sums above full brightness are cut.

    Args:
        channels: shape (C, H, W), 0 to 1.
        names: of the C channels, any of red, green, blue, yellow.

    Returns:
        Shape (H, W, 3), uint8.

    Example:
        >>> composite(np.array([[[0.0, 1.0]], [[0.0, 1.0]]]), ("green", "yellow")).tolist()
        [[[0, 0, 0], [102, 255, 0]]]
    """
    colours = np.array([_COLOURS[name] for name in names])
    light = np.einsum("chw,cp->hwp", stretched(channels), colours)
    return np.asarray(np.rint(np.clip(light, 0, 1) * 255), np.uint8)


def stretched(channels: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Each channel stretched from its .5th to its 99.8th percentile (at least .02 apart), shape (C, H, W), 0 to 1."""
    low, high = np.percentile(channels, _PERCENTILES, axis=(1, 2), keepdims=True)
    return np.asarray(np.clip((channels - low) / np.maximum(high - low, _SMALLEST_RANGE), 0, 1), np.float64)


def read_pictures(
    collection: Collection, ids: Sequence[str], card: ModelCard | None, side: int = SIDE
) -> dict[str, Picture]:
    """Read fields as thumbnails of `side` px, by id; one that cannot be read is left out."""

    def read(field: str) -> Picture | None:
        try:
            return _read(collection, field, card, side)
        except Exception:  # whatever a damaged file does to its decoder, the figures must still come out
            return None

    with ThreadPoolExecutor(max_workers=4) as pool:
        found = pool.map(read, ids)
    return {picture.id: picture for picture in found if picture is not None}


def data_uri(pixels: NDArray[np.uint8]) -> str:
    """Pixels, shape (H, W) or (H, W, 3) → a JPEG inside a `data:` address."""
    buffer = io.BytesIO()
    # full colour resolution: halved, as JPEG does by default, thin red and blue structures smear
    Image.fromarray(pixels).save(buffer, format="JPEG", quality=84, subsampling=0, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def grey(plane: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """One stretched channel, shape (H, W), 0 to 1 → uint8."""
    return np.asarray(np.rint(plane * 255), np.uint8)


def _read(collection: Collection, field: str, card: ModelCard | None, side: int) -> Picture:
    files = collection.files(field)
    if not files:
        raise CellocateError("a field without image files", where=field)
    recorded, known = collection.read(field, tuple(files), Scale(side))
    pixels = to_float(recorded)
    height, width = pixels.shape[1:]
    factor = min(1.0, side / max(height, width))
    small = resize(pixels, max(1, round(height * factor)), max(1, round(width * factor)))
    span = None
    if known is not None:
        span = known * width
    elif card is not None:  # a model shows itself a field of unknown pixel size as if it spanned its own input
        span = card.pixel_size * card.size * width / max(height, width)
    return Picture(field, small, tuple(files), span, assumed=known is None)
