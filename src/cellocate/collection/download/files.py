"""The files of a field on the atlas's image server, and whether one is what it should be."""

from __future__ import annotations

import gzip
import tempfile
import zlib
from pathlib import Path

from cellocate.errors import CellocateError
from cellocate.images import CHANNELS, read_channel

BASE = "https://images.proteinatlas.org"

EDITIONS = {
    "jpg": {channel: f"_{channel}.jpg" for channel in CHANNELS},
    "composite": dict.fromkeys(("red", "green", "blue"), "_blue_red_green.jpg"),
    "tif": {channel: f"_{channel}.tif.gz" for channel in CHANNELS},
}
"""How the file of each channel ends: colour JPEGs, one JPEG of three channels, TIFFs of 16 bits."""

_BEGINNINGS = {".jpg": b"\xff\xd8\xff", ".tif.gz": b"\x1f\x8b"}
_LARGEST = 2**30  # bytes that a compressed file may unfold to


def see_image(path: Path, ending: str, channel: str) -> None:
    """Decode a file to its last pixel.

    Args:
        path: the file, of any name.
        ending: of its name on the server, which says what it should be.
        channel: one that it should hold.

    Raises:
        CellocateError: it is of another kind, cut short or damaged.
    """
    suffix = next(known for known in _BEGINNINGS if ending.endswith(known))
    with path.open("rb") as file:
        if not file.read(3).startswith(_BEGINNINGS[suffix]):
            raise CellocateError(f"no {suffix} file", where=path)
    if suffix == ".jpg":
        read_channel(path, channel)
        return
    with tempfile.TemporaryDirectory(dir=path.parent) as aside:
        unfolded = Path(aside) / "channel.tif"
        _unfold(path, unfolded)
        read_channel(unfolded, channel)


def _unfold(path: Path, unfolded: Path) -> None:
    try:
        with gzip.open(path) as packed, unfolded.open("wb") as plain:
            while chunk := packed.read(2**20):
                plain.write(chunk)
                if plain.tell() > _LARGEST:
                    raise EOFError("it unfolds to more than an image")
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise CellocateError(f"damaged ({error})", where=path) from None
