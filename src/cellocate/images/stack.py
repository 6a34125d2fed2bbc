"""What a file of several planes holds."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree

LARGEST = 2**29
"""Pixels of a plane that are believed: a damaged size would fill the memory."""
MICROSCOPES = (".czi", ".nd2", ".lif")


@dataclass(frozen=True)
class Stack:
    """What a file of several planes holds.

    Attributes:
        names: of its channels, as the file says them; "" where it does not.
        planes: of each channel, along z.
        height: px; `width` likewise.
        kind: of its pixels, such as "uint16".
        pixel_size: µm per px, where the file says it.
        bits: of a pixel that hold light, where the file says it.
    """

    names: tuple[str, ...]
    planes: int
    height: int
    width: int
    kind: str
    pixel_size: float | None
    bits: int | None = None


def significant_bits(ome: str) -> int | None:
    """The `SignificantBits` of the first image in OME-XML, 8 to 16; None where it has none, or the XML is damaged.

    Example:
        >>> significant_bits('<OME><Image><Pixels Type="uint16" SignificantBits="12"/></Image></OME>')
        12
    """
    try:
        pixels = ElementTree.fromstring(ome).find(".//{*}Pixels")
        bits = int("" if pixels is None else pixels.get("SignificantBits", ""))
    except (ElementTree.ParseError, ValueError):
        return None
    return bits if 8 <= bits <= 16 else None
