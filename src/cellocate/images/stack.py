"""What a file of several planes holds."""

from __future__ import annotations

from dataclasses import dataclass

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
    """

    names: tuple[str, ...]
    planes: int
    height: int
    width: int
    kind: str
    pixel_size: float | None
