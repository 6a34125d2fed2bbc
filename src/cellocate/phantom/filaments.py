"""Filaments that grow, wander and bend along the edge of their cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellocate.phantom.shapes import Image, Points, unit
from cellocate.phantom.units import MAP_PIXEL, MAP_PX


@dataclass(frozen=True)
class Room:
    """How far the nearest wall is and which way leads from it, on the scene's maps.

    Attributes:
        distance: µm to the nearest wall, 0 where a filament must not be.
        labels: which cell a pixel belongs to.
    """

    distance: Image
    labels: NDArray[np.uint16]

    def look(self, places: Points) -> tuple[NDArray[np.uint16], NDArray[np.float64], Points]:
        """At `places` (n, 2) in µm: the cell, the distance to a wall, and the unit vector away from it."""
        at = np.clip((places / MAP_PIXEL).astype(np.int64), 1, MAP_PX - 2)
        x, y = at[:, 0], at[:, 1]
        far = self.distance
        away = np.stack([far[y, x + 1] - far[y, x - 1], far[y + 1, x] - far[y - 1, x]], axis=1).astype(np.float64)
        away /= np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-6)
        return self.labels[y, x], far[y, x].astype(np.float64), away


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
    """Grow filaments from `starts` (n, 2) towards `headings` (n), all at once.

    Returns:
        Paths (n, steps + 1, 2) in µm, and for each of their points 1 inside the own cell, or 0 once it has left it.
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
        owner, distance, away = room.look(paths[:, i])
        here = here * (owner == owners)
        alive[:, i] = here
        curve = growth.memory * curve + swing * rng.standard_normal(n)
        ahead = ahead + curve[:, None] * np.stack([-ahead[:, 1], ahead[:, 0]], axis=1)
        towards = np.minimum((ahead * away).sum(axis=1), 0)  # the part of the heading that goes into the wall
        press = np.clip(1.25 - distance / growth.shy, 0, 1)
        ahead = ahead - (press * towards)[:, None] * away * 1.05
        ahead /= np.maximum(np.linalg.norm(ahead, axis=1, keepdims=True), 1e-6)
        paths[:, i + 1] = paths[:, i] + growth.step * ahead
    owner, _, _ = room.look(paths[:, -1])
    alive[:, -1] = here * (owner == owners)
    return paths, alive
