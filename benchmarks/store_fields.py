"""What the benchmarks of the store share: real fields (or phantoms) repeated to any number, and cold files."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cellocate import phantom
from cellocate.collection import Collection, open_collection
from cellocate.images import CHANNELS, read_field, resize

_REAL = Path(os.environ.get("CELLOCATE_REAL_DATA", "")) / "kaggle2018"
_PHANTOMS = 32


@contextmanager
def originals() -> Iterator[Collection]:
    """The 65 real fields of 512 px where they are at hand; phantoms of that size elsewhere."""
    if "CELLOCATE_REAL_DATA" in os.environ:
        yield open_collection(_REAL)
        return
    with tempfile.TemporaryDirectory() as folder:
        phantom.simulate(Path(folder) / "phantoms", fields=_PHANTOMS, size=512)
        yield open_collection(Path(folder) / "phantoms")


def fields_of(size: int, count: int) -> Iterator[NDArray[np.uint8]]:
    """`count` fields RGBY, shape (4, size, size), uint8; each a copy of its own."""
    with originals() as collection:
        fields = [read_field(collection.files(i), CHANNELS) for i in collection.ids[:count]]
    scaled = [np.rint(resize(field, size, size)).astype(np.uint8) for field in fields]
    return (scaled[i % len(scaled)].copy() for i in range(count))


def repeated(collection: Collection, count: int, folder: Path) -> Path:
    """A folder of links to the files of a collection, each field under as many names as make `count`; labelled."""
    rows = ["Id,Target"]
    (folder / "train").mkdir(parents=True)
    for i in range(count):
        field = collection.ids[i % len(collection)]
        for channel, path in collection.files(field).items():
            (folder / "train" / f"field{i:07}_{channel}{path.suffix}").symlink_to(path.resolve())
        rows.append(f"field{i:07},{' '.join(map(str, collection.fields['labels'][field]))}")
    (folder / "train.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


def drop_from_cache(folder: Path) -> None:
    """Have the system forget the pages of every file, so that the next to read them waits for the disk."""
    for path in folder.rglob("*"):
        if path.is_file():
            file = os.open(path, os.O_RDONLY)
            os.fsync(file)
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(file)
