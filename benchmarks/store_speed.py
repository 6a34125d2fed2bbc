"""What a store brings: fields per second delivered to training, beside the files and beside what others do.

python benchmarks/store_speed.py [FIELDS]

Fields are the real ones named by CELLOCATE_REAL_DATA (512 px, PNG), linked under as many names as are asked for, or
phantoms. All loaders deliver the same: RGBY at the size asked for, one field at a time, on one core; nothing is kept in
memory. Files lie in TMPDIR, whose disk is what is measured.

Where fastai is installed, its loader is timed as well, and with CELLOCATE_CHAMPION=<folder of its src/> the dataset
class of the 2018 champion (https://github.com/CellProfiling/HPA-competition-solutions, bestfitting/src), each as it is.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
import torch
from matplotlib import pyplot
from store_fields import drop_from_cache, originals, repeated
from store_rivals import Read, rivals

from cellocate.collection import Collection, open_collection, pack
from cellocate.images import CHANNELS, Scale
from cellocate.training import load_recipe
from cellocate.training.datasets import FieldDataset

SIZES = (224, 512)
FIELDS = 2000
_SLOW = 300  # fields that the slow loaders are timed on, enough for a rate
_ORIGINALS = 32  # fields of which at least so many are not links to the same files


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else FIELDS
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name, originals() as collection:
        folder = Path(name)
        files = open_collection(repeated(collection, count, folder / "files"))
        _packing(files, folder)
        for size in SIZES:
            _delivering(files, open_collection(folder / f"store{size}"), size, folder)
        _disk(collection, folder, count)


def _packing(files: Collection, folder: Path) -> None:
    """Packing beside decoding alone, both by as many processes as there are cores, started anew.

    On a busy machine the CPU seconds tell more.
    """
    workers = os.cpu_count() or 1
    requests: dict[str, Callable[[], object]] = {"decoding alone": lambda: _decode_all(files, workers)}
    for name, sizes in {**{f"store{size}": (size,) for size in SIZES}, "both": SIZES}.items():
        requests[f"packing at {' and '.join(map(str, sizes))} px"] = partial(pack, files, folder / name, sizes=sizes)
    print(
        f"{len(files)} fields with {workers} processes: fields per second, CPU ms per field, each beside decoding alone"
    )
    first: tuple[float, float] | None = None
    for name, work in requests.items():
        used = _cpu()
        rate = len(files) / _timed(work)
        spent = 1e3 * (_cpu() - used) / len(files)
        first = first or (rate, spent)
        print(f"{name:45}{rate:9.0f}{rate / first[0]:9.2f}{spent:9.1f}{spent / first[1]:9.2f}", flush=True)


def _cpu() -> float:
    """Seconds of processor time of this process and of those that it started and that have ended."""
    return sum(os.times()[:4])


def _decode_all(files: Collection, workers: int) -> None:
    parts = [files.subset(files.ids[start::workers]) for start in range(workers)]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        list(pool.map(_decode, parts))


def _decode(part: Collection) -> None:
    for field in part.ids:
        part.read(field, CHANNELS)


def _delivering(files: Collection, store: Collection, size: int, folder: Path) -> None:
    order = np.random.default_rng(0).permutation(len(files)).tolist()
    from_files, from_store = _dataset(files, size).__getitem__, _dataset(store, size).__getitem__
    ids, pixels = store.ids, [store.read(field, CHANNELS)[0] for field in store.ids[:256]]
    slow: dict[str, Read] = {"(a) pyplot.imread ×4, cv2.resize": lambda i: _by_pyplot(files, i, size)}
    slow |= {"(b) the files, our reader": from_files, **rivals(files, size, folder)}
    quick: dict[str, Read] = {
        "the store": from_store,
        "the store, pixels alone": lambda i: store.read(ids[i], CHANNELS, Scale(size)),
        "bare copy of the pixels in memory": lambda i: pixels[i % len(pixels)].copy(),
    }
    rates = _rates(
        {name: (read, order[:_SLOW]) for name, read in slow.items()} | {n: (r, order) for n, r in quick.items()}
    )
    drop_from_cache(files.folder)
    rates["(b) the files, first pass, cold"] = _rate(from_files, list(range(_ORIGINALS)))  # others are links to these
    drop_from_cache(store.folder)
    rates["the store, first pass, cold"] = _rate(from_store, order)
    print(f"\ndelivered at {size} px RGBY by one core: fields per second, and beside (a)")
    for name, rate in rates.items():
        print(f"{name:45}{rate:9.0f}{rate / next(iter(rates.values())):9.1f}", flush=True)


def _dataset(collection: Collection, size: int) -> FieldDataset:
    recipe = load_recipe("quick", [f"data.size={size}", "data.intensity=depth"])
    dataset = FieldDataset(collection.labelled(), recipe.data, Scale(size))
    dataset.fits = False  # nothing is kept from one pass to the next
    return dataset


def _by_pyplot(files: Collection, i: int, size: int) -> torch.Tensor:
    """As an earlier system read fields: floats by matplotlib, then each channel resized."""
    paths = files.files(files.ids[i])
    planes = [cv2.resize(pyplot.imread(paths[channel]), (size, size)) for channel in CHANNELS]
    return torch.from_numpy(np.stack(planes))


def _rates(loaders: dict[str, tuple[Read, list[int]]]) -> dict[str, float]:
    """The best of three passes of each, in turn: the rest of the machine only ever slows them."""
    rates = dict.fromkeys(loaders, 0.0)
    for _ in range(3):
        for name, (read, order) in loaders.items():
            rates[name] = max(rates[name], _rate(read, order))
    return rates


def _rate(read: Read, order: list[int]) -> float:
    return len(order) / _timed(lambda: [read(i) is None for i in order])


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _disk(collection: Collection, folder: Path, count: int) -> None:
    each = np.mean([sum(p.stat().st_size for p in collection.files(i).values()) for i in collection.ids])
    print("\nMB on disk for 1000 fields")
    print(f"{'the files':45}{each / 1e3:9.0f}")
    for name in (*(f"store{size}" for size in SIZES), "both"):
        size = sum(path.stat().st_size for path in (folder / name).rglob("*") if path.is_file())
        print(f"{name:45}{size / count / 1e3:9.0f}")


if __name__ == "__main__":
    main()
