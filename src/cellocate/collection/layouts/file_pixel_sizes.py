"""The pixel sizes that files themselves say: those of files of one channel, and what is wrong with any."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from cellocate.collection.collection import Collection, Problem
from cellocate.errors import CellocateError
from cellocate.images.address import Address, suffix
from cellocate.images.length_units import PixelSize
from cellocate.images.read_stacks import describe

_SILENT = (".png", ".jpg", ".jpeg")  # which say no size


def with_file_pixel_sizes(collection: Collection) -> Collection:
    """The collection with the pixel sizes that its files say, where nothing else gave one.

    Of each field, files are opened until one says something. Gzipped files have to be unpacked for this: where the
    first says nothing, the others are not opened.

    Args:
        collection: with the sizes that a user or a table gave, which are kept.
    """
    addresses = {i: places for i in collection.ids if collection.pixel_size(i) is None
                 if (places := list(_places(collection, i)))}  # fmt: skip
    zipped = [i for i, places in addresses.items() if suffix(places[0].file).endswith(".gz")]
    if zipped and _size(addresses[zipped[0]]) == PixelSize():
        addresses = {i: places for i, places in addresses.items() if i not in set(zipped)}
    found = {i: _size(places) for i, places in addresses.items()}
    sizes = {i: size.um for i, size in found.items() if size.um is not None}
    problems = [_problem(i, found[i], addresses[i][0].file) for i in found]
    known = replace(collection, problems=(*collection.problems, *filter(None, problems)))
    return known.with_pixel_sizes(sizes) if sizes else known


def stretched_pixels_error(size: PixelSize, path: Path) -> CellocateError | None:
    """Why an image cannot be used whose pixels are not square; None where they are."""
    if not size.stretched:
        return None
    kind = "pixels that are not square"
    mend = "Resample it to square pixels; or, where the file is wrong, give the true size with --pixel-size."
    return CellocateError(f"{kind} ({size.stretched})", where=path, mend=mend, kind=kind)


def unusable_size_error(size: PixelSize, path: Path) -> CellocateError | None:
    """What a user should know of a size that cannot be used; None of others."""
    if not size.doubt:
        return None
    return CellocateError(size.doubt, where=path, mend="Give the size with --pixel-size; it is not known otherwise.")


def _places(collection: Collection, field: str) -> Iterator[Address]:
    """Where the channels of a field are, but for those of stacks, which were asked when they were found."""
    if collection.layout == "store":
        return
    asked = collection.layout in ("stacks", "pattern")
    for file in collection.files(field).values():
        address = Address.parse(file)
        if suffix(address.file) not in _SILENT and not (asked and address.channel is not None):
            yield address


def _size(places: list[Address]) -> PixelSize:
    """What the first file says that says anything."""
    return next((size for size in map(_said, places) if size != PixelSize()), PixelSize())


def _said(address: Address) -> PixelSize:
    try:
        images = describe(address.file)
    except (CellocateError, OSError):  # which is told when it is read
        return PixelSize()
    return next((image.size for image in images if image.series == address.series), images[0].size)


def _problem(field: str, size: PixelSize, path: Path) -> Problem | None:
    if fault := stretched_pixels_error(size, path):
        return Problem(field, "files", fault)
    doubt = unusable_size_error(size, path)
    return None if doubt is None else Problem(field, "files", doubt, "warning")
