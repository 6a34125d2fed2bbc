"""An endless stream of phantoms in a ring on disk, which some processes fill while another learns from it."""

from __future__ import annotations

import time
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from cellocate import phantom
from cellocate.phantom.label_sets import real_label_sets

SIDE, LOCATIONS, MOST_CELLS = 512, 28, 255  # px of 0.32 µm; labels of hpa28; cells of a field that a mask can number
BALANCED, NEGATIVE, SECOND = 0.55, 0.04, 0.3  # shares of fields: of one location or two at random, of none; a second
# of the cells of a field with a location, those that show it: the atlas's cells that were labelled one by one (where
# only dividing cells can, of these)
SHOWN = (
    *(0.78, 0.74, 0.64, 0.45, 0.87, 0.39, 0.70, 0.49, 0.55, 0.55, 0.55, 0.79, 0.75, 0.75),
    *(0.59, 0.80, 1.00, 1.00, 0.24, 0.24, 0.55, 0.70, 0.70, 0.85, 0.68, 0.82, 0.55, 0.60),
)
ALIKE = 0.5  # share of fields whose cells differ little, so that there is much to learn in each
LITTLE = 0.08


class Ring:
    """Fields on disk, of which the newest replace the oldest.

    Attributes:
        planes: uint8 (slots, 5, 512, 512): red, green, blue, yellow, and the number of the cell.
        cells: uint32 (slots, 256): the labels of each cell as bits, by its number.
        drawn: int64 (slots,): 1 + the index of the field in a slot, 0 while there is none.
    """

    def __init__(self, folder: Path, slots: int | None = None) -> None:
        if slots is not None and not (folder / "drawn.npy").exists():
            folder.mkdir(parents=True, exist_ok=True)
            np.lib.format.open_memmap(folder / "planes.npy", "w+", np.uint8, (slots, 5, SIDE, SIDE))
            np.lib.format.open_memmap(folder / "cells.npy", "w+", np.uint32, (slots, MOST_CELLS + 1))
            np.lib.format.open_memmap(folder / "drawn.npy", "w+", np.int64, (slots,))
        mode = "r" if slots is None else "r+"
        self.planes, self.cells, self.drawn = (
            np.lib.format.open_memmap(folder / f"{name}.npy", mode) for name in ("planes", "cells", "drawn")
        )

    def ready(self) -> NDArray[np.intp]:
        """The slots that hold a field."""
        return np.flatnonzero(self.drawn > 0)


def fill(folder: Path, *, slots: int, seed: int, worker: int, workers: int, until: float, fields: int | None) -> None:
    """Draw fields `worker`, `worker + workers` and so on, until a time (as `time.time` has it) or a number is reached.

    A field depends on the seed and its index alone.
    """
    cv2.setNumThreads(1)
    ring = Ring(folder, slots)
    slots = len(ring.drawn)
    last = int(ring.drawn.max())  # a ring that was filled before goes on with fields that it never held
    index = -(-last // workers) * workers + worker
    while time.time() < until and (fields is None or index < fields):
        field = draw(seed, index)
        slot = index % slots
        ring.drawn[slot] = 0
        ring.planes[slot, :4], ring.planes[slot, 4] = field.channels, np.minimum(field.cells, MOST_CELLS)
        bits = [sum(1 << label for label in shown) for shown in field.cell_labels[:MOST_CELLS]]
        ring.cells[slot] = 0
        ring.cells[slot, 1 : len(bits) + 1] = bits
        ring.drawn[slot] = index + 1
        index += workers


def draw(seed: int, index: int) -> phantom.PhantomField:
    """One field of the stream."""
    rng = np.random.default_rng([seed, index])
    labels = _labels(rng)
    differ = 1 - float(np.mean([SHOWN[label] for label in labels])) if labels else LITTLE
    variability = LITTLE if rng.random() < ALIKE else differ
    return phantom.simulate_field(labels, size=SIDE, variability=variability, seed=(seed, index))


def _labels(rng: np.random.Generator) -> tuple[int, ...]:
    kind = rng.random()
    if kind < NEGATIVE:
        return ()
    if kind < NEGATIVE + BALANCED:
        return tuple(int(label) for label in rng.permutation(LOCATIONS)[: 1 + (rng.random() < SECOND)])
    sets, counts = real_label_sets()
    return sets[int(rng.choice(len(sets), p=np.array(counts) / sum(counts)))]
