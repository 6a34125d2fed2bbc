"""The pixel size of images of the Human Protein Atlas and its challenges, whose files record none."""

from __future__ import annotations

from dataclasses import replace

from cellocate.collection.collection import Collection
from cellocate.collection.identity import challenges, original_ids, uuid
from cellocate.counted import counted
from cellocate.errors import CellocateError
from cellocate.images import FIELD_SPAN

_NATIVE = 0.08  # µm per px of full-size images
_SIZES = {512: FIELD_SPAN / 512, 1728: _NATIVE, 2048: _NATIVE, 3072: _NATIVE}
_OF_THE_ATLAS = {width: size for width, size in _SIZES.items() if size == _NATIVE}  # full-size images on its website
_MACHINE = "-ac1f6b6435d0"  # ends every id of 2018, and every training id of 2021


def with_hpa_pixel_sizes(collection: Collection) -> Collection:
    """Add the usual pixel size to images of the atlas and of the 2018 and 2021 challenges that have none.

    A field belongs to a challenge if its id is a UUID that ends as all ids of 2018 do, or if its id is a UUID and the
    collection has the layout of a challenge. It belongs to the atlas if the collection has that layout. Fields must be
    square: at 1728, 2048 or 3072 px a pixel is 0.08 µm; at 512 px, the small edition of 2018, mostly 0.32 µm
    (docs/decisions/0040). Only headers are read.
    """
    if collection.unit == "cell" or not collection.channels:
        return collection
    of_challenge, atlas = bool(challenges(collection)), collection.layout == "atlas"
    sizes = _OF_THE_ATLAS if atlas else _SIZES
    widths = {
        field: width
        for field, first in zip(collection.ids, original_ids(collection.fields), strict=True)
        if collection.pixel_size(field) is None
        and (atlas or _is_of_a_challenge(first, known=of_challenge))
        and (width := _width(collection, field)) in sizes
    }
    if not widths:
        return collection
    known = collection.with_pixel_sizes({field: sizes[width] for field, width in widths.items()})
    return replace(known, pixel_size_assumed=True, notes=(*collection.notes, _note(widths)))


def _is_of_a_challenge(field: str, *, known: bool) -> bool:
    name = field.lower()
    return uuid(name) == name and (known or name.endswith(_MACHINE))


def _width(collection: Collection, field: str) -> int | None:
    """The width of a square field; None if it is not square or cannot be read (other checks report that)."""
    if not collection.files(field):
        return None
    try:
        height, width = collection.shape(field)
    except CellocateError:
        return None
    return width if height == width else None


def _note(widths: dict[str, int]) -> str:
    different = sorted(set(widths.values()))
    spans = " or ".join(dict.fromkeys(f"{width * _SIZES[width]:.0f}" for width in different))
    sizes = " or ".join(dict.fromkeys(f"{_SIZES[width]:g}" for width in different))
    fields = "1 field is" if len(widths) == 1 else f"{counted(len(widths), 'field')} are"
    return (
        f"the files record no pixel size: {fields} assumed to span {spans} µm ({sizes} µm per pixel), as most images "
        "of the Human Protein Atlas do (--pixel-size sets another)"
    )
