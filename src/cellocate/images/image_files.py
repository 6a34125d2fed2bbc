"""Read the pixels of one channel at an address: PNG, JPEG, TIFF or a plane of a stack, 8 or 16 bits."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from cellocate.errors import CellocateError
from cellocate.files import new_file
from cellocate.images import read_stacks
from cellocate.images.address import Address, Projection, is_tiff, refuse_device, suffix
from cellocate.images.colour_planes import channel_plane, is_ramp
from cellocate.images.orientation import TAG, upright, upright_shape
from cellocate.images.plane_files import plane_at, plane_files, projected
from cellocate.images.tiff import (
    MINISBLACK,
    CutShortError,
    SeveralPlanes,
    bits_of,
    check_opaque,
    native,
    opened,
    read_samples,
    read_tiff,
    tiff_header,
)

SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".tif.gz", ".tiff.gz")

Pixels = NDArray[np.uint8] | NDArray[np.uint16]

_JPEG = (".jpg", ".jpeg")
_PILLOW_DEPTHS = {"L": 8, "LA": 8, "RGB": 8, "RGBA": 8, "P": 8, "I;16": 16, "I;16B": 16}
_TIFF_DEPTHS = {"uint8": 8, "uint16": 16}
# The end of a complete file, which can be checked without decoding.
_EXIF = b"eXIf"  # PNG chunk, which may come after the pixels
_ENDINGS = {"PNG": b"IEND\xaeB`\x82", "JPEG": b"\xff\xd9"}


class ImageHeader(NamedTuple):
    """Height and width of an image in pixels, and bits per pixel and channel (8 or 16)."""

    height: int
    width: int
    depth: int


def read_channel(path: str | Path, channel: str) -> Pixels:
    """Read one channel of one field.

    A grey image is the channel itself. From a colour image, the channel's own plane is taken (for yellow the mean of
    red and green, rounded to even), or the colour in the address; from one in tints of a single colour the brightest
    plane; from one with a palette from black to a colour the index. In files of several channels or planes the address
    decides. A constant alpha channel is dropped. EXIF and TIFF orientation is applied.

    Args:
        path: a file of 8 or 16 bits, or an `Address` in it.
        channel: red, green, blue or yellow.

    Returns:
        Pixels as stored, shape (H, W), uint8 or uint16.

    Raises:
        CellocateError: the file is missing, cut short, no image, or of another depth.
    """
    address = Address.parse(path)
    if address.planes:
        return _read_planes(address, channel)
    path, pixels = address.file, _decoded(address)
    if pixels.dtype not in (np.uint8, np.uint16):
        raise _wrong_depth(path, str(pixels.dtype))
    if pixels.ndim == 3 and pixels.shape[2] == 3:  # colours
        pixels = channel_plane(pixels, channel, address.colour, jpeg=suffix(path) in _JPEG)
    if pixels.ndim != 2:
        raise CellocateError(f"an image of shape {pixels.shape}", where=path, mend="Give one plane per file.")
    return np.ascontiguousarray(pixels)


def read_numbers(path: str | Path) -> NDArray[Any]:
    """Read an image whose pixels are numbers rather than brightness, such as a label image of cells.

    Args:
        path: a PNG or TIFF of any kind, with one page.

    Returns:
        The numbers as stored: shape (H, W), or (H, W, samples) if pixels have several, such as colours or alpha. For
        a palette the indices, or the colours if index 0 is not black.

    Raises:
        CellocateError: the file is missing, cut short, no image, or a JPEG, which keeps no exact numbers.
    """
    path = Path(path)
    try:
        refuse_device(path)
        return read_samples(path) if is_tiff(path) else _pillow_numbers(path)
    except SeveralPlanes:
        raise CellocateError("an image of several planes", where=path, mend="Give one plane per file.") from None
    except _UNREADABLE as error:
        raise unreadable(path, error) from None


def read_header(path: str | Path) -> ImageHeader:
    """Read height, width and depth of an image file (or `Address`), and check that it is complete, without decoding.

    Raises:
        CellocateError: the file is missing, cut short, no image, or of another depth.
    """
    address = Address.parse(path)
    if address.planes:
        return _header_of_planes(address)
    path = address.file
    try:
        refuse_device(path)
        if address.channel is not None or is_tiff(path):
            height, width, kind = _tiff_header(address)
            if kind not in _TIFF_DEPTHS:
                raise _wrong_depth(path, kind)
            return ImageHeader(height, width, _TIFF_DEPTHS[kind])
        with Image.open(path) as image:
            _check_ending(path, str(image.format))
            depth = _depth(path, image)
            if _has_alpha(image):
                _read_pillow(path)  # refuses transparent places
            return ImageHeader(*upright_shape(image.height, image.width, _orientation(path, image)), depth)
    except _UNREADABLE as error:
        raise unreadable(path, error) from None


def in_colour(path: Path) -> bool:
    """Whether a file is a single colour picture, by its header; False if it is unreadable."""
    try:
        refuse_device(path)
        if is_tiff(path):
            tiff_header(path)  # raises if it has several planes
            with opened(path) as tiff:
                return bool(tiff.pages.first.photometric != MINISBLACK)
        with Image.open(path) as image:
            return image.mode in ("RGB", "RGBA", "P")
    except (SeveralPlanes, CellocateError, *_UNREADABLE):
        return False


def significant_bits(path: str | Path) -> int | None:
    """The bits of a pixel that hold light, 8 to 16, from metadata of a TIFF or stack; None if not recorded.

    Raises:
        CellocateError: the file is missing or damaged.
    """
    address = Address.parse(path)
    try:
        if address.channel is not None:
            return read_stacks.bits(address)
        return bits_of(address.file) if is_tiff(address.file) else None
    except _UNREADABLE as error:
        raise unreadable(address.file, error) from None


def write_png(path: str | Path, pixels: NDArray[Any]) -> None:
    """Write `pixels`, shape (H, W) or (H, W, 3), uint8 or (grey only) uint16, as PNG, completely or not at all."""
    with new_file(path) as aside:
        Image.fromarray(pixels).save(aside, format="PNG")


_UNREADABLE = (
    UnidentifiedImageError,
    Image.DecompressionBombError,
    OSError,
    SyntaxError,  # from Pillow, for a broken PNG chunk
    ValueError,
)


def _decoded(address: Address) -> NDArray[Any]:
    try:
        refuse_device(address.file)
        return _pixels(address)
    except _UNREADABLE as error:
        raise unreadable(address.file, error) from None


def _pixels(address: Address) -> NDArray[Any]:
    if address.channel is not None:
        return read_stacks.read_plane(address)
    try:
        if is_tiff(address.file):
            pixels = read_tiff(address.file)
        else:
            pixels = _read_pillow(address.file, in_colours=address.colour is not None)
    except SeveralPlanes:
        return read_stacks.read_plane(address)
    _refuse_other_planes(address)
    return pixels


def _read_planes(address: Address, channel: str) -> Pixels:
    planes = _asked_planes(address)
    try:
        how: Projection = "mean" if address.z == "mean" else "max"
        return projected((read_channel(plane, channel) for plane in planes), how)
    except ValueError as error:
        raise CellocateError(str(error), where=address.file, mend="Export the planes of a stack alike.") from None


def _header_of_planes(address: Address) -> ImageHeader:
    headers = {read_header(plane) for plane in _asked_planes(address)}
    if len(headers) > 1:
        mend = "Export the planes of a stack alike."
        raise CellocateError("planes that differ in size or depth", where=address.file, mend=mend)
    return headers.pop()


def _asked_planes(address: Address) -> list[str]:
    try:
        files = plane_files(address.file)
    except OSError as error:
        raise unreadable(address.file, error) from None
    asked = [plane_at(files, address.z)] if isinstance(address.z, int) else files
    return [str(replace(address, file=file, z=None, planes=None)) for file in asked]


def _tiff_header(address: Address) -> tuple[int, int, str]:
    if address.channel is not None:
        return read_stacks.plane_header(address)
    try:
        header = tiff_header(address.file)
    except SeveralPlanes:
        return read_stacks.plane_header(address)
    _refuse_other_planes(address)
    return header


def _refuse_other_planes(address: Address) -> None:
    for name, number in (("plane", address.z), ("time point", address.time), ("image", address.series)):
        if isinstance(number, int) and number > 0:
            what = f"no {name} {number}: there is 1, counted from 0"
            raise CellocateError(what, where=address.file, mend="Use number 0, or leave it out.")


def _read_pillow(path: Path, *, in_colours: bool = False) -> NDArray[Any]:
    """Pixels as viewers show them, shape (H, W) or (H, W, 3), in native byte order.

    For a palette that is a ramp the indices, unless `in_colours`.
    """
    with Image.open(path) as image:
        _check_ending(path, str(image.format))
        _depth(path, image)
        orientation = _orientation(path, image)
        if _is_deep(image):
            pixels = _read_deep(path)
        else:
            by_palette = image.mode == "P" and (in_colours or not is_ramp(_palette(image)))
            pixels = np.asarray(image.convert("RGB") if by_palette else image)
        if _has_alpha(image):
            check_opaque(pixels[..., -1], path)
            pixels = pixels[..., 0] if image.mode == "LA" else pixels[..., :-1]
    return native(upright(pixels, orientation))


def _depth(path: Path, image: Image.Image) -> int:
    if image.mode not in _PILLOW_DEPTHS:
        raise _wrong_depth(path, f"mode {image.mode}")
    return 16 if _is_deep(image) else _PILLOW_DEPTHS[image.mode]


def _is_deep(image: Image.Image) -> bool:
    """Whether a colour PNG has 16 bits; Pillow would silently drop the lower 8."""
    return image.mode in ("RGB", "RGBA") and ";16" in str(getattr(image, "tile", ""))


def _read_deep(path: Path) -> NDArray[Any]:
    with Image.open(path) as image:
        image.verify()  # checksums, which OpenCV ignores
    content = np.frombuffer(path.read_bytes(), np.uint8)
    pixels = cv2.imdecode(content, cv2.IMREAD_UNCHANGED)
    if pixels is None:
        raise OSError("damaged")
    return np.concatenate([pixels[..., 2::-1], pixels[..., 3:]], axis=2)  # OpenCV has blue first


def _has_alpha(image: Image.Image) -> bool:
    return image.mode in ("LA", "RGBA")


def _orientation(path: Path, image: Image.Image) -> int:
    """The EXIF orientation; Pillow would decode a whole PNG to find out that it has none."""
    if image.format == "PNG" and "exif" not in image.info and _EXIF not in _end(path):
        return 1
    try:
        return int(image.getexif().get(TAG, 1))
    except Exception:  # noqa: BLE001 # the pixels may be intact
        return 1


def _palette(image: Image.Image) -> NDArray[np.uint8]:
    return np.array(image.getpalette() or [], np.uint8).reshape(-1, 3)


def _pillow_numbers(path: Path) -> NDArray[Any]:
    with Image.open(path) as image:
        _check_ending(path, str(image.format))
        if image.format == "JPEG":
            mend = "Save the label image as PNG or TIFF. A JPEG cannot be restored."
            raise CellocateError("a JPEG, which changes the numbers of cells", where=path, mend=mend)
        orientation = _orientation(path, image)
        if _is_deep(image):
            return native(upright(_read_deep(path), orientation))
        of_palette = image.mode == "P" and _palette(image)[:1].any()
        stretched = _stretched(image)
        numbers = np.asarray(image.convert("RGB") if of_palette else image)
        return native(upright(numbers if stretched == 1 else numbers // stretched, orientation))


def _stretched(image: Image.Image) -> int:
    """Pillow's factor for grey levels of a PNG of 2 or 4 bits; known only before decoding."""
    tile = str(getattr(image, "tile", ""))
    return 85 if "'L;2'" in tile else 17 if "'L;4'" in tile else 1


