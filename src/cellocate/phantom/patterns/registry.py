"""How a pattern is told from a picture of it: a function that draws one location in one cell.

To add a location, write a function that draws it in one cell and decorate it with `location`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cellocate.phantom.canvas import Canvas
from cellocate.phantom.cell import Cell, Phase
from cellocate.phantom.landmarks import Landmarks
from cellocate.phantom.morphology import Morphology
from cellocate.phantom.shapes import Image, noise

Draw = Callable[[Cell, "Pen"], None]
Holds = Callable[[Cell], bool]
Suits = Callable[[Morphology], bool]


def any_kind(kind: Morphology) -> bool:
    """Every morphology suits."""
    return True


def adherent(kind: Morphology) -> bool:
    """Only cells that spread on glass."""
    return kind.adherent


@dataclass(frozen=True)
class Pen:
    """What a pattern draws with: its own random numbers, the canvas of its location, and the cell's landmarks."""

    rng: np.random.Generator
    canvas: Canvas
    landmarks: Landmarks

    def haze(self, cell: Cell, brightness: float, *, nucleus: float = 0.8) -> None:
        """Add the faint, grainy share of a protein that is elsewhere in the cell, `nucleus` times it in nuclei."""
        maps = cell.maps
        mottle = np.clip(1 + 0.2 * noise(self.rng, maps.inside.shape, 3.0), 0, None)
        light = brightness * maps.height * mottle * (1 - (1 - nucleus) * maps.nucleus)
        self.grainy(cell, np.asarray(light, np.float32))

    def grainy(self, cell: Cell, light: Image, share: float = 0.5) -> None:
        """Add light on the crop of the cell's maps, a `share` of it as grains, which are rarer in the nucleus."""
        grains = np.asarray(share * light * (1 - 0.75 * cell.maps.nucleus), np.float32)
        self.canvas.fill(cell.maps.box, light - grains)
        self.canvas.points(*cell.maps.grains(self.rng, grains))


@dataclass(frozen=True)
class Pattern:
    """How one location is drawn, in which cells it can be, and what it asks of its scene.

    Attributes:
        holds: whether a cell can show the location at all.
        metaphases: how many cells in metaphase a scene is made to hold for it; `pairs`: how many pairs of sisters.
        suits: whether cells of a morphology can show it.
    """

    name: str
    draw: Draw
    holds: Holds
    metaphases: int = 0
    pairs: int = 0
    suits: Suits = any_kind


PATTERNS: dict[str, Pattern] = {}


def in_phases(*phases: Phase) -> Holds:
    """Whether a cell is in one of these phases."""
    return lambda cell: cell.phase in phases


intact = in_phases("interphase", "daughter")


def location(
    name: str, *, holds: Holds = intact, metaphases: int = 0, pairs: int = 0, suits: Suits = any_kind
) -> Callable[[Draw], Draw]:
    """Register the function that draws the location `name`; by default only cells with a nucleus show it."""

    def register(draw: Draw) -> Draw:
        PATTERNS[name] = Pattern(name, draw, holds, metaphases, pairs, suits)
        return draw

    return register
