"""One field of a collection: simulated, and written with its truth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cellocate.images import CHANNELS, write_png
from cellocate.phantom.field import PhantomField, simulate_field
from cellocate.phantom.layouts import LabelSet, Layout
from cellocate.phantom.shapes import Image


@dataclass(frozen=True)
class Settings:
    """What the fields of a collection have in common."""

    layout: Layout
    size: int
    span: float
    depth: int
    variability: float
    seed: int


@dataclass(frozen=True)
class Job:
    """One field to simulate and write: all that a worker needs to know; `labels` are those of `hpa28`."""

    out: Path
    index: int
    labels: LabelSet
    settings: Settings

    @property
    def id(self) -> str:
        """The field's id, the same whatever the size of the collection; another seed gives others."""
        return f"phantom-{self.settings.seed}-{self.index:06d}"


@dataclass(frozen=True)
class Done:
    """What the tables of a collection say of a field.

    Attributes:
        cells: for each cell, 1 to n, the labels that it shows, in the words of the layout.
        brightest: label of the layout → grey levels of the brightest pixel of its signal.
    """

    job: Job
    cells: tuple[LabelSet, ...]
    brightest: dict[int, float]


def do(job: Job) -> Done:
    """Simulate a field; write its channels to `train/` and its masks to `truth/`."""
    told = job.settings
    seed = (told.seed, job.index)
    field = simulate_field(
        job.labels, size=told.size, span=told.span, depth=told.depth, variability=told.variability, seed=seed
    )
    for channel, image in zip(CHANNELS, field.channels, strict=True):
        write_png(job.out / "train" / f"{job.id}_{channel}.png", image)
    return Done(job, tuple(told.layout.says(shown) for shown in field.cell_labels), _write_masks(job, field))


def _write_masks(job: Job, field: PhantomField) -> dict[int, float]:
    truth = job.out / "truth"
    write_png(truth / f"{job.id}_cells.png", field.cells)
    write_png(truth / f"{job.id}_nuclei.png", field.nuclei)
    signal = job.settings.layout.merge(field.signal)
    brightest = {label: float(light.max()) for label, light in signal.items()}
    for label, light in signal.items():
        write_png(truth / f"{job.id}_signal_{label}.png", _to_8_bits(light, brightest[label]))
    return brightest


def _to_8_bits(light: Image, brightest: float) -> NDArray[np.uint8]:
    """Scale light so that its brightest pixel is 255."""
    return np.asarray(np.round(light * (255 / max(brightest, 1e-6))), np.uint8)
