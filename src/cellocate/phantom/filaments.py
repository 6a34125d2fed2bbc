"""Grow filaments that wander and bend along the edge of their cell."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cellocate.phantom.shapes import MAP_PIXEL, Image, Points, unit


def read_map(values: Image, places: Points) -> Image:
    """Read one of the scene's maps at `places` (..., 2) in µm; beyond the field, its border values."""
    return values.ravel()[_flat(places.reshape(-1, 2), len(values))].reshape(places.shape[:-1])


def _flat(places: Points, side: int) -> NDArray[np.int64]:
    at = np.clip((places / MAP_PIXEL).astype(np.int64), 1, side - 2)
    return np.asarray(at[:, 1] * side + at[:, 0])


@dataclass(frozen=True)
class Room:
    """The distance of the nearest wall and the direction away from it, on the scene's maps."""

    distance: Image  # µm to the nearest wall, 0 where a filament must not be
    labels: NDArray[np.uint16]  # the cell of each pixel

    @cached_property
    def _table(self) -> Image:
        """For each pixel: the unit vector away from the nearest wall (x, y), the distance to it, the cell."""
        table = np.zeros((*self.distance.shape, 4), np.float32)
        table[:, 1:-1, 0] = self.distance[:, 2:] - self.distance[:, :-2]
        table[1:-1, :, 1] = self.distance[2:] - self.distance[:-2]
        table[..., :2] /= np.maximum(np.hypot(table[..., 0], table[..., 1]), 1e-6)[..., None]
        table[..., 2] = self.distance
        table[..., 3] = self.labels  # exact up to 2**24
        return table.reshape(-1, 4)

    def lookup(self, places: Points) -> tuple[Image, Image, Image]:
        """At `places` (n, 2) in µm: the number of the cell, the distance to a wall, the unit vector away from it."""
        found = self._table[_flat(places, len(self.labels))]  # one lookup for all, for speed
        return found[:, 3], found[:, 2], found[:, :2]


@dataclass(frozen=True)
class Growth:
    """How filaments grow: `steps` of `step` µm, turning by `wander` (radians per step) with a memory of `memory`.

    Within `shy` µm of a wall a filament turns along it.
    """

    steps: int
    step: float
    wander: float
    memory: float = 0.85
    shy: float = 2.0


def grow(
    rng: np.random.Generator,
    room: Room,
    starts: Points,
    headings: NDArray[np.float64],
    owners: NDArray[np.uint16],
    growth: Growth,
) -> tuple[Points, NDArray[np.float64]]:
    """Grow filaments from `starts` (n, 2) in directions `headings` (n), all at once.

    Returns:
        Paths (n, steps + 1, 2) in µm, and for each point 1 inside the own cell, 0 after leaving it.
    """
    n = len(starts)
    paths = np.empty((n, growth.steps + 1, 2))
    alive = np.ones((n, growth.steps + 1))
    paths[:, 0] = starts
    ahead = unit(headings)
    curve = rng.normal(0, growth.wander, n)
    swing = growth.wander * np.sqrt(1 - growth.memory**2)
    here = np.ones(n)
    for i in range(growth.steps):
        owner, distance, away = room.lookup(paths[:, i])
        here = here * (owner == owners)
        alive[:, i] = here
        curve = growth.memory * curve + swing * rng.standard_normal(n)
        ahead = ahead + curve[:, None] * np.stack([-ahead[:, 1], ahead[:, 0]], axis=1)
        towards = np.minimum((ahead * away).sum(axis=1), 0)  # the part of the heading that goes into the wall
        press = np.clip(1.25 - distance / growth.shy, 0, 1)
        ahead = ahead - (press * towards)[:, None] * away * 1.05
        ahead /= np.maximum(np.hypot(ahead[:, 0], ahead[:, 1]), 1e-6)[:, None]
        paths[:, i + 1] = paths[:, i] + growth.step * ahead
    owner, _, _ = room.lookup(paths[:, -1])
    alive[:, -1] = here * (owner == owners)
    return paths, alive
