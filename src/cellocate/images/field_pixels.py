"""Read the channels of one field together, and convert pixels to floats."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from cellocate.choices import Channel
from cellocate.errors import CellocateError
from cellocate.images.address import Address, Colour
from cellocate.images.image_files import Pixels, read_channel

CHANNELS: tuple[str, ...] = get_args(Channel)
_COLOURS: dict[str, Colour] = {"red": "red", "green": "green", "blue": "blue", "yellow": "mean"}

Intensity = Literal["depth", "channel", "field"]
_ROUNDING = 1e-5  # beyond 0 and 1, as a resized or converted image may be
_PERCENTILES = (0.1, 99.9)  # a few dead or burnt pixels should not set the scale


def read_field(files: Mapping[str, str | Path], channels: Sequence[str] = CHANNELS) -> Pixels:
    """Read the channels of a field; from a picture with several of them, each in its own colour.

    Args:
        files: file of each channel.
        channels: channels to read, in this order.

    Returns:
        Pixels as stored, shape (C, H, W), uint8 or uint16.

    Raises:
        CellocateError: a file is missing or unreadable, or they differ in size or depth.

    Example:
        >>> import tempfile
        >>> from cellocate.images import write_png
        >>> folder = Path(tempfile.mkdtemp())
        >>> for channel in ("green", "blue"):
        ...     write_png(folder / f"a_{channel}.png", np.zeros((6, 8), np.uint8))
        >>> read_field({c: folder / f"a_{c}.png" for c in ("green", "blue")}, ("blue", "green")).shape
        (2, 6, 8)
    """
    lacking = [channel for channel in channels if channel not in files]
    if lacking:
        raise CellocateError(f"no file for {' and '.join(lacking)}", mend="Restore it, or leave out the field.")
    files = _with_colours(files)
    planes = [read_channel(files[channel], channel) for channel in channels]
    for path, plane in zip((files[channel] for channel in channels), planes, strict=True):
        if plane.shape != planes[0].shape:
            raise differing("size", f"{_size(plane)} and {_size(planes[0])} px", path)
        if plane.dtype != planes[0].dtype:
            depths = f"{plane.itemsize * 8} and {planes[0].itemsize * 8} bits"
            raise differing("depth", depths, path)
    field: Pixels = np.stack(planes)  # type: ignore[assignment] # all planes are of one type by now
    return field


def differing(what: str, values: str, path: str | Path) -> CellocateError:
    """The error for channels of different `what`, such as size."""
    kind = f"channels of different {what}"
    return CellocateError(f"{kind} ({values})", where=path, mend="Export all channels alike.", kind=kind)


def to_float(pixels: NDArray[Any], intensity: Intensity = "depth") -> NDArray[np.float32]:
    """Convert pixels to floats between 0 and 1, by one of three policies.

    - `depth`: divide by the largest value of the type (255 or 65535), the same for every image. Camera counts with
      fewer bits are scaled first (`cellocate.images.bit_depth.full_scale`), as `Collection.read` does.
    - `channel`: stretch each channel of each image from its 0.1th to its 99.9th percentile.
    - `field`: the same, with one range for all channels of an image.

    Args:
        pixels: shape (C, H, W); uint8, uint16, or floats between 0 and 1.
        intensity: the policy.

    Returns:
        Shape (C, H, W), float32, 0 to 1.

    Raises:
        CellocateError: the pixels have another type, or are floats out of range.

    Example:
        >>> to_float(np.full((1, 2, 2), 255, np.uint8)).max()
        np.float32(1.0)
    """
    if not pixels.size:
        raise CellocateError(f"a field without pixels, of shape {pixels.shape}", mend="Give it some.")
    kind = pixels.dtype.newbyteorder("=")
    if kind in (np.uint8, np.uint16):
        scaled = pixels.astype(np.float32) / np.float32(np.iinfo(kind).max)
    elif np.issubdtype(kind, np.floating):
        scaled = _checked(pixels.astype(np.float32))
    else:
        mend = "Convert them to uint8 if they have 8 bits, to uint16 if 16, or to floats between 0 and 1."
        raise CellocateError(f"pixels of type {kind}", mend=mend)
    if intensity == "depth":
        return scaled
    axes = (1, 2) if intensity == "channel" else (0, 1, 2)
    low, high = np.percentile(scaled, _PERCENTILES, axis=axes, keepdims=True).astype(np.float32)
    stretched: NDArray[np.float32] = np.clip((scaled - low) / np.maximum(high - low, np.float32(1e-6)), 0, 1)
    return stretched


def _with_colours(files: Mapping[str, str | Path]) -> dict[str, str | Path]:
    """Add the colour to the address of each channel that shares a picture with others."""
    addresses = {channel: Address.parse(file) for channel, file in files.items()}
    number = Counter(address.file for address in addresses.values())
    return {
        channel: str(replace(address, colour=_COLOURS[channel]))
        if number[address.file] > 1 and address.colour is None and address.channel is None
        else files[channel]
        for channel, address in addresses.items()
    }


def _checked(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Clip floats to 0 to 1, if they exceed this only by rounding.

    Raises:
        CellocateError: they exceed it by more.
    """
    low, high = float(pixels.min()), float(pixels.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise CellocateError("pixels that are NaN or infinite", mend="Replace them, as np.nan_to_num does.")
    if low < -_ROUNDING:
        raise CellocateError(f"pixels below 0 (down to {low:.4g})", mend="Give floats from 0 to 1, clipped at 0.")
    if high > 1 + _ROUNDING:
        mend = "Divide them by the largest value of their depth, such as 255 or 65535, or give uint8 or uint16."
        raise CellocateError(f"floats outside 0 to 1 (up to {high:.6g})", mend=mend)
    return pixels.clip(0, 1)


def _size(plane: NDArray[Any]) -> str:
    return f"{plane.shape[1]}×{plane.shape[0]}"
