"""Check the files of one field: whether they belong together, and what their pixels show."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cellocate.collection.depth_inference import Evidence
from cellocate.collection.duplicates import HASHED, fingerprint, hash_thumbnail
from cellocate.collection.emptiness import emptiness_note
from cellocate.collection.image_quality import (
    FOCUS_CHANNELS,
    SATURATED_SHARE,
    SWAPPED,
    above_floor,
    compactness,
    is_blank,
    saturated_share,
    sharpness,
    thumbnail,
)
from cellocate.errors import CellocateError
from cellocate.images import Pixels, read_header
from cellocate.images.address import Address
from cellocate.images.bit_depth import SIGNED, darkest, without_offset
from cellocate.images.field_pixels import differing
from cellocate.images.read_stacks import absent_chunks

_NUCLEI = "blue"


class ImageFacts(NamedTuple):
    """Facts about the files of a field; those after `depth` are known only if the pixels were decoded.

    Args:
        height: px.
        width: px.
        depth: bits.
        fingerprint: digest of the pixels, and perceptual hashes of red, green and blue (see `duplicates`).
        blank: names of the blank channels, separated by spaces.
        saturated: names of the channels with too many pixels at the largest value, separated by spaces.
        sharpness: of the channel that shows focus best; nan without one.
        smallest_file: bytes.
        largest_file: bytes.
        absent: how many chunks an OME-Zarr image lacks, such as "3 of 12, read as 0".
        note: why the field shows nothing, or nothing reliable, about the protein (see `emptiness`).
        swapped: names of the landmarks that are more compact than the nuclei, separated by spaces.
        seen: what the pixels show about their bit depth.
    """

    height: int
    width: int
    depth: int
    fingerprint: str = ""
    blank: str = ""
    saturated: str = ""
    sharpness: float = float("nan")
    smallest_file: int = 0
    largest_file: int = 0
    absent: str = ""
    note: str = ""
    swapped: str = ""
    seen: Evidence | None = None


def required_files(files: dict[str, Path], channels: Sequence[str], folder: Path) -> dict[str, Path]:
    """The files of these channels.

    Raises:
        CellocateError: one is missing.
    """
    if not files:
        raise CellocateError("a row without image files", where=folder, mend="Add the files, or remove the row.")
    lacking = [channel for channel in channels if channel not in files]
    if lacking:
        what, where = f"the {' and '.join(lacking)} file is missing", f"next to {next(iter(files.values()))}"
        raise CellocateError(what, where=where, mend="Restore it, or leave the field out.")
    return {channel: files[channel] for channel in channels}


def facts_of_headers(files: Mapping[str, Path]) -> ImageFacts:
    """Read height, width and depth from the headers.

    Raises:
        CellocateError: a file cannot be read, or they differ in size or depth.
    """
    headers = {path: read_header(path) for path in files.values()}
    first = next(iter(headers.values()))
    for path, header in headers.items():
        if header[:2] != first[:2]:
            sizes = f"{header.width}×{header.height} and {first.width}×{first.height} px"
            raise differing("size", sizes, path)
        if header.depth != first.depth:
            raise differing("depth", f"{header.depth} and {first.depth} bits", path)
    return ImageFacts(*first)


def facts_of_pixels(
    pixels: Pixels, files: Mapping[str, Path], pixel_size: float | None = None, seen: Evidence | None = None
) -> ImageFacts:
    """All facts about the files of a field.

    Args:
        pixels: shape (C, H, W), as stored in the files.
        files: the file of each channel, in the same order.
        pixel_size: µm per px.
        seen: what the pixels show about their bit depth.
    """
    counts = without_offset(pixels, SIGNED) if darkest(pixels) >= SIGNED else pixels
    planes = dict(zip(files, counts, strict=True))
    contrasts = dict(zip(files, above_floor(counts), strict=True))
    digest = hashlib.blake2b(np.ascontiguousarray(pixels).data, digest_size=16)
    digest.update(repr((pixels.shape, tuple(files))).encode())
    small = {channel: thumbnail(plane) for channel, plane in contrasts.items()}
    blank = [channel for channel, plane in contrasts.items() if is_blank(plane, small[channel])]
    hashes = [hash_thumbnail(small[c]) if c in small and c not in blank else 0 for c in HASHED]
    landmark = next((channel for channel in FOCUS_CHANNELS if channel in planes), None)
    bytes_ = file_sizes(files)
    compact = {c: compactness(planes[c]) for c in (*FOCUS_CHANNELS, _NUCLEI) if c in planes and c not in blank}
    return ImageFacts(
        height=pixels.shape[1],
        width=pixels.shape[2],
        depth=pixels.itemsize * 8,
        fingerprint=fingerprint(digest.hexdigest(), hashes),
        blank=" ".join(blank),
        saturated=" ".join(c for c, plane in planes.items() if saturated_share(plane) > SATURATED_SHARE),
        sharpness=float("nan") if landmark is None else sharpness(planes[landmark], pixel_size),
        smallest_file=min(bytes_, default=0),
        largest_file=max(bytes_, default=0),
        absent=next(filter(None, map(absent_chunks, _images(files))), ""),
        note=emptiness_note(planes, pixel_size),
        swapped=" ".join(c for c, own in compact.items() if own > compact.get(_NUCLEI, 1) + SWAPPED),
        seen=seen,
    )


def file_sizes(files: Mapping[str, Path]) -> list[int]:
    """The size of each distinct file of a field in bytes; none for fields in a store."""
    found = []
    for file in dict.fromkeys(address.file for address in _images(files)):
        with suppress(OSError):
            found.append(file.stat().st_size)
    return found


def _images(files: Mapping[str, Path]) -> list[Address]:
    """Each image, or time point of an image, once; several channels may be in one stack."""
    addresses = map(Address.parse, files.values())
    return list(dict.fromkeys(Address(a.file, series=a.series, time=a.time) for a in addresses))
