"""Debris between cells: specks of dirt and antibody, remains of dead cells, rare crystals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellocate.images import FIELD_SPAN
from cellocate.phantom.canvas import Canvas
from cellocate.phantom.scene import Scene
from cellocate.phantom.shapes import Points, unit

CHANNELS = 4  # red, green, blue, yellow

Light = NDArray[np.float64]


@dataclass(frozen=True)
class Debris:
    """Discs and strokes with their light in each channel, where a solid structure of a cell has 1."""

    discs: Points  # (n, 3): x, y, radius in µm; `disc_light` (n, 4)
    disc_light: Light
    strokes: Points  # (m, 2, 2): both ends in µm; `stroke_light` (m, 4)
    stroke_light: Light

    def draw(self, canvas: Canvas, channel: int, gain: float = 1.0) -> None:
        """Draw the debris in one channel."""
        canvas.set_light(gain=gain, defocus=0.3)  # debris has no sharp edges
        canvas.discs(self.discs[:, :2], self.discs[:, 2], self.disc_light[:, channel])
        canvas.strokes(self.strokes, self.stroke_light[:, channel, None], width=0.8)


def scatter_debris(rng: np.random.Generator, scene: Scene) -> Debris:
    """Draw the debris of a field: much in some, hardly any in most."""
    area = (scene.span / FIELD_SPAN) ** 2
    parts = [_specks(rng, scene, int(rng.poisson(8 * area * rng.lognormal(0, 1.0))))]
    parts += [_remains(rng, scene) for _ in range(rng.poisson(0.7 * area))]
    discs, light = (np.vstack(column) for column in zip(*parts, strict=True))
    crystals = int(rng.poisson(0.06 * area))
    start = _places(rng, scene, crystals)
    ends = start + rng.uniform(4, 14, (crystals, 1)) * unit(rng.uniform(0, np.pi, crystals))
    glow = rng.uniform(0.2, 1.2, (crystals, CHANNELS)) * (rng.random((crystals, CHANNELS)) < 0.6)
    return Debris(discs, light, np.stack([start, ends], axis=1), glow)


def _places(rng: np.random.Generator, scene: Scene, n: int) -> Points:
    """Random places, rarely on cells, where dirt is washed off or hidden."""
    places = rng.uniform(0, scene.span, (4 * n, 2))
    free = scene.labels[tuple((places[:, ::-1] / scene.span * len(scene.labels)).astype(int).T)] == 0
    return places[np.argsort(~free & (rng.random(len(places)) < 0.9), kind="stable")][:n]


def _specks(rng: np.random.Generator, scene: Scene, n: int) -> tuple[Points, Light]:
    """Clumps of antibody, mostly in the protein's channel."""
    radii = np.clip(0.25 * rng.lognormal(0, 0.5, n), 0.12, 1.2)
    light = rng.lognormal(-0.7, 0.6, (n, CHANNELS)) * (rng.random((n, CHANNELS)) < (0.2, 0.9, 0.04, 0.15))
    return np.column_stack([_places(rng, scene, n), radii]), light


def _remains(rng: np.random.Generator, scene: Scene) -> tuple[Points, Light]:
    """A disintegrated cell: clumps of bright chromatin in a haze of everything else."""
    middle = _places(rng, scene, 1)
    clumps, bits = int(rng.integers(2, 7)), int(rng.integers(6, 20))
    spread = rng.uniform(1.5, 3.5)
    chromatin = np.column_stack([middle + rng.normal(0, 0.6 * spread, (clumps, 2)), rng.uniform(0.5, 1.6, clumps)])
    rest = np.column_stack([middle + rng.normal(0, spread, (bits, 2)), rng.uniform(0.4, 1.8, bits)])
    bright = rng.uniform(0.8, 2.0, (clumps, 1)) * np.array([0.05, 0.1, 1.0, 0.1])
    dim = rng.uniform(0.1, 0.6, (bits, 1)) * rng.uniform(0.2, 1.2, CHANNELS) * np.array([1.0, 0.7, 0.1, 1.0])
    return np.vstack([chromatin, rest]), np.vstack([bright, dim])
