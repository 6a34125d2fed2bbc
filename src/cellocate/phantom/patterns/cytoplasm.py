"""Locations that fill the cytoplasm or lie in it as bodies of their own."""

from __future__ import annotations

import numpy as np

from cellocate.phantom.cell import Cell
from cellocate.phantom.filaments import Growth, grow, read_map
from cellocate.phantom.patterns.drawing import Pen, adherent, centred, grainy, location
from cellocate.phantom.shapes import noise, separate, unit


@location("Cytosol", holds=lambda cell: True)
def cytosol(cell: Cell, pen: Pen) -> None:
    """Smooth, brighter where the cell is thick, fainter in the nucleus, with small holes (GO:0005829)."""
    maps = cell.maps
    shape = maps.inside.shape
    uneven = 1 + 0.12 * noise(pen.rng, shape, 1.0) + 0.12 * noise(pen.rng, shape, 4.0)
    holes = 1 - 0.6 * np.clip(noise(pen.rng, shape, 1.4) - 1.6, 0, 1)
    light = (0.15 + 0.85 * maps.height) * maps.inside * np.clip(uneven * holes, 0, None)
    light *= 1 - (1 - pen.rng.uniform(0.05, 0.35)) * maps.nucleus
    grainy(pen.rng, pen.canvas, cell, np.asarray(light, np.float32), share=0.15)


@location("Endoplasmic reticulum")
def endoplasmic_reticulum(cell: Cell, pen: Pen) -> None:
    """A net that is densest around the nucleus and begins at its envelope (doi:10.1101/cshperspect.a013227)."""
    maps = cell.maps
    shape = maps.inside.shape
    other = np.clip(1 + 0.3 * noise(pen.rng, shape, 1.5), 0.1, None)
    pen.canvas.fill(maps.box, np.asarray(pen.landmarks.reticulum[cell.number] * other, np.float32))


@location("Golgi apparatus", holds=centred)
def golgi_apparatus(cell: Cell, pen: Pen) -> None:
    """A ribbon of short stacks beside the centrosome, hugging the nucleus (doi:10.1101/cshperspect.a005181)."""
    maps = cell.maps
    spread = pen.rng.uniform(2.6, 4.4)
    far = maps.distance_to(cell.centrosome)
    near = np.exp(-((far / spread) ** 2)) * (far < 2.5 * spread) * maps.cytoplasm * (maps.from_nucleus < 4.0)
    starts = maps.sample(pen.rng, int(pen.rng.integers(9, 20)), near.astype(np.float32))
    tangent = _along_nucleus(cell) + pen.rng.normal(0, 0.7, len(starts))
    growth = Growth(steps=9, step=0.3, wander=0.3, shy=0.8)
    owners = np.full(len(starts), cell.number, np.uint16)
    paths, alive = grow(pen.rng, pen.landmarks.cytoplasm_room, starts, tangent, owners, growth)
    pen.canvas.strokes(paths, alive * pen.rng.uniform(0.5, 1.0, (len(paths), 1)), width=0.55)
    spots = maps.sample(pen.rng, int(pen.rng.integers(4, 14)), near.astype(np.float32))
    pen.canvas.discs(spots, 0.3, 0.6)
    pen.haze(cell, 0.03)


def _along_nucleus(cell: Cell) -> float:
    """The direction in which the edge of the nucleus runs beside the centrosome."""
    out = cell.centrosome - cell.nuclei[0].mean(axis=0)
    return float(np.arctan2(out[1], out[0]) + np.pi / 2)


