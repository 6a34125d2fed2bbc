"""Which format a store should have: the same fields as plain files, zarr shards, LMDB and Arrow, side by side.

python benchmarks/store_formats.py [FIELDS]

Formats whose library is absent are left out: zarr, lmdb and pyarrow are no dependencies of cellocate. Fields are the
real ones named by CELLOCATE_REAL_DATA, over and over, or phantoms. Files lie in TMPDIR, whose disk is what is measured.
"""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from store_fields import drop_from_cache, fields_of

Field = NDArray[np.uint8]
Reader = Callable[[int], Field]
Codec = Callable[[bytes], bytes]

SHARD = 64  # fields in one file or batch
SIZES = (224, 512)


def plain(folder: Path, fields: Sequence[Field], encode: Codec | None = None) -> None:
    """Shards of one field after the other, with the place of each in an array."""
    places = []
    for shard in range(0, len(fields), SHARD):
        with (folder / f"{shard // SHARD:05}.bin").open("wb") as file:
            for field in fields[shard : shard + SHARD]:
                content = field.tobytes() if encode is None else encode(field.tobytes())
                places.append((shard // SHARD, file.tell(), len(content)))
                file.write(content)
    np.save(folder / "places.npy", places)


def read_plain(folder: Path, shape: tuple[int, ...], decode: Codec | None = None) -> Reader:
    """Open the shard, read and close it: no state at all."""
    places = np.load(folder / "places.npy")

    def read(i: int) -> Field:
        shard, offset, length = places[i].tolist()
        with open(f"{folder}/{shard:05}.bin", "rb", buffering=0) as file:  # noqa: PTH123 # what is timed
            file.seek(offset)
            if decode is not None:
                return np.frombuffer(decode(file.read(length)), np.uint8).reshape(shape)
            field = np.empty(shape, np.uint8)
            file.readinto(field.data)
        return field

    return read


def read_mapped(folder: Path, shape: tuple[int, ...]) -> Reader:
    """Every shard mapped into memory; a field is copied out, as batches copy it."""
    maps = [np.memmap(path, np.uint8, "r").reshape(-1, *shape) for path in sorted(folder.glob("*.bin"))]
    return lambda i: np.array(maps[i // SHARD][i % SHARD])


def zarr_(codec: str | None) -> Callable[[Path, Sequence[Field]], None]:
    """One sharded array of zarr v3, a chunk for each field."""

    def write(folder: Path, fields: Sequence[Field]) -> None:
        zarr, codecs = importlib.import_module("zarr"), importlib.import_module("zarr.codecs")
        compressor = {None: None, "zstd": codecs.ZstdCodec(level=1), "lz4": codecs.BloscCodec(cname="lz4")}[codec]
        shape = fields[0].shape
        array = zarr.create_array(
            folder / "fields",
            shape=(len(fields), *shape),
            shards=(SHARD, *shape),
            chunks=(1, *shape),
            dtype="uint8",
            compressors=compressor,
        )
        for start in range(0, len(fields), SHARD):
            array[start : start + SHARD] = np.stack(fields[start : start + SHARD])

    return write


def read_zarr(folder: Path, _: tuple[int, ...]) -> Reader:
    array = importlib.import_module("zarr").open_array(folder / "fields", mode="r")
    return lambda i: np.asarray(array[i])


def lmdb_(folder: Path, fields: Sequence[Field]) -> None:
    with importlib.import_module("lmdb").open(str(folder / "lmdb"), map_size=2**40) as base:
        for start in range(0, len(fields), SHARD):
            with base.begin(write=True) as transaction:
                for i, field in enumerate(fields[start : start + SHARD], start):
                    transaction.put(b"%08d" % i, field.tobytes())


def read_lmdb(folder: Path, shape: tuple[int, ...]) -> Reader:
    lmdb = importlib.import_module("lmdb")
    base = lmdb.open(str(folder / "lmdb"), readonly=True, lock=False, readahead=False)
    transaction = base.begin(buffers=True)
    return lambda i: np.array(np.frombuffer(transaction.get(b"%08d" % i), np.uint8).reshape(shape))


def arrow(folder: Path, fields: Sequence[Field]) -> None:
    pa = importlib.import_module("pyarrow")
    kind = pa.binary(fields[0].nbytes)
    with pa.OSFile(str(folder / "fields.arrow"), "wb") as sink:
        writer = pa.ipc.new_file(sink, pa.schema([("pixels", kind)]))
        for start in range(0, len(fields), SHARD):
            column = pa.array([f.tobytes() for f in fields[start : start + SHARD]], kind)
            writer.write_batch(pa.record_batch([column], names=["pixels"]))
        writer.close()


def read_arrow(folder: Path, shape: tuple[int, ...]) -> Reader:
    pa = importlib.import_module("pyarrow")
    file = pa.ipc.open_file(pa.memory_map(str(folder / "fields.arrow")))
    columns = [file.get_batch(i).column(0) for i in range(file.num_record_batches)]
    return lambda i: np.array(np.frombuffer(columns[i // SHARD][i % SHARD].as_buffer(), np.uint8).reshape(shape))


def _plain(encode: Any, decode: Any) -> tuple[Any, Any]:  # noqa: ANN401 # codecs of a library without types
    return lambda folder, fields: plain(folder, fields, encode), lambda folder, shape: read_plain(folder, shape, decode)


FORMATS: dict[str, tuple[str | None, Any, Any]] = {
    "plain files, read": (None, plain, read_plain),
    "plain files, mapped": (None, plain, read_mapped),
    "plain files, LZ4": (None, *_plain(imagecodecs.lz4_encode, imagecodecs.lz4_decode)),
    "plain files, Zstandard": (None, *_plain(lambda b: imagecodecs.zstd_encode(b, 1), imagecodecs.zstd_decode)),
    "zarr v3 shards": ("zarr", zarr_(None), read_zarr),
    "zarr v3 shards, LZ4": ("zarr", zarr_("lz4"), read_zarr),
    "zarr v3 shards, Zstandard": ("zarr", zarr_("zstd"), read_zarr),
    "LMDB": ("lmdb", lmdb_, read_lmdb),
    "Arrow IPC": ("pyarrow", arrow, read_arrow),
}


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1024
    for size in SIZES:
        fields = list(fields_of(size, count))
        print(f"\n{count} fields RGBY of {size} px, {fields[0].nbytes / 1e6:.2f} MB each; one core, fields per second")
        print(f"{'':27}{'written':>9}{'cold':>9}{'warm':>9}{'MB on disk':>12}")
        for name, (library, write, read) in FORMATS.items():
            if library is None or _installed(library):
                figures = _measure(fields, write, read)
                print(f"{name:27}" + "".join(f"{f:9.0f}" for f in figures[:3]) + f"{figures[3]:12.0f}", flush=True)
            else:
                print(f"{name:27}  ({library} is not installed)")
        print(f"{'copy in memory':27}{'':18}{_copies(fields):9.0f}")


def _measure(fields: list[Field], write: Any, read: Any) -> tuple[float, float, float, float]:  # noqa: ANN401
    order = np.random.default_rng(0).permutation(len(fields)).tolist()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        began = time.perf_counter()
        write(folder, fields)
        _synced(folder)
        written = len(fields) / (time.perf_counter() - began)
        drop_from_cache(folder)
        cold = _rate(read(folder, fields[0].shape), order)
        reader = read(folder, fields[0].shape)
        warm = max(_rate(reader, order) for _ in range(3))
        assert all(np.array_equal(reader(i), fields[i]) for i in order[:5])
        size = sum(path.stat().st_blocks * 512 for path in _files(folder)) / 1e6
    return written, cold, warm, size


def _rate(read: Reader, order: list[int]) -> float:
    began = time.perf_counter()
    for i in order:
        read(i)
    return len(order) / (time.perf_counter() - began)


def _copies(fields: list[Field]) -> float:
    return max(_rate(lambda i: fields[i].copy(), list(range(len(fields)))) for _ in range(3))


def _synced(folder: Path) -> None:
    for path in _files(folder):
        with path.open("rb+") as file:
            os.fsync(file.fileno())


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _installed(library: str) -> bool:
    try:
        importlib.import_module(library)
    except ImportError:
        return False
    return True


if __name__ == "__main__":
    main()
