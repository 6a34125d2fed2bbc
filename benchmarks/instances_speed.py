"""How long masks of cells and the mean average precision of the 2021 challenge take, beside pycocotools where it is.

python benchmarks/instances_speed.py [FIELDS]
"""

from __future__ import annotations

import base64
import importlib
import sys
import time
import zlib
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from cellocate.evaluation import Instances, evaluate_instances
from cellocate.images.rle import Mask, masks_of, overlaps
from cellocate.vocabulary import get_vocabulary

T = TypeVar("T")

FIELDS, SIDE, CELLS = 559, 2048, 20  # as in the challenge's public test set
LOCATIONS = 19
SECONDS = 60  # the aim for all fields


def main() -> None:
    fields = int(sys.argv[1]) if len(sys.argv) > 1 else FIELDS
    rng = np.random.default_rng(0)
    labels = _cells(rng)
    masks = _timed("label image → masks", lambda: list(masks_of(labels).values()))
    texts = _timed("masks → text", lambda: [mask.text for mask in masks])
    _timed("text → masks", lambda: [Mask.parse(text, SIDE, SIDE) for text in texts])
    moved = list(masks_of(np.roll(labels, (40, 25), (0, 1))).values())
    shares = _timed("intersection over union, from runs", lambda: overlaps(moved, masks))
    slow = _timed("intersection over union, from pixels", lambda: _decoded(moved, masks))
    print(f"{'':11}largest difference {np.abs(shares - slow).max():.1e}")
    _rival(texts, labels, moved, masks, shares)

    truth, said = _scenes(rng, moved, masks, fields)
    name = f"mean average precision of {fields} fields, {CELLS} cells each, {LOCATIONS} locations"
    began = time.process_time()
    metrics = _timed(name, lambda: evaluate_instances(truth, said, get_vocabulary("hpa19"), interval=False))
    _timed(f"{name}, with its interval", lambda: evaluate_instances(truth, said, get_vocabulary("hpa19")))
    took = time.process_time() - began
    print(f"{metrics['instance_map']:.3f} of {metrics['cells']} cells; {took:.0f} s in all")
    print(f"{'within' if took < SECONDS else 'MORE than'} the aim of {SECONDS} s")


def _cells(rng: np.random.Generator) -> NDArray[np.uint16]:
    """A label image of cells with rough outlines, touching each other, on some background."""
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    centres = rng.uniform(0, SIDE, (CELLS, 2)).astype(np.float32)
    nearest = np.full((SIDE, SIDE), (0.16 * SIDE) ** 2, np.float32)
    labels = np.zeros((SIDE, SIDE), np.uint16)
    for number, (cy, cx) in enumerate(centres, start=1):
        wave = 1 + 0.05 * np.sin(np.arctan2(y - cy, x - cx) * int(rng.integers(15, 40)))
        distance = ((y - cy) ** 2 + (x - cx) ** 2) * wave
        labels[distance < nearest] = number
        nearest = np.minimum(nearest, distance)
    return labels


def _scenes(
    rng: np.random.Generator, moved: list[Mask], masks: list[Mask], fields: int
) -> tuple[dict[str, Instances], dict[str, Instances]]:
    """Fields of the same outlines; each cell truly shows one or two locations, and is said to show all."""
    truth, said = {}, {}
    cell, label = (index.ravel() for index in np.indices((len(moved), LOCATIONS)))
    for i in range(fields):
        shown = [rng.choice(LOCATIONS, int(rng.integers(1, 3)), replace=False) for _ in masks]
        confidence = rng.random((len(moved), LOCATIONS))
        for number, locations in enumerate(shown):
            confidence[number % len(moved), locations] += 1
        truth[str(i)] = Instances.of(masks, [list(locations) for locations in shown])
        said[str(i)] = Instances(moved, cell, label, (confidence / 2).ravel())
    return truth, said


def _decoded(one: list[Mask], other: list[Mask]) -> NDArray[np.float64]:
    first, second = ([mask.pixels for mask in masks] for masks in (one, other))
    return np.array([[(a & b).sum() / (a | b).sum() for b in second] for a in first])


def _rival(
    texts: list[str], labels: NDArray[np.uint16], moved: list[Mask], masks: list[Mask], shares: NDArray[np.float64]
) -> None:
    try:
        coco: Any = importlib.import_module("pycocotools.mask")
    except ImportError:
        print("            pycocotools is not installed: no comparison")
        return

    def encode(pixels: NDArray[np.bool_]) -> Any:  # noqa: ANN401 # untyped
        return coco.encode(np.asfortranarray(pixels.astype(np.uint8)))

    numbers = [int(n) for n in np.unique(labels) if n]
    theirs = _timed("pycocotools: label image → run lengths", lambda: [encode(labels == n) for n in numbers])
    opened = _timed("pycocotools: text → run lengths", lambda: [zlib.decompress(base64.b64decode(t)) for t in texts])
    others = [encode(mask.pixels) for mask in moved]
    found = _timed("pycocotools: intersection over union", lambda: coco.iou(others, theirs, [0] * len(theirs)))
    same = [mask["counts"] for mask in theirs] == opened and np.abs(found - shares).max() < 1e-12
    print(f"{'':11} {'the same' if same else 'OTHER'} letters and overlaps, {len(masks)} cells on {SIDE} px")


def _timed(what: str, work: Callable[[], T]) -> T:
    began = time.process_time()
    result = work()
    print(f"{time.process_time() - began:9.4f} s  {what}", flush=True)
    return result


if __name__ == "__main__":
    main()