@location("Mitochondria")
def mitochondria(cell: Cell, pen: Pen) -> None:
    """Worm-like tubules, densest around the nucleus, along the microtubules (doi:10.1126/science.1219855)."""
    maps = cell.maps
    near = (0.06 + np.exp(-maps.from_nucleus / pen.rng.uniform(2.5, 6.0))) * maps.cytoplasm * (maps.edge > 0.8)
    n = int(np.clip(pen.rng.uniform(0.08, 0.18) * maps.area(maps.cytoplasm), 6, 150))
    starts = maps.sample(pen.rng, n, near.astype(np.float32))
    out = starts - cell.centrosome
    headings = np.arctan2(out[:, 1], out[:, 0]) + pen.rng.normal(0, 0.9, len(starts))
    growth = Growth(steps=24, step=0.3, wander=0.28, memory=0.75, shy=1.2)
    owners = np.full(len(starts), cell.number, np.uint16)
    paths, alive = grow(pen.rng, pen.landmarks.cytoplasm_room, starts, headings, owners, growth)
    length = pen.rng.uniform(0.25, 1.0, (len(paths), 1)) * paths.shape[1]
    light = alive * (np.arange(paths.shape[1]) < length) * pen.rng.uniform(0.5, 1.0, (len(paths), 1))
    pen.canvas.strokes(paths, light, width=0.48)


@location("Aggresome", holds=centred, suits=adherent)
def aggresome(cell: Cell, pen: Pen) -> None:
    """One or two large round inclusions near the centrosome (doi:10.1083/jcb.143.7.1883)."""
    maps = cell.maps
    far = maps.distance_to(cell.centrosome)
    near = np.exp(-((far / 4.0) ** 2)) * (far < 10) * (maps.edge > 1.2) * (maps.from_nucleus > 0.8)
    spots = maps.sample(pen.rng, int(pen.rng.integers(1, 3)), near.astype(np.float32))
    pen.canvas.discs(spots, pen.rng.uniform(0.9, 1.8, len(spots)), pen.rng.uniform(0.8, 1.0, len(spots)))
    pen.haze(cell, 0.06)


@location("Cytoplasmic bodies")
def cytoplasmic_bodies(cell: Cell, pen: Pen) -> None:
    """A few round dots, such as P-bodies, anywhere in the cytoplasm (doi:10.1101/cshperspect.a012286)."""
    maps = cell.maps
    calm = maps.cytoplasm & (maps.edge > 1) & (maps.from_nucleus > 0.5)
    spots = maps.sample(pen.rng, int(pen.rng.integers(4, 15)), calm)
    pen.canvas.discs(spots, pen.rng.uniform(0.3, 0.6, len(spots)), pen.rng.uniform(0.6, 1.0, len(spots)))
    pen.haze(cell, 0.05, nucleus=0.4)


@location("Rods & rings", suits=adherent)
def rods_and_rings(cell: Cell, pen: Pen) -> None:
    """Rods of 3 to 10 µm and rings of 2 to 5 µm, of CTP synthase or IMPDH (doi:10.1371/journal.pone.0029690)."""
    maps = cell.maps
    n = int(pen.rng.integers(2, 9))
    middles = maps.sample(pen.rng, n, maps.cytoplasm & (maps.edge > 1.5))
    angles = cell.axis + pen.rng.normal(0, 0.8, len(middles))
    half = pen.rng.uniform(1.2, 4.0, (len(middles), 1, 1))
    t = np.linspace(-1, 1, 12)[None, :, None]
    along, across = unit(angles)[:, None], unit(angles + np.pi / 2)[:, None]
    paths = middles[:, None] + half * t * along + 0.12 * half * t**2 * across
    inside = pen.within(cell, paths) & (read_map(pen.landmarks.scene.from_nucleus, paths) > 0.3)
    pen.canvas.strokes(paths, np.logical_and.accumulate(inside, axis=1).astype(np.float64), width=0.5)
    rings = maps.sample(
        pen.rng, int(pen.rng.integers(0, 3)), maps.cytoplasm & (maps.edge > 3) & (maps.from_nucleus > 2.5)
    )
    radii = pen.rng.uniform(1.0, 2.3, len(rings))
    apart = separate(rings, radii)
    pen.canvas.rings(rings[apart], radii[apart], 1.0, width=0.5)
    pen.haze(cell, 0.03)
