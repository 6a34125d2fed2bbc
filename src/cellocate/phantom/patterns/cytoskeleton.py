"""Filaments, and the centrosome from which some of them grow."""

from __future__ import annotations

import numpy as np

from cellocate.phantom.cell import Cell
from cellocate.phantom.filaments import Growth, grow
from cellocate.phantom.landmarks import MICROTUBULE_UM, bridge_fibres, spindle_fibres
from cellocate.phantom.patterns.drawing import Pen, adherent, centred, location
from cellocate.phantom.shapes import unit


@location("Microtubules", holds=lambda cell: True)
def microtubules(cell: Cell, pen: Pen) -> None:
    """Fine filaments that radiate from the centrosome, as in the landmark channel (doi:10.1038/nrm4084)."""
    if cell.phase == "metaphase":
        pen.canvas.strokes(*spindle_fibres(pen.rng, cell, gain=1.5), width=MICROTUBULE_UM)
        return
    paths, light = pen.landmarks.microtubules[cell.number]
    pen.canvas.strokes(paths, light * pen.rng.lognormal(0, 0.3, (len(paths), 1)), width=MICROTUBULE_UM)
    if cell.bridge is not None:
        bundle, bright = bridge_fibres(pen.rng, cell)
        pen.canvas.strokes(bundle, bright, width=0.25)
    pen.haze(cell, 0.03)


@location("Microtubule ends", suits=adherent)
def microtubule_ends(cell: Cell, pen: Pen) -> None:
    """Comets of about 1 µm on the growing ends of microtubules, such as EB1 (doi:10.1038/nrm2369)."""
    paths, light = pen.landmarks.microtubules[cell.number]
    steps = paths.shape[1]
    filament = np.arange(len(paths))[:, None]
    ends = np.argmax(light < 0.2, axis=1)  # where a filament leaves the focal plane, or reaches the edge
    ends = np.where((light < 0.2).any(axis=1), ends, steps)
    at = np.clip(ends[:, None] - 3 + np.arange(3), 0, steps - 1)
    seen = (ends >= 5)[:, None] & (pen.rng.random((len(paths), 1)) < 0.6)
    brightness = seen * np.linspace(0.3, 1.0, 3) * pen.rng.uniform(0.5, 1.0, (len(paths), 1))
    pen.canvas.strokes(paths[filament, at], brightness, width=0.5)
    pen.haze(cell, 0.05)


@location("Intermediate filaments")
def intermediate_filaments(cell: Cell, pen: Pen) -> None:
    """A dense, wavy net around the nucleus that thins towards the edge (doi:10.1101/cshperspect.a018242)."""
    maps = cell.maps
    n = int(np.clip(0.26 * maps.area(maps.cytoplasm), 15, 180))
    near = np.exp(-maps.from_nucleus / 6) * maps.cytoplasm
    starts = maps.sample(pen.rng, n, near.astype(np.float32))
    growth = Growth(steps=36, step=0.4, wander=0.25, memory=0.7, shy=0.7)
    owners = np.full(len(starts), cell.number, np.uint16)
    headings = pen.rng.uniform(0, 2 * np.pi, len(starts))
    paths, alive = grow(pen.rng, pen.landmarks.cytoplasm_room, starts, headings, owners, growth)
    pen.canvas.strokes(paths, alive * pen.rng.uniform(0.3, 1.0, (len(paths), 1)), width=0.3)
    pen.haze(cell, 0.06, nucleus=0.3)


@location("Actin filaments", suits=adherent)
def actin_filaments(cell: Cell, pen: Pen) -> None:
    """Straight parallel stress fibres across the cell, and a cortex (doi:10.1242/jcs.098087)."""
    maps = cell.maps
    main = cell.axis + pen.rng.normal(0, 0.2)
    n = int(np.clip(0.05 * maps.area(maps.inside), 8, 60))
    middles = maps.sample(pen.rng, n, maps.inside)
    angles = main + pen.rng.normal(0, 0.1, len(middles)) + 0.9 * (pen.rng.random(len(middles)) < 0.15)
    half = pen.rng.uniform(3, 14, (len(middles), 1, 1))
    t = np.linspace(-1, 1, 40)[None, :, None]
    bow = pen.rng.normal(0, 0.08) * half * t**2  # all fibres of a cell bend the same way, as it does
    paths = middles[:, None] + half * t * unit(angles)[:, None] + bow * unit(angles + np.pi / 2)[:, None]
    owners, wall, _ = pen.landmarks.cell_room.lookup(paths.reshape(-1, 2))
    inside = ((owners == cell.number) & (wall > 0.2)).reshape(paths.shape[:2])
    light = inside * pen.rng.lognormal(-0.6, 0.7, (len(paths), 1))
    pen.canvas.strokes(paths, light, width=0.4)
    rim = cell.outline - 0.3 * cell.normals
    pen.canvas.strokes(np.vstack([rim, rim[:1]])[None], 0.6, width=0.5)
    pen.haze(cell, 0.12, nucleus=0.6)


@location("Centrosome", holds=centred)
def centrosome(cell: Cell, pen: Pen) -> None:
    """Two tight dots, the centrioles, at the side of the nucleus (doi:10.1038/nrm.2017.127)."""
    apart = 0.5 * pen.rng.uniform(0.6, 1.4) * unit(pen.rng.uniform(0, 2 * np.pi))
    pair = np.stack([cell.centrosome - apart, cell.centrosome + apart])
    pen.canvas.discs(pair, 0.36, np.array([1.0, pen.rng.uniform(0.6, 1.0)]))
    pen.haze(cell, 0.03)


@location("Microtubule organizing center", holds=centred)
def microtubule_organizing_centre(cell: Cell, pen: Pen) -> None:
    """A cloud of grains some µm wide around the centrosome, with a bright heart (GO:0005815; HPA cell atlas)."""
    n = int(pen.rng.integers(25, 60))
    grains = cell.centrosome + pen.rng.normal(0, pen.rng.uniform(0.9, 1.6), (n, 2))
    grains = grains[pen.within(cell, grains)]
    pen.canvas.discs(grains, pen.rng.uniform(0.18, 0.4, len(grains)), pen.rng.uniform(0.2, 0.7, len(grains)))
    pen.canvas.discs(cell.centrosome[None], 0.9, 0.7)
    pen.haze(cell, 0.05)
