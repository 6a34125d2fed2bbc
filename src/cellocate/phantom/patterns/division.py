"""Locations that exist only while cells divide."""

from __future__ import annotations

import numpy as np

from cellocate.phantom.cell import Cell
from cellocate.phantom.landmarks import bridge_fibres, spindle_fibres
from cellocate.phantom.patterns.drawing import Pen, in_phases, location


@location("Mitotic spindle", holds=in_phases("metaphase"), metaphases=3)
def mitotic_spindle(cell: Cell, pen: Pen) -> None:
    """Fibres from two poles to the plate of chromosomes, only in mitosis (doi:10.1038/nrm.2016.162)."""
    pen.canvas.strokes(*spindle_fibres(pen.rng, cell, gain=1.0), width=0.3)
    pen.canvas.discs(cell.poles, 0.6, 0.8)
    pen.haze(cell, 0.1)


@location("Cytokinetic bridge", holds=lambda cell: cell.bridge is not None, pairs=2)
def cytokinetic_bridge(cell: Cell, pen: Pen) -> None:
    """The thin link between two sisters, with the dark midbody in its middle (doi:10.1038/ncb2482)."""
    paths, light = bridge_fibres(pen.rng, cell)
    inner = np.linspace(0, 1, paths.shape[1]) ** 1.5
    pen.canvas.strokes(paths[:, :-1], 0.5 * (light * inner)[:, :-1], width=0.35)
    pen.haze(cell, 0.03)
