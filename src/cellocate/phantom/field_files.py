"""Simulate one field of a collection and write it with its truth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cellocate.images import CHANNELS, write_png
from cellocate.phantom.field import PhantomField, simulate_field
from cellocate.phantom.phantom_layouts import LabelSet, PhantomLayout
from cellocate.phantom.shapes import Image


@dataclass(frozen=True)
class CollectionSettings:
    """Settings shared by all fields of a collection."""

    layout: PhantomLayout
    size: int
    span: float
    depth: int
    variability: float
    seed: int


@dataclass(frozen=True)
class FieldToDraw:
    """One field for a worker to simulate and write; `labels` are those of `hpa28`."""

    out: Path
    index: int
    labels: LabelSet
    settings: CollectionSettings

    @property
    def id(self) -> str:
        """The field's id, independent of the size of the collection; it contains the seed."""
        return f"phantom-{self.settings.seed}-{self.index:06d}"


@dataclass(frozen=True)
class FieldTruth:
    """The truth about a field for the collection's tables.

    Attributes:
        cells: for each cell, 1 to n, the labels that it shows, in the layout's vocabulary.
        brightest: label of the layout → grey levels of the brightest pixel of its signal.
    """

    cells: tuple[LabelSet, ...]
    brightest: dict[int, float]


def draw_field(task: FieldToDraw) -> FieldTruth:
    """Simulate a field; write its channels to `train/` and its masks to `truth/`."""
    settings = task.settings
    field = simulate_field(
        task.labels,
        size=settings.size,
        span=settings.span,
        depth=settings.depth,
        variability=settings.variability,
        seed=(settings.seed, task.index),
    )
    for channel, image in zip(CHANNELS, field.channels, strict=True):
        write_png(task.out / "train" / f"{task.id}_{channel}.png", image)
    return FieldTruth(tuple(map(settings.layout.translate, field.cell_labels)), _write_masks(task, field))


def _write_masks(task: FieldToDraw, field: PhantomField) -> dict[int, float]:
    truth = task.out / "truth"
    write_png(truth / f"{task.id}_cells.png", field.cells)
    write_png(truth / f"{task.id}_nuclei.png", field.nuclei)
    signal = task.settings.layout.merge(field.signal)
    brightest = {label: float(light.max()) for label, light in signal.items()}
    for label, light in signal.items():
        write_png(truth / f"{task.id}_signal_{label}.png", _to_8_bits(light, brightest[label]))
    return brightest


def _to_8_bits(light: Image, brightest: float) -> NDArray[np.uint8]:
    return np.asarray(np.round(light * (255 / max(brightest, 1e-6))), np.uint8)
