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
from cellocate.images.image_files import Header, Pixels
from cellocate.images.store.shards import INDEX, index_type, shard_path, stored_shape, stored_type
from cellocate.images.store.store_json import altered, read_card

_ROW = "::row="


class Store:
    """Fields by number. A file is opened for each read, so that there is nothing to share and nothing to close.

    Args:
        folder: of a finished store.

    Raises:
        CellocateError: it is none, or of a later version of cellocate.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.card = folder, read_card(folder)
        try:
            self.index: NDArray[Any] = np.load(folder / INDEX, mmap_mode="r")
        except Exception:  # noqa: BLE001 # a damaged header can break numpy's parser in many ways
            raise altered(folder / INDEX) from None
        if self.index.dtype != index_type(len(self.card.sizes)) or self.index.shape != (self.card.fields,):
            raise altered(folder / INDEX)

    def header(self, row: int) -> Header:
        """Height, width and depth of a field at its largest."""
        entry = self.index[row]
        _, height, width = stored_shape(entry, self.card.sizes[-1], 1)
        return Header(height, width, int(entry["bits"]))

    def read(self, row: int, channels: Sequence[str], side: int | None = None) -> Pixels:
        """The pixels of a field.

        Args:
            row: its number.
            channels: which to read, in the order wanted.
            side: px of the longer side that are needed: the smallest size that has them is read, or else the largest,
                as it is where nothing is said.

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
        """See that a field is, in every size, what was packed.

        Raises:
            CellocateError: it is not.
        """
        entry = self.index[row]
        for i, size in enumerate(self.card.sizes):
            content = np.ascontiguousarray(self._read(entry, i, self.card.channels), stored_type(entry))
            if zlib.crc32(content.data) != entry["checksum"][i]:
                raise altered(shard_path(self.folder, size, int(entry["shard"])))

    def check_complete(self) -> None:
        """See that the tables are as they were written, and that every file is as long as it should be.

        Raises:
            CellocateError: one is not.
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
    """The store in a folder, opened once in each process."""
    return Store(Path(folder))


def place(folder: Path, row: int) -> str:
    """What stands in a table of fields for the files of a field that lies in a store."""
    return f"{folder}{_ROW}{row}"


def in_store(files: Mapping[str, str | Path]) -> tuple[Store, int] | None:
    """The store and the number in it, where a field's files are a place in a store; or else None."""
    folder, _, row = str(next(iter(files.values()), "")).rpartition(_ROW)
    return (open_store(folder), int(row)) if folder and row.isdecimal() else None