def _check_ending(path: Path, format_name: str) -> None:
    ending = _ENDINGS.get(format_name)
    if ending is not None and ending not in _end(path):
        raise CutShortError()


def _end(path: Path) -> bytes:
    """The last bytes of a file, where some writers pad."""
    with path.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - 4096))
        return file.read()


def unreadable(path: Path, error: Exception) -> CellocateError:
    """The error for a file that cannot be read."""
    if isinstance(error, FileNotFoundError):
        mend = "Restore it, or leave out the field."
        if "\\" in str(path) and os.sep != "\\":
            mend = "This is a Windows path: put the file into the folder of the table, or use a path relative to it."
        return CellocateError("a channel file is missing", where=Path(error.filename or path), mend=mend)
    if isinstance(error, PermissionError):
        what = "an image cannot be read (permission denied)"
        return CellocateError(what, where=path, mend="Change its permissions.")
    if isinstance(error, Image.DecompressionBombError):
        what = "an image cannot be read (it is too large for a field)"
        return CellocateError(what, where=path, mend="Cut it into fields, if its size is right.")
    cut_short = isinstance(error, CutShortError) or "truncated" in str(error)  # from Pillow
    reason = "cut short" if cut_short else "damaged or not an image"
    return CellocateError(f"an image cannot be read ({reason})", where=path, mend="Copy it again from its source.")


def _wrong_depth(path: Path, depth: str) -> CellocateError:
    mend = "Save each channel as a grey image of 8 or 16 bits."
    return CellocateError(f"pixels of an unsupported kind ({depth})", where=path, mend=mend)
