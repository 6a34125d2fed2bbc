"""What becomes of masks that are no label images: true label images, spoilt in the ways that users' files are.

python benchmarks/mask_kinds.py [PHANTOMS] prints a table: of how many masks all cells were read as they are, with or
without a note; how many were read otherwise, with a note that says so; how many were refused; and, which should be 0,
how many were read otherwise without a word. Masks of real cells and nuclei are among them where CELLOCATE_REAL_DATA
names their folder.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import center_of_mass
from skimage.color import label2rgb
from skimage.segmentation import find_boundaries

from cellocate.cells.masks import as_label_image, in_one_piece, read_label_image
from cellocate.errors import CellocateError
from cellocate.phantom import simulate_field

PHANTOMS = 60
SIDES = (128, 192, 256, 384, 512)
OUTCOMES = ("as they are", "otherwise, noted", "refused", "otherwise, SILENT")

Labels = NDArray[np.int64]
Way = Callable[[Labels, np.random.Generator], NDArray[Any]]


def main() -> None:
    phantoms = int(sys.argv[1]) if len(sys.argv) > 1 else PHANTOMS
    counts = {name: Counter[str]() for name in WAYS}
    rng, masks = np.random.default_rng(0), 0
    for labels in _truth(phantoms):
        masks += 1
        for name, way in WAYS.items():
            counts[name][_outcome(way(labels, rng), labels)] += 1
    print(f"{masks} label images with two cells or more\n\n| mask | " + " | ".join(OUTCOMES) + " |")
    print("|---" * (len(OUTCOMES) + 1) + "|")
    for name, count in counts.items():
        print(f"| {name} | " + " | ".join(str(count[outcome]) for outcome in OUTCOMES) + " |")


def _truth(phantoms: int) -> Iterator[Labels]:
    for seed in range(phantoms):
        cells = simulate_field([seed % 28], size=SIDES[seed % len(SIDES)], seed=seed).cells
        if len(np.unique(cells)) > 2:
            yield _numbered(in_one_piece(cells))
    if folder := os.environ.get("CELLOCATE_REAL_DATA"):
        for path in [*Path(folder, "nuclei").glob("*_nuclei.png"), *Path(folder, "kaggle2021", "cell_masks").iterdir()]:
            yield _numbered(read_label_image(path).labels)


def _numbered(labels: NDArray[Any]) -> Labels:
    return np.unique(labels, return_inverse=True)[1].reshape(labels.shape).astype(np.int64)


def _outcome(mask: NDArray[Any], labels: Labels) -> str:
    try:
        read = as_label_image(mask)
    except CellocateError:
        return OUTCOMES[2]
    if read.labels.shape == labels.shape and _same_cells(read.labels.astype(np.int64), labels):
        return OUTCOMES[0]
    return OUTCOMES[1] if read.notes else OUTCOMES[3]


def _same_cells(read: Labels, labels: Labels) -> bool:
    """Whether each true cell has one number that no other has, but for what was drawn over it and specks."""
    pairs, sizes = np.unique(np.stack([labels.ravel(), read.ravel()]), axis=1, return_counts=True)
    both = (pairs > 0).all(axis=0) & (sizes > 0.02 * np.bincount(labels.ravel())[pairs[0]])
    cells, numbers = pairs[:, both]
    shown = np.unique(read[read > 0])
    found = {len(cells), len(np.unique(cells)), len(np.unique(numbers)), len(shown)}
    return found == {int(labels.max())}


def _gaps(labels: Labels) -> Labels:
    return np.where(_borders(labels, connectivity=2), 0, labels)


def _borders(labels: Labels, connectivity: int = 1) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = find_boundaries(labels, connectivity, mode="inner")  # type: ignore[no-untyped-call]
    return found


def _ten_colours(labels: Labels) -> NDArray[np.uint8]:
    return (255 * label2rgb(labels, bg_label=0)).astype(np.uint8)  # type: ignore[no-untyped-call,no-any-return]


def _colours(labels: Labels, rng: np.random.Generator) -> NDArray[np.uint8]:
    palette = 1 + rng.choice(256**3 - 1, int(labels.max()) + 1, replace=False)
    palette[0] = 0
    return np.stack([palette >> 16, palette >> 8 & 255, palette & 255], axis=1).astype(np.uint8)[labels]


def _resized(mask: NDArray[Any], factor: float, how: int = cv2.INTER_LINEAR) -> NDArray[Any]:
    return np.asarray(cv2.resize(mask, None, fx=factor, fy=factor, interpolation=how))


def _jpeg(picture: NDArray[np.uint8]) -> NDArray[Any]:
    return np.asarray(cv2.imdecode(cv2.imencode(".jpg", picture)[1], cv2.IMREAD_UNCHANGED))


def _in_rectangle(labels: Labels, number: int) -> Labels:
    around = np.zeros_like(labels)
    height, width = labels.shape
    around[height // 20 : -(height // 20), width // 20 : -(width // 20)] = number
    return np.where(labels > 0, labels, around)


def _lines(labels: Labels, line: int, background: int) -> Labels:
    return np.where(_borders(labels), line, np.where(labels > 0, labels + 1, background))


def _farthest(labels: Labels) -> int:
    """The cell whose middle is farthest from that of cell 1."""
    middles = np.array(center_of_mass(labels > 0, labels, range(1, int(labels.max()) + 1)))
    return int(np.hypot(*(middles - middles[0]).T).argmax()) + 1


def _core(labels: Labels) -> NDArray[np.bool_]:
    """The inner part of each cell, as a nucleus is."""
    return np.asarray(cv2.erode(_gaps(labels).clip(0, 1).astype(np.uint8), np.ones((5, 5)), borderValue=1) > 0)


WAYS: dict[str, Way] = {
    "label image": lambda labels, _: labels,
    "float": lambda labels, _: labels.astype(np.float32),
    "binary, cells apart": lambda labels, _: _gaps(labels) > 0,
    "binary, cells touch": lambda labels, _: (labels > 0) * 255,
    "binary, with specks": lambda labels, rng: (_gaps(labels) > 0) | (rng.random(labels.shape) < 1e-3),
    "binary, inverted": lambda labels, _: np.where(_gaps(labels) > 0, 0, 255),
    "background 65535": lambda labels, _: np.where(labels > 0, labels, 65_535),
    "background 1": lambda labels, _: labels + 1,
    "background -1, cells from 0": lambda labels, _: labels - 1,
    "background 65535, cells from 0": lambda labels, _: (labels - 1).astype(np.uint16),
    "watershed: lines -1, background 1": lambda labels, _: _lines(labels, -1, 1),
    "watershed: lines 0, background 1": lambda labels, _: _lines(labels, 0, 1),
    "rectangle around the cells": lambda labels, _: _in_rectangle(labels, int(labels.max()) + 1),
    "numbers 1 to 8 again and again": lambda labels, _: np.where(labels > 0, (labels - 1) % 8 + 1, 0),
    "two cells far apart with one number": lambda labels, _: np.where(labels == _farthest(labels), 1, labels),
    "numbers above 65535": lambda labels, _: np.where(labels > 0, labels * 7919 + 100_000, 0),
    "colours": _colours,
    "colours, white background": lambda labels, rng: np.where(labels[..., None] > 0, _colours(labels, rng), 255),
    "label2rgb (ten colours)": lambda labels, _: _ten_colours(labels),
    "colours, smoothed": lambda labels, rng: _resized(_colours(labels, rng), 1.5),
    "colours, JPEG": lambda labels, rng: _jpeg(_colours(labels, rng)),
    "smoothed by enlarging": lambda labels, _: _resized(labels.astype(np.uint16), 2),
    "smoothed by shrinking": lambda labels, _: _resized(labels.astype(np.uint16), 0.5),
    "JPEG": lambda labels, _: _jpeg((labels * (255 / labels.max())).astype(np.uint8)),
    "classes: 1 inside, 2 around it": lambda labels, _: np.where(_core(labels), 1, np.where(labels > 0, 2, 0)),
    "classes: 1 background, 2 cell": lambda labels, _: np.where(_gaps(labels) > 0, 2, 1),
    "probabilities": lambda labels, _: labels / (labels.max() + 1),
    "a photograph": lambda labels, rng: cv2.GaussianBlur(rng.normal(99, 20, labels.shape), (0, 0), 2).astype(np.uint8),
}


if __name__ == "__main__":
    main()
