"""The pixels of one channel at an address: PNG, JPEG, TIFF or a plane of a stack, of 8 or 16 bits."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from cellocate.errors import CellocateError
from cellocate.files import new_file
from cellocate.images import stacks
from cellocate.images.address import Address, see_file, suffix
from cellocate.images.tiff import bits_of, read_tiff, tiff_header

SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".tif.gz", ".tiff.gz")

Pixels = NDArray[np.uint8] | NDArray[np.uint16]

# Where a colour image holds a channel, or a colour. The website's yellow JPEGs carry the signal in red and green
# alike; unless an address says otherwise, their mean is taken, which has the least of the noise that JPEG's colour
# subsampling adds.
_PLANES = {"red": [0], "green": [1], "blue": [2], "yellow": [0, 1], "mean": [0, 1]}
_PILLOW_DEPTHS = {"L": 8, "RGB": 8, "RGBA": 8, "P": 8, "I;16": 16, "I;16B": 16}
_TIFF_DEPTHS = {"uint8": 8, "uint16": 16}
# How a whole file ends. A file cut short lacks it, which a look at its last bytes tells without decoding.
_ENDINGS = {"PNG": b"IEND\xaeB`\x82", "JPEG": b"\xff\xd9"}


class Header(NamedTuple):
    """What an image file says of itself: height and width in pixels, bits per pixel and channel (8 or 16)."""

    height: int
    width: int
    depth: int


def read_channel(path: str | Path, channel: str) -> Pixels:
    """Read one channel of one field.

    A grey image is the channel itself. Of a colour image the channel's own plane is taken: red, green or blue,
    and for yellow the mean of red and green, rounded to even; or the colour that the address names. Of a file of
    several channels, the address says which.

    Args:
        path: a file of 8 or 16 bits, or an `Address` in it.
        channel: red, green, blue or yellow.

    Returns:
        Pixels as stored, shape (H, W), uint8 or uint16.

    Raises:
        CellocateError: the file is missing, cut short, no image, or of another depth.
    """
    address = Address.parse(path)
    path, pixels = address.file, _decoded(address)
    if pixels.dtype not in (np.uint8, np.uint16):
        raise _wrong_depth(path, str(pixels.dtype))
    if pixels.ndim == 3 and pixels.shape[2] in (3, 4):
        planes = pixels[:, :, _PLANES[address.colour or channel]]
        pixels = planes[:, :, 0] if planes.shape[2] == 1 else planes.mean(axis=2).round().astype(pixels.dtype)
    if pixels.ndim != 2:
        raise CellocateError(f"an image of shape {pixels.shape}", where=path, mend="Give one plane per file.")
    return np.ascontiguousarray(pixels)


def read_numbers(path: str | Path) -> NDArray[np.integer[Any]]:
    """Read an image whose pixels are numbers and no brightness, such as the label image of cells.

    Args:
        path: a grey PNG of 8 or 16 bits, or a TIFF of whole numbers of any size.

    Returns:
        The numbers as stored, shape (H, W).

    Raises:
        CellocateError: the file is missing, cut short, no image, in colour, or not of whole numbers.
    """
    pixels = _decoded(Address(Path(path)))
    if pixels.ndim != 2 or not np.issubdtype(pixels.dtype, np.integer):
        kind = "colours" if pixels.ndim != 2 else f"{pixels.dtype} pixels"
        mend = "Save label images as grey PNG or TIFF of 8 or 16 bits."
        raise CellocateError(f"{kind} where whole numbers are needed", where=path, mend=mend)
    return pixels


def read_header(path: str | Path) -> Header:
    """Read height, width and depth of an image file (or an `Address`), and see that it is whole, without decoding it.

    Raises:
        CellocateError: the file is missing, cut short, no image, or of another depth.
    """
    address = Address.parse(path)
    path = address.file
    try:
        see_file(path)
        if address.channel is not None or _is_tiff(path):
            height, width, kind = _stack_header(address) if address.channel is not None else tiff_header(path)
            if kind not in _TIFF_DEPTHS:
                raise _wrong_depth(path, kind)
            return Header(height, width, _TIFF_DEPTHS[kind])
        with Image.open(path) as image:
            _see_ending(path, str(image.format))
            _see_depth(path, image)
            return Header(image.height, image.width, _PILLOW_DEPTHS[image.mode])
    except _UNREADABLE as error:
        raise unreadable(path, error) from None


def significant_bits(path: str | Path) -> int | None:
    """The bits of a pixel that hold light, 8 to 16, as the metadata of a TIFF or of a stack say; None where none do.

    Raises:
        CellocateError: the file is missing or damaged.
    """
    address = Address.parse(path)
    try:
        if address.channel is not None:
            return stacks.describe(address.file).bits
        return bits_of(address.file) if _is_tiff(address.file) else None
    except _UNREADABLE as error:
        raise unreadable(address.file, error) from None


def write_png(path: str | Path, pixels: NDArray[Any]) -> None:
    """Write `pixels`, shape (H, W) or (H, W, 3), uint8 or (grey only) uint16, as PNG, whole or not at all."""
    with new_file(path) as aside:
        Image.fromarray(pixels).save(aside, format="PNG")


_UNREADABLE = (
    UnidentifiedImageError,
    Image.DecompressionBombError,
    OSError,
    SyntaxError,  # Pillow's word for a broken PNG chunk
    ValueError,
)


def _is_tiff(path: Path) -> bool:
    return suffix(path).startswith(".tif")


def _decoded(address: Address) -> NDArray[Any]:
    try:
        see_file(address.file)
        return _pixels(address)
    except _UNREADABLE as error:
        raise unreadable(address.file, error) from None


def _pixels(address: Address) -> NDArray[Any]:
    if address.channel is not None:
        return stacks.read_plane(address.file, address.channel, address.z)
    return read_tiff(address.file) if _is_tiff(address.file) else _read_pillow(address.file)


def _stack_header(address: Address) -> tuple[int, int, str]:
    stack = stacks.describe(address.file)
    return stack.height, stack.width, stack.kind


def _read_pillow(path: Path) -> NDArray[Any]:
    with Image.open(path) as image:
        _see_ending(path, str(image.format))
        _see_depth(path, image)
        pixels = np.asarray(image.convert("RGB") if image.mode == "P" else image)  # P: colours by palette
    return pixels.astype(pixels.dtype.newbyteorder("="), copy=False)


def _see_depth(path: Path, image: Image.Image) -> None:
    if image.mode not in _PILLOW_DEPTHS:
        raise _wrong_depth(path, f"mode {image.mode}")
    if image.mode in ("RGB", "RGBA") and ";16" in str(getattr(image, "tile", "")):
        raise _wrong_depth(path, "colour of 16 bits")  # Pillow would silently drop the lower 8


def _see_ending(path: Path, format_name: str) -> None:
    ending = _ENDINGS.get(format_name)
    if ending is None:
        return
    with path.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - 4096))  # some writers pad the end
        if ending not in file.read():
            raise OSError("cut short")


def unreadable(path: Path, error: Exception) -> CellocateError:
    """Why a file cannot be read, in a user's words."""
    if isinstance(error, FileNotFoundError):
        return CellocateError("a channel file is missing", where=path, mend="Restore it, or leave the field out.")
    if isinstance(error, PermissionError):
        what = "an image cannot be read (permission denied)"
        return CellocateError(what, where=path, mend="Change its permissions.")
    if isinstance(error, Image.DecompressionBombError):
        what = "an image cannot be read (it says it is too large for a field)"
        return CellocateError(what, where=path, mend="Cut it into fields, if it is what it says it is.")
    reason = "cut short" if "cut short" in str(error) or "truncated" in str(error) else "damaged or not an image"
    return CellocateError(f"an image cannot be read ({reason})", where=path, mend="Copy it again from its source.")


def _wrong_depth(path: Path, depth: str) -> CellocateError:
    mend = "Save each channel as a grey image of 8 or 16 bits."
    return CellocateError(f"pixels of an unsupported kind ({depth})", where=path, mend=mend)
