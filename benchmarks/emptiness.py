"""How far real channels, phantoms and mere noise stand out from noise, and what is said of each (decision 0039).

python benchmarks/emptiness.py ../shared/data
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cellocate.cells.flags import protein_flags
from cellocate.cells.segmentation import segment
from cellocate.collection import open_collection
from cellocate.collection.emptiness import ALIKE, correlation, emptiness_note
from cellocate.images import CHANNELS, FIELD_SPAN
from cellocate.images.signal import CLEAR, signal_of
from cellocate.phantom import simulate_field

Image = NDArray[Any]

REAL = {"kaggle2018": 0.32, "kaggle2021": 0.08, "hpa_web": 0.08, "collages": None}  # µm per px, where it is known
SIDES = (64, 128, 256, 512)
BLEEDING = ((0.3, 3), (0.15, 3), (0.08, 1), (0.08, 3))  # share of the light of red, and noise in grey levels
OFFSET, READ_NOISE = 100, 6  # counts of a 12-bit camera


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("../shared/data"))
    folder = parser.parse_args().folder
    for side in (64, 128, 512, 1024, 2048):
        peaks = [signal_of(plane).peak() for plane in _noises(side)]
        print(f"noise of {side} px: the brightest thousandth stands out by {min(peaks):.1f} to {max(peaks):.1f}")
    for size in SIDES:
        _phantoms(size)
    for name, pixel_size in REAL.items():
        if (folder / name).is_dir():
            _real(folder / name, pixel_size)


def _noises(side: int) -> Iterator[Image]:
    rng = np.random.default_rng(side)
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    yield from (rng.poisson(mean, (side, side)).astype(np.uint8) for mean in (0.3, 3, 30))
    yield rng.normal(1600, 80, (side, side)).astype(np.uint16)
    yield rng.normal(1600 * (1 + 0.15 * x - 0.1 * y - 0.2 * x * x), 80).astype(np.uint16)
    photons = rng.poisson(6, (side, side)).astype(np.uint8)
    yield np.asarray(cv2.imdecode(cv2.imencode(".jpg", photons, [cv2.IMWRITE_JPEG_QUALITY, 85])[1], 0), np.uint8)


def _phantoms(size: int) -> None:
    """Fields of each location: as they are, without their protein, with a copy in its place, and dimmed."""
    said: dict[str, Counter[str]] = defaultdict(Counter)
    rng = np.random.default_rng(size)
    for location in range(28):
        field = simulate_field([location], size=size, seed=(11, location)).channels
        planes = dict(zip(CHANNELS, field, strict=True))
        copy = planes["red"] * 0.4 + rng.normal(2, 1, (size, size))
        instead = {
            "as they are": planes["green"],
            "noise": rng.poisson(2, (size, size)).astype(np.uint8),
            "a copy": np.clip(copy, 0, 255).astype(np.uint8),
        }
        for times in (5, 10, 20):
            dim = rng.normal(OFFSET + planes["green"] / 255 * 4095 / times, READ_NOISE)
            instead[f"12 bits, 1/{times}"] = np.maximum(dim, 0).astype(np.uint16)
            instead[f"8 bits, 1/{times}"] = planes["green"] // times
        for kind, green in instead.items():
            said[kind][emptiness_note(planes | {"green": green}, FIELD_SPAN / size) or "sound"] += 1
    for kind, notes in said.items():
        print(f"phantoms of {size} px, {kind}: {dict(notes)}")


def _real(folder: Path, pixel_size: float | None) -> None:
    collection = open_collection(folder, vocabulary="hpa28" if pixel_size is None else None)
    peaks: dict[str, list[float]] = defaultdict(list)
    notes: Counter[str] = Counter()
    alike, of_cells, cells, silent = list[float](), list[float](), 0, Counter[str]()
    faint, rng = Counter[tuple[float, int]](), np.random.default_rng(0)
    for field in collection.ids:
        channels = [channel for channel in CHANNELS if channel in collection.files(field)]
        pixels, _ = collection.read(field, channels)
        signals = {channel: signal_of(plane) for channel, plane in zip(channels, pixels, strict=True)}
        for channel, signal in signals.items():
            peaks[channel].append(signal.peak())
        alike += [correlation(signals["green"], signals[c]) for c in channels if c != "green"]
        red = pixels[channels.index("red")].astype(float) * (255 / np.iinfo(pixels.dtype).max)
        for share, noise in BLEEDING:
            copy = np.clip(np.round(red * share + 6 + rng.normal(0, noise, red.shape)), 0, 255).astype(np.uint8)
            faint[share, noise] += correlation(signal_of(copy), signals["red"]) >= ALIKE
        if pixel_size is None:  # a collage: each of its cells by itself
            squares = [pixels[:, y : y + 512, x : x + 512] for y in range(0, 1536, 512) for x in range(0, 1536, 512)]
            for square in squares:
                own = {channel: signal_of(plane) for channel, plane in zip(channels, square, strict=True)}
                of_cells += [correlation(own["green"], own[c]) for c in channels if c != "green"]
        for side in (*SIDES, max(pixels.shape)):
            small = [cv2.resize(plane, (side, side), interpolation=cv2.INTER_AREA) for plane in pixels]
            notes[emptiness_note(dict(zip(channels, small, strict=True))) or "sound"] += 1
        if pixel_size is not None:
            found = protein_flags(pixels[channels.index("green")], segment(pixels, channels, pixel_size).cells)
            cells += len(found)
            silent[field[:8]] += len(list(filter(None, found)))
    least = ", ".join(f"{channel} {min(values):.1f}" for channel, values in peaks.items())
    print(f"{folder.name}: {len(collection)} fields, least peaks {least}; said at several sizes: {dict(notes)}")
    print(f"  of {CLEAR:g} needed; the protein correlates with a landmark by at most {max(alike):.2f}")
    for (share, noise), n in faint.items():
        print(f"  {share:g} of red and noise of {noise} grey levels as the protein: {n} are taken for a copy")
    if of_cells:
        print(f"  and in single cells by at most {max(of_cells):.2f}")
    if pixel_size is not None:
        print(f"  {sum(silent.values())} of {cells} cells silent: {dict(+silent)}")


if __name__ == "__main__":
    main()
