"""Editions of a field's files on the atlas's image server, their licence, and a check of each file."""

from __future__ import annotations

from pathlib import Path

from cellocate.choices import Edition
from cellocate.errors import CellocateError
from cellocate.images import CHANNELS, read_channel

EDITIONS: dict[Edition, dict[str, str]] = {
    "jpg": {channel: f"_{channel}.jpg" for channel in CHANNELS},
    "composite": dict.fromkeys(("red", "green", "blue"), "_blue_red_green.jpg"),
    "tif": {channel: f"_{channel}.tif.gz" for channel in CHANNELS},
}
"""End of each channel's file name: colour JPEGs, one JPEG of three channels, 16-bit TIFFs."""

LICENCE = """\
Images and annotations of the Human Protein Atlas (https://www.proteinatlas.org) have a Creative Commons
Attribution-ShareAlike licence (CC BY-SA); https://www.proteinatlas.org/about/licence gives the version, and how to
cite. If you show or pass on these images, or work based on them, name the Human Protein Atlas, give the address of the
image or gene, and use the same licence. The subcellular images are described in
Thul et al., A subcellular map of the human proteome, Science 2017 (https://doi.org/10.1126/science.aal3321).
"""

_KINDS = {".jpg": ("JPEG", b"\xff\xd8\xff"), ".tif.gz": ("gzipped TIFF", b"\x1f\x8b")}


def check_image(path: Path, ending: str, channel: str) -> None:
    """Decode a file completely.

    Args:
        path: the file, with the suffix of `ending`.
        ending: end of its name on the server, which defines its format.
        channel: a channel that it must have.

    Raises:
        CellocateError: it has another format, or is cut short or damaged.
    """
    kind, beginning = next(known for suffix, known in _KINDS.items() if ending.endswith(suffix))
    with path.open("rb") as file:
        if not file.read(3).startswith(beginning):
            raise CellocateError(f"not a {kind}", where=path)
    read_channel(path, channel)
