"""One cell: its outline and landmarks in µm, and its crop of the scene's maps."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cellocate.phantom.shapes import MAP_PIXEL, Image, Points

Phase = Literal["interphase", "metaphase", "daughter"]
Mask = NDArray[np.bool_]
Amounts = NDArray[np.float64]


@dataclass(frozen=True)
class PlannedCell:
    """A cell before its neighbours press on it."""

    centre: Points  # (x, y) in µm
    radii: NDArray[np.float64]  # distance from the centre to the free edge, in µm, for each of `shapes.ANGLES`
    axis: float  # direction of its length, and of the spindle in division, in radians
    nuclei: tuple[Points, ...]  # outlines in µm; in metaphase the plate of chromosomes
    nucleus_radius: float
    phase: Phase = "interphase"
    partner: int | None = None  # index of its sister in the list of plans, after division


@dataclass(frozen=True)
class Relief:
    """The thickness of the cells of a field."""

    slope: float  # width over which a free edge rises, µm
    peak: float  # share of the height that is a mound around the nucleus, 0 to 1

    def mound(self, from_nucleus: Image) -> Image:
        """The height of the mound, 0 to 1, at a distance from the nucleus in µm."""
        return np.asarray(1 - self.peak + self.peak * np.exp(-from_nucleus / 5), np.float32)


@dataclass(frozen=True, eq=False)
class CellMaps:
    """A crop of the scene's maps around one cell; lengths in µm."""

    box: tuple[int, int, int, int]  # (top, bottom, left, right) in map pixels
    inside: Mask  # the cell; `nucleus`, `nucleoli`, `cytoplasm`: its parts
    nucleus: Mask
    nucleoli: Mask
    edge: Image  # distance to the edge of the cell, from inside; `rim`: to its free edge, where no other cell touches
    rim: Image
    from_nucleus: Image  # distance to its own nucleus, from outside; `in_nucleus` to its edge, from inside
    in_nucleus: Image
    relief: Relief

    @cached_property
    def cytoplasm(self) -> Mask:
        """The cell without its nucleus."""
        return self.inside & ~self.nucleus

    @cached_property
    def height(self) -> Image:
        """Thickness of the cell, 0 to 1: a free edge rises slowly, a contact with another cell at once."""
        slope = np.sqrt(np.clip(self.rim / self.relief.slope, 0, 1)) * np.clip(0.4 + self.edge / 1.2, 0, 1)
        return np.asarray(slope * self.inside * self.mound, np.float32)

    @cached_property
    def mound(self) -> Image:
        """How much thicker the cell is near its nucleus, 0 to 1."""
        return self.relief.mound(self.from_nucleus)

    def area(self, part: Mask) -> float:
        """The area of a part in µm²."""
        return float(part.sum()) * MAP_PIXEL**2

    def sample(self, rng: np.random.Generator, n: int, weight: Image | Mask) -> Points:
        """Draw `n` random places, (n, 2) in µm, with probabilities `weight`; none if it is 0 everywhere."""
        chance = np.cumsum(weight.ravel(), dtype=np.float64)
        if n <= 0 or chance.size == 0 or chance[-1] <= 0:
            return np.zeros((0, 2))
        at = np.searchsorted(chance, rng.random(n) * chance[-1], side="right")
        row, column = np.divmod(np.minimum(at, chance.size - 1), weight.shape[1])
        corner = np.stack([column + self.box[2], row + self.box[0]], axis=1)
        return np.asarray((corner + rng.random((n, 2))) * MAP_PIXEL, np.float64)

    def grains(self, rng: np.random.Generator, light: Image, per_um2: float = 3.0) -> tuple[Points, Amounts]:
        """Points that together emit `light`, unevenly: places (n, 2) in µm, and brightness times µm² (n).

        Real stains are clumps of dye, grainy at every magnification.
        """
        n = int(per_um2 * self.area(light > 0))
        places = self.sample(rng, n, light)
        amounts = rng.lognormal(-0.32, 0.8, len(places))  # of mean 1
        return places, amounts * float(light.sum()) * MAP_PIXEL**2 / max(len(places), 1)

    def holds(self, place: Points) -> bool:
        """Whether a place (2,) in µm is in the cell."""
        column, row = np.floor(place / MAP_PIXEL).astype(int) - (self.box[2], self.box[0])
        rows, columns = self.inside.shape
        return bool(0 <= row < rows and 0 <= column < columns and self.inside[row, column])

    def distance_to(self, place: Points) -> Image:
        """Distance in µm of each pixel of the crop to one place."""
        top, bottom, left, right = self.box
        y = (np.arange(top, bottom) + 0.5) * MAP_PIXEL - place[1]
        x = (np.arange(left, right) + 0.5) * MAP_PIXEL - place[0]
        return np.asarray(np.hypot(y[:, None], x[None, :]), np.float32)


@dataclass(frozen=True, eq=False)
class Cell:
    """A cell of a scene; `number` is its value in the instance mask, lengths are µm, angles radians."""

    number: int
    pair: int  # the lower number of two sisters, or its own number
    centre: Points
    axis: float
    phase: Phase
    outline: Points  # its edge, (n, 2), about 0.3 µm apart; `normals` point outwards
    normals: Points
    touching: Mask  # for each point of the outline, whether another cell lies right behind it
    nuclei: tuple[Points, ...]
    nucleus_radius: float
    nucleoli: Points  # (n, 3): x, y, radius
    centrosome: Points  # (x, y); next to the nucleus in interphase
    bridge: Points | None  # (x, y) of the middle of the bridge to its sister; None unless it has just divided
    defocus: float  # distance from the focal plane, as blur (standard deviation) in µm
    maps: CellMaps

    @property
    def poles(self) -> Points:
        """The two ends of the spindle in metaphase, (2, 2)."""
        reach = 4.6 * np.array([np.cos(self.axis), np.sin(self.axis)])
        return np.stack([self.centre - reach, self.centre + reach])
