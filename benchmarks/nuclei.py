"""Nuclei beside hand-drawn ones of two microscopes (Coelho et al. 2009, doi:10.1109/ISBI.2009.5193098): F1.

Constants of the segmentation were chosen on every other image of each microscope (`tuned`). The others served no
choice of a constant, but were looked at meanwhile, and one of them led to a change of how pixel sizes are estimated
(decision 0024).

`Otsu` is Otsu's threshold and a watershed of distances, with its smoothing, its least distance between two nuclei and
its least size chosen on the same images, one setting for both microscopes.

`given` takes all images as of 0.13 µm per px; `estimated` leaves that to the segmentation.

    python benchmarks/nuclei.py ../shared/data/nuclei
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.feature import peak_local_max
from skimage.filters import gaussian, threshold_otsu
from skimage.measure import label
from skimage.morphology import remove_small_objects
from skimage.segmentation import watershed

from cellocate.cells.segmentation import segment
from cellocate.images import read_channel
from cellocate.images.rle import masks_of, overlaps

Image = NDArray[Any]
Find = Callable[[Image], Image]

AT = (0.5, 0.8)
PIXEL_SIZE = 0.13
SMOOTHINGS, DISTANCES, SMALLEST = (1, 2, 4), (15, 25, 35), (100, 500, 1000)  # px, px, px²


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("../shared/data/nuclei"))
    folder = parser.parse_args().folder
    images = {path.name.removesuffix("_dna.png"): path for path in sorted(folder.glob("*_dna.png"))}
    if not images:
        raise SystemExit(f"no <id>_dna.png in {folder}")
    pairs = {name: (read_channel(path, "blue"), _truth(path)) for name, path in images.items()}
    tuned = set(list(pairs)[::2])
    halves = {"tuned": [name for name in pairs if name in tuned], "held out": [n for n in pairs if n not in tuned]}

    rivals = [_otsu(*chosen) for chosen in itertools.product(SMOOTHINGS, DISTANCES, SMALLEST)]
    rival = max(rivals, key=lambda find: sum(_f1(find, (pairs[name] for name in halves["tuned"]))))
    ways: dict[str, Find] = {"given": _ours(PIXEL_SIZE), "estimated": _ours(None), "Otsu": rival}
    for half, names in halves.items():
        for microscope in sorted({name.split("_")[0] for name in names}):
            some = [pairs[name] for name in names if name.startswith(microscope)]
            nuclei = sum(len(masks_of(truth)) for _, truth in some)
            print(f"{half}, {microscope}: {len(some)} images, {nuclei} nuclei")
            for way, find in ways.items():
                began = time.process_time()
                f1 = _f1(find, some)
                seconds = (time.process_time() - began) / len(some)
                figures = ", ".join(f"{value:.3f} at IoU {at:g}" for value, at in zip(f1, AT, strict=True))
                print(f"  {way:10} F1 {figures}; {seconds:.2f} s an image")


def _truth(path: Path) -> Image:
    return read_channel(path.with_name(path.name.replace("_dna.png", "_nuclei.png")), "blue")


def _ours(pixel_size: float | None) -> Find:
    return lambda dna: segment(dna[None], ["blue"], pixel_size).nuclei


def _otsu(smoothing: float, distance: int, smallest: int) -> Find:
    def find(dna: Image) -> Image:
        smooth = gaussian(dna, smoothing, preserve_range=True)  # type: ignore[no-untyped-call]
        bright = smooth > threshold_otsu(smooth)  # type: ignore[no-untyped-call]
        bright = remove_small_objects(bright, max_size=smallest)
        depth = ndimage.distance_transform_edt(bright)
        parts = label(bright)  # type: ignore[no-untyped-call]
        peaks = peak_local_max(depth, min_distance=distance, labels=parts)  # type: ignore[no-untyped-call]
        seeds = np.zeros(dna.shape, np.int32)
        seeds[tuple(peaks.T)] = np.arange(1, len(peaks) + 1)
        return np.asarray(watershed(-depth, seeds, mask=bright), np.uint16)  # type: ignore[no-untyped-call]

    return find


def _f1(find: Find, pairs: Iterable[tuple[Image, Image]]) -> list[float]:
    """F1 over all nuclei, at each IoU."""
    hits, both = np.zeros(len(AT)), 0
    for dna, truth in pairs:
        found, drawn = list(masks_of(find(dna)).values()), list(masks_of(truth).values())
        hits += [(overlaps(found, drawn) > at).sum() for at in AT]
        both += len(found) + len(drawn)
    return [float(value) for value in 2 * hits / max(both, 1)]


if __name__ == "__main__":
    main()
