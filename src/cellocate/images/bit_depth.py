"""Bit depth: how many bits of a pixel hold light, and the offset that a camera or program added."""

from __future__ import annotations

import numpy as np

from cellocate.errors import CellocateError
from cellocate.images.image_files import Pixels

DEPTHS = (8, 10, 12, 14, 16)
"""Bit depths of cameras."""
_EDGES = 0.25  # share of a plane
SIGNED = 2**15
"""Offset that turns signed 16-bit numbers into unsigned ones, as Olympus ScanR saves them."""


def full_value(bits: int) -> int:
    """The largest value with so many bits.

    Example:
        >>> full_value(12)
        4095
    """
    return (1 << bits) - 1


def check_bits(bits: float) -> int:
    """Return a camera's bits, or raise a `CellocateError` if they are impossible."""
    if bits not in range(DEPTHS[0], DEPTHS[-1] + 1):
        shown = f"{bits:g}" if isinstance(bits, float) else repr(bits)
        raise CellocateError(f"an impossible depth of {shown} bits", mend="Give 8 to 16, such as 12.")
    return int(bits)


def check_offset(offset: float) -> int:
    """Return a camera's offset, or raise a `CellocateError` if it is impossible."""
    if not (0 <= offset < 2**16 and offset == int(offset)):
        raise CellocateError(f"an impossible camera offset of {offset:g}", mend="Give counts, 0 to 65535.")
    return int(offset)


def smallest_depth(brightest: int) -> int:
    """The smallest camera depth that holds a value of 0 to 65535.

    Example:
        >>> [smallest_depth(value) for value in (255, 256, 4095, 4096, 65535)]
        [8, 10, 12, 14, 16]
    """
    return next(bits for bits in DEPTHS if brightest <= full_value(bits))


def without_offset(pixels: Pixels, offset: int) -> Pixels:
    """Subtract an offset from pixels; darker pixels become 0.

    Example:
        >>> without_offset(np.array([[[32768, 32868, 100]]], np.uint16), 32768).tolist()
        [[[0, 100, 0]]]
    """
    if not 0 < offset <= np.iinfo(pixels.dtype).max:  # a 16-bit offset does not apply to 8 bits
        return pixels
    dark = pixels.dtype.type(offset)
    return np.asarray(np.maximum(pixels, dark) - dark, pixels.dtype)  # type: ignore[return-value] # still so


def darkest(plane: Pixels) -> int:
    """The darkest pixel; if at most a quarter are 0, the darkest of the others.

    Stitching and registration leave zeros at the edges, which are no pixels of the camera.

    Example:
        >>> darkest(np.array([0, 32768, 32770, 32800], np.uint16)), darkest(np.array([0, 0, 1, 9], np.uint16))
        (32768, 0)
    """
    found = int(plane.min(initial=np.iinfo(plane.dtype).max))
    if found or np.count_nonzero(plane) < (1 - _EDGES) * plane.size:
        return found
    return int(plane[plane > 0].min(initial=np.iinfo(plane.dtype).max))


def check_counts(counts: Pixels, bits: int | None) -> None:
    """Raise a `CellocateError` if a pixel is brighter than so many bits allow."""
    if bits is not None and bits < 8 * counts.itemsize and (brightest := int(counts.max(initial=0))) > full_value(bits):
        raise too_bright(brightest, bits)


def too_bright(brightest: int, bits: int) -> CellocateError:
    """The error for a pixel that is brighter than so many bits allow."""
    yaml = f"Write bits: {smallest_depth(brightest)} into collection.yaml next to the images"
    mend = f"{yaml}; or leave out the field, if only single hot pixels are so bright."
    above = f"above the {full_value(bits)} of {bits} bits"
    return CellocateError(f"a pixel of {brightest}, {above}", mend=mend, kind=f"a pixel {above}")


def full_scale(counts: Pixels, bits: int | None) -> Pixels:
    """Scale camera counts to the full range of their type, so that the largest possible value is 255 or 65535.

    Args:
        counts: any shape, uint8 or uint16; uint8 is returned unchanged.
        bits: bits of the camera, 8 to 16; None, or as many as the type has, leaves the counts unchanged.

    Returns:
        Same shape and type, rounded.

    Raises:
        CellocateError: a pixel is brighter than so many bits allow.

    Example:
        >>> full_scale(np.array([0, 2048, 4095], np.uint16), bits=12).tolist()
        [0, 32776, 65535]
    """
    if bits is None or bits >= 8 * counts.itemsize:
        return counts
    check_counts(counts, bits)
    top = full_value(bits)
    return ((counts.astype(np.uint32) * full_value(16) + top // 2) // top).astype(np.uint16)
