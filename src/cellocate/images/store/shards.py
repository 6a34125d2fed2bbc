"""Shards: files with a few dozen fields each, in every size, and their index."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from cellocate.files import new_file
from cellocate.images.image_files import Pixels
from cellocate.images.scale import shrink, shrunk_shape

INDEX = "index.npy"

_FIELDS = 64  # per shard: a kill loses little, and a million fields need 16,000 files of each size
_BYTES = 2**28  # limit of a shard


def per_shard(sizes: Sequence[int], channels: int) -> int:
    """Number of fields in a shard, whatever their depth and shape."""
    return int(np.clip(_BYTES // (max(sizes) ** 2 * channels * 2), 1, _FIELDS))


def index_type(sizes: int) -> np.dtype[Any]:
    """A row of the index: shard and offset of a field, its original height and width, and checksums (CRC-32).

    `bits` is 0 for a field that was left out, which happens only in unfinished stores.
    """
    numbers = [("shard", "<u4"), ("bits", "u1"), ("height", "<u4"), ("width", "<u4")]
    return np.dtype([*numbers, ("offset", "<u8", (sizes,)), ("checksum", "<u4", (sizes,))])


def write_shard(folder: Path, number: int, sizes: Sequence[int], fields: Iterable[Pixels | None]) -> NDArray[Any]:
    """Write one shard in every size, each file completely or not at all.

    Args:
        folder: folder of the store.
        number: number of the shard.
        sizes: px of the longer side.
        fields: shape (C, H, W); None for a field that is left out. One is in memory at a time.

    Returns:
        A row of the index for each field.
    """
    rows = []
    with ExitStack() as stack:
        files = [stack.enter_context(_opened(shard_path(folder, size, number))) for size in sizes]
        for field in fields:
            row = np.zeros((), index_type(len(sizes)))
            row["shard"] = number
            if field is not None:
                row["bits"], row["height"], row["width"] = field.itemsize * 8, *field.shape[1:]
                for i, (size, file) in enumerate(zip(sizes, files, strict=True)):
                    content = _content(shrink(field, size))
                    row["offset"][i] = file.tell()
                    row["checksum"][i] = zlib.crc32(content)
                    file.write(content)
            rows.append(row)
    return np.array(rows, index_type(len(sizes)))


def is_whole(folder: Path, sizes: Sequence[int], channels: int, rows: NDArray[Any]) -> bool:
    """Whether the files of a shard match its rows of the index."""
    try:
        return all(_holds(folder, size, i, channels, rows) for i, size in enumerate(sizes))
    except OSError:
        return False


def stored_shape(row: Any, size: int, channels: int) -> tuple[int, int, int]:  # noqa: ANN401 # a row of the index
    """The shape of a field at one size, (C, H, W)."""
    return (channels, *shrunk_shape(int(row["height"]), int(row["width"]), size))


def stored_type(row: Any) -> np.dtype[Any]:  # noqa: ANN401 # a row of the index
    """The type of a field's pixels."""
    return np.dtype(f"<u{row['bits'] // 8}")


def stored_bytes(row: Any, size: int, channels: int) -> int:  # noqa: ANN401 # a row of the index
    """The length of a field at one size."""
    return int(np.prod(stored_shape(row, size, channels))) * stored_type(row).itemsize


def shard_path(folder: Path | str, size: int, number: int) -> Path:
    """The file of a shard at one size."""
    return Path(folder, str(size), f"{number:05}.bin")


def _holds(folder: Path, size: int, i: int, channels: int, rows: NDArray[Any]) -> bool:
    with shard_path(folder, size, int(rows["shard"][0])).open("rb") as file:
        for row in rows[rows["bits"] > 0]:
            content = file.read(stored_bytes(row, size, channels))
            if zlib.crc32(content) != row["checksum"][i]:
                return False
        return not file.read(1)


def _content(field: NDArray[Any]) -> memoryview:
    return np.ascontiguousarray(field, field.dtype.newbyteorder("<")).data.cast("B")


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    with new_file(path) as aside, aside.open("wb") as file:
        yield file
