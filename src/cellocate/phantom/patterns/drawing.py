"""Register patterns: functions that draw one location in one cell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cellocate.phantom.canvas import Canvas
from cellocate.phantom.cell import Cell, Mask, Phase
from cellocate.phantom.landmarks import Landmarks
from cellocate.phantom.morphology import Morphology
from cellocate.phantom.shapes import Image, Points, noise
from cellocate.registry import LOCATIONS

MIN_NUCLEUS_UM2 = 15.0  # of a nucleus in the field

Draw = Callable[[Cell, "Pen"], None]
Holds = Callable[[Cell], bool]
Suits = Callable[[Morphology], bool]


def adherent(kind: Morphology) -> bool:
    """Whether cells of a morphology spread on glass."""
    return kind.adherent


@dataclass(frozen=True)
class Pen:
    """The tools of a pattern."""

    rng: np.random.Generator  # its own random numbers
    canvas: Canvas  # of the location
    landmarks: Landmarks  # of all cells
    elsewhere: Canvas  # canvas of the protein outside the location

    def haze(self, cell: Cell, brightness: float, *, nucleus: float = 0.8) -> None:
        """Add the faint, grainy protein elsewhere in the cell; in nuclei, `nucleus` times as bright."""
        maps = cell.maps
        mottle = np.clip(1 + 0.2 * noise(self.rng, maps.inside.shape, 3.0), 0, None)
        light = brightness * maps.height * mottle * (1 - (1 - nucleus) * maps.nucleus)
        grainy(self.rng, self.elsewhere, cell, np.asarray(light, np.float32))

    def within(self, cell: Cell, places: Points) -> Mask:
        """Which of `places` (..., 2) lie in the cell's own mask."""
        owners, _, _ = self.landmarks.cell_room.lookup(places.reshape(-1, 2))
        return np.asarray(owners == cell.number).reshape(places.shape[:-1])


def grainy(rng: np.random.Generator, canvas: Canvas, cell: Cell, light: Image, share: float = 0.5) -> None:
    """Add light on the crop of a cell's maps, a `share` of it as grains, which are rarer in the nucleus."""
    grains = np.asarray(share * light * (1 - 0.75 * cell.maps.nucleus), np.float32)
    canvas.fill(cell.maps.box, light - grains)
    canvas.points(*cell.maps.grains(rng, grains))


@dataclass(frozen=True)
class Pattern:
    """How one location is drawn, in which cells it can be, and what it needs from its scene."""

    name: str
    draw: Draw
    holds: Holds  # whether a cell can show the location
    metaphases: int = 0  # number of cells in metaphase that a scene gets for it; `pairs`: number of pairs of sisters
    pairs: int = 0
    suits: Suits = lambda kind: True  # whether cells of a morphology can show it
    shared: bool = False  # whether the light of one cell also lies in its neighbours


def in_phases(*phases: Phase) -> Holds:
    """Whether a cell is in one of these phases."""
    return lambda cell: cell.phase in phases


def intact(cell: Cell) -> bool:
    """Whether a cell is not in metaphase, and enough of its nucleus is in the field."""
    return cell.phase != "metaphase" and cell.maps.area(cell.maps.nucleus) >= MIN_NUCLEUS_UM2


def centred(cell: Cell) -> bool:
    """Whether the centrosome of a cell is in the field."""
    return intact(cell) and cell.maps.holds(cell.centrosome)


def location(
    name: str,
    *,
    holds: Holds = intact,
    metaphases: int = 0,
    pairs: int = 0,
    suits: Suits = lambda kind: True,
    shared: bool = False,
) -> Callable[[Draw], Draw]:
    """Register the function that draws the location `name`; by default only intact cells show it."""

    def register(draw: Draw) -> Draw:
        LOCATIONS.add(name, Pattern(name, draw, holds, metaphases, pairs, suits, shared), draw)
        return draw

    return register
