"""What weak to strong costs: seconds for each field on one core, from files to written cells, and peak memory.

python benchmarks/weak_to_strong.py [FIELDS]

Fields are the 2048 px ones of 2021 named by CELLOCATE_REAL_DATA, linked under as many names as are asked for, or
phantoms of 2048 px. A course project on the 2021 challenge needed about 16 s a field, with a graphics card.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2

from cellocate import phantom
from cellocate.cells.conversion import convert
from cellocate.cells.crops import CropSettings, crops
from cellocate.cells.cutting import CellPlan
from cellocate.cells.describe import describe_cells, describe_field
from cellocate.cells.masks import write_labels
from cellocate.cells.segmentation import segment
from cellocate.collection import Collection, open_collection
from cellocate.images.store import write_shard

FIELDS = 12
PIXEL_SIZE = 0.08  # µm


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else FIELDS
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fields = _fields(folder / "fields", count)
        _by_step(fields, folder)
        _as_a_whole(folder, count)


def _fields(folder: Path, count: int) -> Collection:
    """The fields, linked under new names until they are enough."""
    place = os.environ.get("CELLOCATE_REAL_DATA")
    if place is None:
        phantom.simulate(folder, fields=count, size=2048, seed=0, workers=1)
        return open_collection(folder)
    real = open_collection(Path(place) / "kaggle2021")
    folder.mkdir()
    for number in range(count):
        for channel, file in real.files(real.ids[number % len(real)]).items():
            (folder / f"field{number:03}_{channel}.png").symlink_to(file)
    return open_collection(folder, pixel_size=PIXEL_SIZE)


def _by_step(fields: Collection, folder: Path) -> None:
    spent: dict[str, float] = defaultdict(float)

    @contextmanager
    def timed(step: str) -> Iterator[None]:
        begun = time.process_time()
        yield
        spent[step] += time.process_time() - begun

    cells, square = 0, CropSettings()
    for number, field in enumerate(fields.ids):
        with timed("decode"):
            pixels, pixel_size = fields.read(field, fields.channels)
        with timed("segment"):
            found = segment(pixels, fields.channels, pixel_size)
        with timed("write masks"):
            write_labels(folder / "nuclei.png", found.nuclei)
            write_labels(folder / "cells.png", found.cells)
        with timed("cut and write cells"):
            cut = (crop.pixels for crop in crops(pixels, found.cells, found.nuclei, found.pixel_size, square))
            cells += len(write_shard(folder / "cut", number, (square.size,), cut))
        with timed("measure"):
            describe_cells(pixels, fields.channels, found)
            describe_field(pixels, fields.channels, fields.files(field), found.pixel_size)
    print(f"{len(fields)} fields, {cells} cells; CPU seconds for each field:")
    for step, seconds in spent.items():
        print(f"{step:>20} {seconds / len(fields):.3f}")
    print(f"{'all':>20} {sum(spent.values()) / len(fields):.3f}")


def _as_a_whole(folder: Path, count: int) -> None:
    """The conversion as the command does it, in a process of its own for its memory."""
    begun = time.perf_counter()
    code = "import sys; sys.path.insert(0, sys.argv[1]); import weak_to_strong as b; b.whole(sys.argv[2])"
    command = [sys.executable, "-c", code, str(Path(__file__).parent), str(folder)]
    subprocess.run(command, check=True)
    print(f"{'wall, one process':>20} {(time.perf_counter() - begun) / count:.3f} (with its start)")


def whole(folder: str) -> None:
    """Convert the fields in a folder, and print what it took."""
    cv2.setNumThreads(1)
    fields = open_collection(Path(folder) / "fields", pixel_size=PIXEL_SIZE)
    before = _peak()
    convert(fields, CellPlan(Path(folder) / "out", fields.channels, CropSettings(), None, segment), workers=1)
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(f"{'CPU, as a whole':>20} {(used.ru_utime + used.ru_stime) / len(fields):.3f} (with its start)")
    print(f"{'peak memory':>20} {_peak():.2f} GiB ({before:.2f} before the first field)")


def _peak() -> float:
    """GiB that this process ever held (Linux; its own, where resource's also counts the parent's)."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 2**20


if __name__ == "__main__":
    main()
