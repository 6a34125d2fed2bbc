"""Cells beside what they should be: on phantoms, on fields of 2021 with predicted masks, and in collages of nine.

Phantoms have exact truth. Each line is one size of pixels; fields are grouped by how many cells they have. AP is
TP / (TP + FP + FN) at an intersection over union. `nearest` grows the same nuclei by distance alone in the same area;
`true nuclei` grows from the nuclei of the truth. Masks of kaggle2021 are another program's: agreement, not accuracy.
The collages hold nine cells each on black, and go the same way as any field, their pixel size not given.

    python benchmarks/cell_masks.py cell_masks --data ../shared/data --fields 20
"""

from __future__ import annotations

import argparse
import resource
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.segmentation import watershed

from cellocate.cells.segmentation import SegmentationSettings, Segmented, label_cells, segment
from cellocate.cells.segmentation.cell_maps import cell_map
from cellocate.collection import open_collection
from cellocate.images import CHANNELS, FIELD_SPAN, read_channel, read_field
from cellocate.images.rle import masks_of, overlaps
from cellocate.phantom import simulate_field

Image = NDArray[Any]

AT = (0.5, 0.75)
FEW, MANY = 20, 40  # cells of a field
HPA_PIXEL = 0.08


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="real images")
    parser.add_argument("--fields", type=int, default=20, help="phantoms of each size")
    parser.add_argument("--sizes", type=int, nargs="*", default=[256, 512, 1024, 2048])
    args = parser.parse_args()
    for size in args.sizes:
        _phantoms(size, args.fields)
    if (args.data / "kaggle2021").is_dir():
        _predicted(args.data / "kaggle2021")
    if (args.data / "collages").is_dir():
        _collages(args.data / "collages" / "images")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"most memory: {peak:.2f} GiB")


def _phantoms(size: int, fields: int) -> None:
    counts: dict[tuple[str, str], Any] = defaultdict(lambda: np.zeros((len(AT), 3)))
    seconds = 0.0
    for index in range(fields):
        phantom = simulate_field([0, 25], size=size, seed=(7, index))
        pixel = FIELD_SPAN / size
        began = time.process_time()
        found = segment(phantom.channels, CHANNELS, pixel)
        seconds += time.process_time() - began
        cells = len(np.unique(phantom.cells)) - 1
        density = f"{'up to 20' if cells <= FEW else '21 to 40' if cells <= MANY else 'over 40'} cells"
        shown = cell_map(dict(zip(CHANNELS, phantom.channels, strict=True)), pixel)
        answers = {
            "nuclei": (found.nuclei, phantom.nuclei),
            "cells": (found.cells, phantom.cells),
            "cells, several nuclei": (
                segment(phantom.channels, CHANNELS, pixel, SegmentationSettings(several_nuclei=True)).cells,
                phantom.cells,
            ),
            "nearest": (_nearest(found), phantom.cells),
            "true nuclei": (label_cells(phantom.nuclei, shown, pixel), phantom.cells),
        }
        for name, (said, truth) in answers.items():
            outcome = _outcome(said, truth)
            for group in (density, "all"):
                counts[name, group] += outcome
    print(f"phantoms of {size} px, {FIELD_SPAN / size:g} µm: {fields} fields, {seconds / max(fields, 1):.2f} s each")
    for (name, group), outcome in sorted(counts.items()):
        print(f"  {name:22} {group:15} {_ap(outcome)}")


def _nearest(found: Segmented) -> Image:
    """Cells by distance alone."""
    away = cv2.distanceTransform((found.nuclei == 0).astype(np.uint8), cv2.DIST_L2, 5)
    grown = watershed(away, found.nuclei.astype(np.int32), mask=found.cells > 0)  # type: ignore[no-untyped-call]
    return np.asarray(grown, np.uint16)


def _predicted(folder: Path) -> None:
    collection = open_collection(folder)
    for field in collection.ids:
        truth = read_channel(folder / "cell_masks" / f"{field}_predictedmask.png", "red")
        pixels, _ = collection.read(field, CHANNELS)
        began = time.process_time()
        found = segment(pixels, CHANNELS, HPA_PIXEL)
        seconds = time.process_time() - began
        print(f"{field[:8]}, {truth.max()} predicted cells: {_ap(_outcome(found.cells, truth))}; {seconds:.2f} s")


def _collages(folder: Path) -> None:
    counts: Counter[int] = Counter()
    for blue in sorted(folder.glob("*_blue.jpg")):
        files = {c: blue.with_name(blue.name.replace("_blue.jpg", f"_{c}.jpg")) for c in CHANNELS}
        there = [c for c in CHANNELS if files[c].is_file()]
        counts[int(segment(read_field(files, there), there).cells.max())] += 1
    print(f"cells in collages of nine: {', '.join(f'{n} in {k}' for n, k in sorted(counts.items()))}")


def _outcome(said: Image, truth: Image) -> Image:
    """True positives, false positives and false negatives at each IoU."""
    found, drawn = list(masks_of(said).values()), list(masks_of(truth).values())
    shares = overlaps(found, drawn)
    hits = [int((shares > at).sum()) for at in AT]
    return np.array([(hit, len(found) - hit, len(drawn) - hit) for hit in hits])


def _ap(outcome: Image) -> str:
    values: Sequence[float] = outcome[:, 0] / np.maximum(outcome.sum(axis=1), 1)
    return "AP " + ", ".join(f"{value:.3f} at IoU {at:g}" for value, at in zip(values, AT, strict=True))


if __name__ == "__main__":
    main()
