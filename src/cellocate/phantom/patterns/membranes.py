"""Locations at the edge of the cell."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellocate.phantom.cell import Cell
from cellocate.phantom.morphology import Morphology
from cellocate.phantom.patterns.drawing import Pen, adherent, grainy, location


def _slow(rng: np.random.Generator, n: int, stretch: int) -> NDArray[np.float64]:
    """Noise of mean 0 and variance about 1 that changes over `stretch` points around a closed outline."""
    knots = rng.standard_normal(max(3, n // stretch))
    return np.asarray(np.interp(np.arange(n) / n, np.linspace(0, 1, len(knots) + 1), np.append(knots, knots[0])))


@location("Plasma membrane", holds=lambda cell: True)
def plasma_membrane(cell: Cell, pen: Pen) -> None:
    """The edge of the cell, uneven, with hair-like filopodia where it is free (GO:0005886; HPA cell atlas)."""
    n = len(cell.outline)
    uneven = np.exp(0.45 * _slow(pen.rng, n, 12) + 0.25 * pen.rng.standard_normal(n))
    rim = cell.outline - 0.25 * cell.normals
    pen.canvas.strokes(np.vstack([rim, rim[:1]])[None], np.append(uneven, uneven[0])[None], width=0.5)
    line = pen.landmarks.rng(6)  # depends on the cell line, so the same for all cells of a field
    if line.random() < 0.5:
        _filopodia(cell, pen, longest=line.uniform(1.5, 6))
    maps = cell.maps
    # the membrane above and below, and its ruffles near the edge
    inner = line.uniform(0.03, 0.3) * maps.inside * (1 - 0.5 * maps.nucleus)
    light = np.asarray(inner + 0.2 * np.exp(-maps.edge / 1.0) * maps.inside, np.float32)
    grainy(pen.rng, pen.canvas, cell, light)


def _filopodia(cell: Cell, pen: Pen, longest: float) -> None:
    free = np.flatnonzero(~cell.touching)
    if len(free) == 0:
        return
    roots = pen.rng.choice(free, size=max(1, len(free) // 4))
    length = pen.rng.uniform(0.6, longest, len(roots))[:, None, None]
    lean = cell.normals[roots] + pen.rng.normal(0, 0.3, (len(roots), 2))
    t = np.linspace(0, 1, 5)[None, :, None]
    pen.canvas.strokes(cell.outline[roots][:, None] + length * t * lean[:, None], 0.7, width=0.25)


def _crowds(kind: Morphology) -> bool:
    return kind.adherent and kind.spacing <= 1.4


@location(
    "Cell junctions",
    holds=lambda cell: cell.phase != "metaphase" and cell.touching.sum() >= 20,
    suits=_crowds,
    shared=True,
)
def cell_junctions(cell: Cell, pen: Pen) -> None:
    """Interrupted bright lines only where two cells touch (doi:10.1038/nrm2927)."""
    n = len(cell.outline)
    on = cell.touching & (_slow(pen.rng, n, 8) > 0.0)
    beads = np.exp(0.45 * pen.rng.standard_normal(n)) * on
    rim = cell.outline + 0.1 * cell.normals
    pen.canvas.strokes(np.vstack([rim, rim[:1]])[None], np.append(beads, beads[0])[None], width=0.5)
    pen.haze(cell, 0.05)


@location(
    "Focal adhesion sites",
    holds=lambda cell: cell.phase != "metaphase" and (~cell.touching).sum() >= 20,
    suits=adherent,
)
def focal_adhesions(cell: Cell, pen: Pen) -> None:
    """Streaks of 1 to 4 µm at the free edge, pointing inwards, most at protrusions (doi:10.1038/nrm2593)."""
    roots = _adhesion_places(cell, pen)
    depth = pen.rng.exponential(1.3, (len(roots), 1)) + 0.4
    lean = -cell.normals[roots] + pen.rng.normal(0, 0.25, (len(roots), 2))
    tips = cell.outline[roots] - depth * cell.normals[roots]
    half = pen.rng.uniform(0.5, 1.7, (len(roots), 1, 1))
    t = np.linspace(0, 2, 8)[None, :, None]
    paths = tips[:, None] + half * t * lean[:, None]
    pen.canvas.strokes(paths, pen.within(cell, paths) * pen.rng.uniform(0.5, 1.0, (len(roots), 1)), width=0.55)
    pen.haze(cell, 0.05)


def _adhesion_places(cell: Cell, pen: Pen) -> NDArray[np.int64]:
    """Points of the free outline, likelier far from the centre and in patches."""
    far = np.linalg.norm(cell.outline - cell.centre, axis=1)
    weight = (far / far.mean()) ** 3 * np.exp(_slow(pen.rng, len(far), 25)) * ~cell.touching
    n = int(np.clip(0.13 * len(far) * (~cell.touching).mean(), 5, 50))
    return pen.rng.choice(len(far), size=n, p=weight / weight.sum())
