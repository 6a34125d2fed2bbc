"""Read fields of a store by number, from any number of threads and processes."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellocate.files import sha256
from cellocate.images.image_files import ImageHeader, Pixels
from cellocate.images.store.shards import INDEX, index_type, shard_path, stored_shape, stored_type
from cellocate.images.store.store_json import altered, read_card

_ROW = "::row="


class Store:
    """A finished store; fields are read by number. Each read opens its file, so that nothing is shared or left open.

    Args:
        folder: folder of the store.

    Raises:
        CellocateError: it is no finished store, or of a later version of cellocate.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.card = folder, read_card(folder)
        try:
            self.index: NDArray[Any] = np.load(folder / INDEX, mmap_mode="r")
        except Exception:  # noqa: BLE001 # a damaged header can break numpy's parser in many ways
            raise altered(folder / INDEX) from None
        if self.index.dtype != index_type(len(self.card.sizes)) or self.index.shape != (self.card.fields,):
            raise altered(folder / INDEX)

    def header(self, row: int) -> ImageHeader:
        """Height, width and depth of a field at its largest size."""
        entry = self.index[row]
        _, height, width = stored_shape(entry, self.card.sizes[-1], 1)
        return ImageHeader(height, width, int(entry["bits"]))

    def read(self, row: int, channels: Sequence[str], side: int | None = None) -> Pixels:
        """Read the pixels of a field.

        Args:
            row: its number.
            channels: channels to read, in this order.
            side: needed px of the longer side: the smallest sufficient size is read, or else (and by default) the
                largest.

        Returns:
            Shape (C, H, W), uint8 or uint16.

        Raises:
            CellocateError: the file is missing or cut short.
        """
        entry = self.index[row]
        last = len(self.card.sizes) - 1
        enough = (i for i, s in enumerate(self.card.sizes) if side and max(stored_shape(entry, s, 1)[1:]) >= side)
        return self._read(entry, next(enough, last), channels)

    def verify(self, row: int) -> None:
        """Compare a field in every size with its checksum.

        Raises:
            CellocateError: it was altered.
        """
        entry = self.index[row]
        for i, size in enumerate(self.card.sizes):
            content = np.ascontiguousarray(self._read(entry, i, self.card.channels), stored_type(entry))
            if zlib.crc32(content.data) != entry["checksum"][i]:
                raise altered(shard_path(self.folder, size, int(entry["shard"])))

    def check_complete(self) -> None:
        """Check the checksums of the tables and the lengths of all files.

        Raises:
            CellocateError: one is wrong.
        """
        for name, checksum in self.card.tables.items():
            if not (self.folder / name).is_file() or sha256(self.folder / name) != checksum:
                raise altered(self.folder / name)
        lasts = np.flatnonzero(np.diff(self.index["shard"], append=-1))
        for entry in self.index[lasts]:
            for i, size in enumerate(self.card.sizes):
                path = shard_path(self.folder, size, int(entry["shard"]))
                length = np.prod(stored_shape(entry, size, len(self.card.channels))) * stored_type(entry).itemsize
                if not path.is_file() or path.stat().st_size != entry["offset"][i] + length:
                    raise altered(path)

    def _read(self, entry: Any, i: int, channels: Sequence[str]) -> Pixels:  # noqa: ANN401 # a row of the index
        size, own = self.card.sizes[i], self.card.channels
        pixels: Pixels = np.empty(stored_shape(entry, size, len(channels)), stored_type(entry))
        path, offset = shard_path(self.folder, size, int(entry["shard"])), int(entry["offset"][i])
        try:
            with path.open("rb") as file:
                for plane, channel in zip(pixels, channels, strict=True):
                    file.seek(offset + own.index(channel) * plane.nbytes)
                    if file.readinto(plane.data.cast("B")) != plane.nbytes:
                        raise altered(path)
        except FileNotFoundError:
            raise altered(path) from None
        return pixels.astype(pixels.dtype.newbyteorder("="), copy=False)  # type: ignore[return-value] # still so


@lru_cache(maxsize=16)
def open_store(folder: str) -> Store:
    """Open the store in a folder, once in each process."""
    return Store(Path(folder))


def place(folder: Path, row: int) -> str:
    """The entry for a field of a store in the file columns of a table of fields."""
    return f"{folder}{_ROW}{row}"


def in_store(files: Mapping[str, str | Path]) -> tuple[Store, int] | None:
    """The store and number of a field, if its files are entries of a store; None otherwise."""
    folder, _, row = str(next(iter(files.values()), "")).rpartition(_ROW)
    return (open_store(folder), int(row)) if folder and row.isdecimal() else None
