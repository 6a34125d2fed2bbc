"""Locations inside the nucleus."""

from __future__ import annotations

import numpy as np

from cellocate.phantom.canvas import Canvas
from cellocate.phantom.cell import Cell
from cellocate.phantom.landmarks import soft
from cellocate.phantom.patterns.drawing import Pen, location
from cellocate.phantom.shapes import Image, Points, noise


def _plain(cell: Cell, pen: Pen, canvas: Canvas, brightness: float, nucleoli: float) -> None:
    """An even fill of the nucleus, with `nucleoli` of it left inside them."""
    maps = cell.maps
    grain = 1 + 0.18 * noise(pen.rng, maps.inside.shape, 0.8) + 0.1 * noise(pen.rng, maps.inside.shape, 2.5)
    light = soft(maps.nucleus) * np.clip(grain, 0, None) * (1 - (1 - nucleoli) * soft(maps.nucleoli))
    canvas.fill(maps.box, np.asarray(brightness * light, np.float32))


def _within(cell: Cell, pen: Pen, n: int, depth: float = 0.8) -> Points:
    """Places in the nucleus, off its edge and outside nucleoli."""
    maps = cell.maps
    return maps.sample(pen.rng, n, (maps.in_nucleus > depth) & ~maps.nucleoli)


@location("Nucleoplasm")
def nucleoplasm(cell: Cell, pen: Pen) -> None:
    """The nucleus without nucleoli, finely mottled (GO:0005654; HPA cell atlas, nucleoplasm)."""
    _plain(cell, pen, pen.canvas, 1.0, nucleoli=pen.rng.uniform(0.1, 0.45))


@location("Nuclear membrane")
def nuclear_membrane(cell: Cell, pen: Pen) -> None:
    """A thin bright rim of the nucleus, with the odd fold across it (GO:0031965; HPA cell atlas, nuclear membrane)."""
    for outline in cell.nuclei:
        closed = np.vstack([outline, outline[:1]])
        middle = outline.mean(axis=0)
        uneven = pen.rng.lognormal(0, 0.25, len(closed))
        pen.canvas.strokes((middle + 0.97 * (closed - middle))[None], uneven[None], width=0.4)
        for _ in range(int(pen.rng.integers(0, 3))):
            start = int(pen.rng.integers(len(outline)))
            other = outline[(start + len(outline) // 4) % len(outline)]
            t = np.linspace(0, 1, 12)[:, None]
            bow = 0.6 * middle + 0.4 * (outline[start] + other) / 2
            fold = (1 - t) ** 2 * outline[start] + 2 * t * (1 - t) * bow + t**2 * other
            pen.canvas.strokes(fold[None, : int(pen.rng.integers(5, 12))], 0.4, width=0.3)
    _plain(cell, pen, pen.elsewhere, 0.14, nucleoli=0.5)


@location("Nucleoli")
def nucleoli(cell: Cell, pen: Pen) -> None:
    """Whole nucleoli, often brighter at their rim (doi:10.15252/msb.20209469)."""
    body = soft(cell.maps.nucleoli)
    core = soft(cell.maps.nucleoli & (_depth(body) > 0.9))
    grain = np.clip(1 + 0.15 * noise(pen.rng, body.shape, 0.6), 0, None)
    hollow = pen.rng.uniform(0, 0.45)
    pen.canvas.fill(cell.maps.box, np.asarray(grain * (body - hollow * core), np.float32))
    _plain(cell, pen, pen.elsewhere, pen.rng.uniform(0.04, 0.16), nucleoli=1.0)


def _depth(body: Image) -> Image:
    """A soft mask again softened: 1 only well inside it."""
    return soft(body > 0.75)


@location("Nucleoli fibrillar center")
def fibrillar_centres(cell: Cell, pen: Pen) -> None:
    """Clustered dots within nucleoli, where rDNA is transcribed (doi:10.15252/msb.20209469)."""
    maps = cell.maps
    for x, y, radius in cell.nucleoli:
        n = int(np.clip(pen.rng.poisson(4.5 * radius), 2, 12))
        inside = maps.nucleoli & (maps.distance_to(np.array([x, y])) < 1.4 * radius)
        spots = maps.sample(pen.rng, n, inside)
        pen.canvas.discs(spots, pen.rng.uniform(0.25, 0.42, len(spots)), pen.rng.uniform(0.6, 1.1, len(spots)))
    pen.elsewhere.fill(maps.box, 0.1 * soft(maps.nucleoli))
    _plain(cell, pen, pen.elsewhere, 0.05, nucleoli=1.0)


@location("Nuclear speckles")
def nuclear_speckles(cell: Cell, pen: Pen) -> None:
    """20 to 50 irregular clusters of splicing factors between the chromatin (doi:10.1101/cshperspect.a000646)."""
    area = cell.maps.area(cell.maps.nucleus)
    spots = _within(cell, pen, int(np.clip(pen.rng.poisson(0.24 * area), 4, 60)))
    for _ in range(4):  # a speckle is a clump of a few grains
        pen.canvas.discs(spots + pen.rng.normal(0, 0.35, spots.shape), pen.rng.uniform(0.22, 0.55, len(spots)), 0.6)
    _plain(cell, pen, pen.elsewhere, pen.rng.uniform(0.12, 0.3), nucleoli=0.2)


@location("Nuclear bodies")
def nuclear_bodies(cell: Cell, pen: Pen) -> None:
    """A few round, well separated dots, such as PML or Cajal bodies (doi:10.1101/cshperspect.a000661)."""
    spots = _within(cell, pen, int(pen.rng.integers(2, 10)), depth=0.5)
    pen.canvas.discs(spots, pen.rng.uniform(0.3, 0.6, len(spots)), pen.rng.uniform(0.7, 1.0, len(spots)))
    _plain(cell, pen, pen.elsewhere, pen.rng.uniform(0.01, 0.07), nucleoli=0.5)
