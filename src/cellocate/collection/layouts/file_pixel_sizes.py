"""Read pixel sizes from the metadata of single-channel files, and report unusable ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from cellocate.collection.collection import Collection, Problem
from cellocate.errors import CellocateError
from cellocate.images.address import Address, suffix
from cellocate.images.length_units import PixelSize
from cellocate.images.read_stacks import describe

_WITHOUT_SIZE = (".png", ".jpg", ".jpeg")


def with_file_pixel_sizes(collection: Collection) -> Collection:
    """Add the pixel sizes that the files record, for fields that have none yet.

    The files of a field are opened until one records a size. Gzipped files must be unpacked for this: if the first
    records nothing, the others are not opened.
    """
    unknown = [i for i in collection.ids if collection.pixel_size(i) is None]
    addresses = {i: places for i in unknown if (places := list(_places(collection, i)))}
    zipped = [i for i, places in addresses.items() if suffix(places[0].file).endswith(".gz")]
    if zipped and _size(addresses[zipped[0]]) == PixelSize():
        addresses = {i: places for i, places in addresses.items() if i not in set(zipped)}
    found = {i: _size(places) for i, places in addresses.items()}
    sizes = {i: size.um for i, size in found.items() if size.um is not None}
    problems = [_problem(i, found[i], addresses[i][0].file) for i in found]
    known = replace(collection, problems=(*collection.problems, *filter(None, problems)))
    return known.with_pixel_sizes(sizes) if sizes else known


def stretched_pixels_error(size: PixelSize, path: Path) -> CellocateError | None:
    """The error for an image with pixels that are not square; None if they are square."""
    if not size.stretched:
        return None
    kind = "pixels that are not square"
    mend = "Resample it to square pixels. If the file is wrong, give the true size with --pixel-size."
    return CellocateError(f"{kind} ({size.stretched})", where=path, mend=mend, kind=kind)


def unusable_size_error(size: PixelSize, path: Path) -> CellocateError | None:
    """The warning for a recorded pixel size that cannot be used; None otherwise."""
    if not size.doubt:
        return None
    return CellocateError(size.doubt, where=path, mend="Give the pixel size with --pixel-size.")


def _places(collection: Collection, field: str) -> Iterator[Address]:
    """The addresses of a field's channels, except those in stacks: their sizes are known already."""
    if collection.layout == "store":
        return
    known = collection.layout in ("stacks", "pattern")
    for file in collection.files(field).values():
        address = Address.parse(file)
        if suffix(address.file) not in _WITHOUT_SIZE and not (known and address.channel is not None):
            yield address


def _size(places: list[Address]) -> PixelSize:
    return next((size for size in map(_recorded_size, places) if size != PixelSize()), PixelSize())


def _recorded_size(address: Address) -> PixelSize:
    try:
        images = describe(address.file)
    except (CellocateError, OSError):  # reported when the image is read
        return PixelSize()
    return next((image.size for image in images if image.series == address.series), images[0].size)


def _problem(field: str, size: PixelSize, path: Path) -> Problem | None:
    if fault := stretched_pixels_error(size, path):
        return Problem(field, "files", fault)
    doubt = unusable_size_error(size, path)
    return None if doubt is None else Problem(field, "files", doubt, "warning")
