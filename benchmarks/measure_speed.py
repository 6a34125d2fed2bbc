"""Seconds to measure and write the cells of a 2048 px field on one core, beside scikit-image's regionprops_table.

python benchmarks/measure_speed.py [FIELDS [SIDE]]
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.measure import pearson_corr_coeff, regionprops_table

from cellocate.cells.cell_overlay import overlay
from cellocate.cells.masks import read_geojson, renumbered, write_geojson, write_labels
from cellocate.cells.measure import measure
from cellocate.images import CHANNELS, FIELD_SPAN, Pixels, write_png
from cellocate.images.rle import masks_of
from cellocate.phantom import PhantomField, simulate_field

FIELDS, SIDE, ROUNDS = 3, 2048, 3
SAME = ("area", "centroid", "eccentricity", "solidity", "intensity_mean")
"""Of regionprops_table: a part of what `measure` gives; Pearson's correlations come on top, and no more."""


def main() -> None:
    fields = int(sys.argv[1]) if len(sys.argv) > 1 else FIELDS
    side = int(sys.argv[2]) if len(sys.argv) > 2 else SIDE
    cv2.setNumThreads(1)
    made = [simulate_field([8, 25], size=side, seed=seed) for seed in range(fields)]
    numbered = [renumbered(field.nuclei, field.cells) for field in made]
    cells = sum(int(labels.max()) for _, labels in numbered)
    print(
        f"{fields} simulated fields of {side} px, {cells / fields:.0f} cells each; median seconds of a field, one core"
    )
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for what, work in _works(side, folder).items():
            took = [_best(work, field, *labels) for field, labels in zip(made, numbered, strict=True)]
            print(f"{median(took):9.3f}  {what}", flush=True)


Work = Callable[[Pixels, NDArray[np.uint16], NDArray[np.uint16]], object]


def _works(side: int, folder: Path) -> dict[str, Work]:
    size = FIELD_SPAN / side
    return {
        "measure: every measurement": lambda field, nuclei, cells: measure(field, CHANNELS, nuclei, cells, size),
        "scikit-image: areas, shapes, means and correlations": _reference,
        "label image as PNG": lambda field, nuclei, cells: write_labels(folder / "a.png", cells),
        "run lengths": lambda field, nuclei, cells: [mask.text for mask in masks_of(cells).values()],
        "QuPath's GeoJSON, written": lambda field, nuclei, cells: write_geojson(folder / "a.geojson", nuclei, cells),
        "QuPath's GeoJSON, read": lambda field, nuclei, cells: read_geojson(folder / "a.geojson", (side, side)),
        "overlay of 1024 px as PNG": lambda field, nuclei, cells: write_png(
            folder / "b.png", overlay(field, CHANNELS, nuclei, cells, side=1024)
        ),
    }


def _reference(field: Pixels, nuclei: NDArray[np.uint16], cells: NDArray[np.uint16]) -> None:
    last = np.moveaxis(field, 0, -1)
    for labels in (cells, nuclei):
        regionprops_table(labels, last, SAME)  # type: ignore[no-untyped-call]
    regionprops_table(np.where(nuclei > 0, 0, cells), last, ("intensity_mean",))  # type: ignore[no-untyped-call]
    for number in range(1, int(cells.max()) + 1):
        for channel in (0, 2, 3):
            pearson_corr_coeff(field[1], field[channel], cells == number)  # type: ignore[no-untyped-call]


def _best(work: Work, field: PhantomField, nuclei: NDArray[np.uint16], cells: NDArray[np.uint16]) -> float:
    took = []
    for _ in range(ROUNDS):
        began = time.process_time()  # so that others on the machine count less
        work(field.channels, nuclei, cells)
        took.append(time.process_time() - began)
    return min(took)


if __name__ == "__main__":
    main()
