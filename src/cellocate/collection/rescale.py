"""Rescale the images of a collection to another pixel size."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from cellocate.collection.collection import Collection
from cellocate.errors import CellocateError
from cellocate.images import Pixels, resize, write_png
from cellocate.images.bit_depth import check_counts
from cellocate.images.scale import check_pixel_size

_LARGEST_ENLARGEMENT = 4.0  # larger files would hold nothing that the microscope saw
_SMALLEST_SIDE = 16  # px of the longer side that must be left


def rescale(
    collection: Collection, pixel_size: float, folder: Path, progress: Callable[[int], object] | None = None
) -> Collection:
    """Write every field at `pixel_size` as `<id>_<channel>.png` into `folder`, in its own depth.

    Args:
        collection: its pixel sizes and depth are known.
        pixel_size: µm per px of the new files.
        folder: created if it does not exist.
        progress: called with 1 after each field.

    Returns:
        The collection of the new files.

    Raises:
        CellocateError: a pixel size is unknown or too far from the new one, an id cannot be a file name, or an image
            cannot be read.
    """
    check_pixel_size(pixel_size)
    for field in collection.ids:
        check_file_name(field)
        _check_factor(field, collection.pixel_size(field), pixel_size)
    folder.mkdir(parents=True, exist_ok=True)

    def work(field: str) -> dict[str, str]:
        files = collection.files(field)
        counts, own = collection.read_counts(field, tuple(files))
        check_counts(counts, collection.bits(field))
        factor = (own or pixel_size) / pixel_size
        scaled = _scaled(counts, factor, field)
        paths = {channel: folder / f"{field}_{channel}.png" for channel in files}
        for path, plane in zip(paths.values(), scaled, strict=True):
            write_png(path, plane)
        if progress is not None:
            progress(1)
        return {channel: str(path) for channel, path in paths.items()}

    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        try:
            written = list(pool.map(work, collection.ids))
        except BaseException:  # including Ctrl-C: cancel what has not started
            pool.shutdown(cancel_futures=True)
            raise
    fields = collection.fields.assign(pixel_size=pixel_size).drop(columns="camera_offset", errors="ignore")
    for channel in collection.channels:
        fields[channel] = [files.get(channel) for files in written]
    return replace(collection, fields=fields)


def _scaled(pixels: Pixels, factor: float, field: str) -> Pixels:
    height, width = (max(1, round(side * factor)) for side in pixels.shape[1:])
    if max(height, width) < _SMALLEST_SIDE:
        raise CellocateError(f"{field} would become too small ({width}×{height} px)", mend="Ask for smaller pixels.")
    scaled = resize(pixels, height, width).round()  # resizing does not leave the range of the depth
    return scaled.astype(np.uint8) if pixels.dtype == np.uint8 else scaled.astype(np.uint16)


def check_file_name(field: str) -> None:
    """Raise a `CellocateError` if an id cannot be a file name."""
    if not field or Path(field).is_absolute() or ".." in Path(field).parts or "\0" in field:
        raise CellocateError(f"the id {field!r} cannot be a file name", mend="Rename it in the table.")


def _check_factor(field: str, known: float | None, wanted: float) -> None:
    if known is None:
        mend = "Add a column pixel_size, or give --pixel-size for all."
        raise CellocateError(f"the pixel size of {field} is not known", mend=mend)
    if known / wanted > _LARGEST_ENLARGEMENT:
        what = f"{field} would be enlarged {known / wanted:.3g} times, from {known:g} to {wanted:g} µm per px"
        raise CellocateError(what, mend=f"Ask for {known / _LARGEST_ENLARGEMENT:g} µm or more.")
