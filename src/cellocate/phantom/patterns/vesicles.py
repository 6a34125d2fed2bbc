"""Vesicles: small bodies that differ in number, size, place and whether they are hollow."""

from __future__ import annotations

import numpy as np

from cellocate.phantom.cell import Cell
from cellocate.phantom.patterns.drawing import Pen, location
from cellocate.phantom.shapes import separate


@location("Peroxisomes")
def peroxisomes(cell: Cell, pen: Pen) -> None:
    """Hundreds of even, tiny dots all over the cytoplasm (doi:10.1038/nrm3700)."""
    maps = cell.maps
    n = int(np.clip(0.42 * maps.area(maps.cytoplasm), 10, 350))
    weight = (0.5 + np.exp(-maps.from_nucleus / 5)) * maps.cytoplasm * (maps.edge > 0.8)
    spots = maps.sample(pen.rng, n, weight.astype(np.float32))
    pen.canvas.discs(spots, pen.rng.uniform(0.19, 0.27, len(spots)), pen.rng.uniform(0.7, 1.0, len(spots)))


@location("Endosomes")
def endosomes(cell: Cell, pen: Pen) -> None:
    """Scattered vesicles of mixed size, the larger ones hollow (doi:10.1038/emboj.2011.286)."""
    maps = cell.maps
    n = int(np.clip(0.055 * maps.area(maps.cytoplasm), 5, 60))
    spots = maps.sample(pen.rng, n, maps.cytoplasm & (maps.edge > 0.8))
    radii = 0.28 * pen.rng.lognormal(0, 0.35, len(spots))
    big = radii > 0.4
    light = pen.rng.uniform(0.4, 1.0, len(spots))
    pen.canvas.discs(spots[~big], radii[~big], light[~big])
    pen.canvas.rings(spots[big], 1.3 * radii[big], light[big], width=0.35)
    pen.haze(cell, 0.05)


@location("Lysosomes")
def lysosomes(cell: Cell, pen: Pen) -> None:
    """Many dots of very uneven size, crowded around the centrosome (doi:10.1038/nrm2745)."""
    maps = cell.maps
    n = int(np.clip(0.14 * maps.area(maps.cytoplasm), 8, 130))
    near = 0.08 + np.exp(-((maps.distance_to(cell.centrosome) / 6) ** 2))
    spots = maps.sample(pen.rng, n, (near * maps.cytoplasm * (maps.edge > 0.8)).astype(np.float32))
    radii = np.clip(0.27 * pen.rng.lognormal(0, 0.5, len(spots)), 0.15, 0.9)
    pen.canvas.discs(spots, radii, pen.rng.uniform(0.35, 1.0, len(spots)))
    pen.haze(cell, 0.03)


@location("Lipid droplets")
def lipid_droplets(cell: Cell, pen: Pen) -> None:
    """Groups of hollow spheres, as proteins coat but do not enter them (doi:10.1038/nrm3699)."""
    maps = cell.maps
    calm = maps.cytoplasm & (maps.edge > 1.2) & (maps.from_nucleus > 0.6)
    near = np.exp(-maps.from_nucleus / 4) * calm
    groups = maps.sample(pen.rng, int(pen.rng.integers(2, 5)), near.astype(np.float32))
    crowd = np.zeros(near.shape)
    for group in groups:
        crowd += np.exp(-((maps.distance_to(group) / 3.2) ** 2))
    spots = maps.sample(pen.rng, int(pen.rng.integers(15, 50)), (crowd * calm).astype(np.float32))
    radii = np.clip(0.6 * pen.rng.lognormal(0, 0.3, len(spots)), 0.4, 1.4)
    apart = separate(spots, radii)
    pen.canvas.rings(spots[apart], radii[apart], 1.0, width=0.32)
    pen.haze(cell, 0.04)
