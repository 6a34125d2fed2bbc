"""The files of a field on the atlas's image server, their licence, and whether one is what it should be."""

from __future__ import annotations

from pathlib import Path

from cellocate.errors import CellocateError
from cellocate.images import CHANNELS, read_channel

EDITIONS = {
    "jpg": {channel: f"_{channel}.jpg" for channel in CHANNELS},
    "composite": dict.fromkeys(("red", "green", "blue"), "_blue_red_green.jpg"),
    "tif": {channel: f"_{channel}.tif.gz" for channel in CHANNELS},
}
"""How the file of each channel ends: colour JPEGs, one JPEG of three channels, TIFFs of 16 bits."""

LICENCE = """\
Images and annotations of the Human Protein Atlas (https://www.proteinatlas.org) are given under a Creative Commons
Attribution-ShareAlike licence (CC BY-SA); https://www.proteinatlas.org/about/licence says which version, and how to
cite. Whoever shows or passes on these images, or what is made of them, names the Human Protein Atlas, gives the
address of the image or gene, and passes them on under the same licence. The subcellular images are described in
Thul et al., A subcellular map of the human proteome, Science 2017 (https://doi.org/10.1126/science.aal3321).
"""

_KINDS = {".jpg": ("JPEG", b"\xff\xd8\xff"), ".tif.gz": ("gzipped TIFF", b"\x1f\x8b")}


def check_image(path: Path, ending: str, channel: str) -> None:
    """Decode a file to its last pixel.

    Args:
        path: the file; its suffix is that of `ending`.
        ending: of its name on the server, which says what it should be.
        channel: one that it should hold.

    Raises:
        CellocateError: it is of another kind, cut short or damaged.
    """
    kind, beginning = next(known for suffix, known in _KINDS.items() if ending.endswith(suffix))
    with path.open("rb") as file:
        if not file.read(3).startswith(beginning):
            raise CellocateError(f"no {kind}", where=path)
    read_channel(path, channel)
