"""Place the cells of a field, let some divide, and give each the shape that it would have alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellocate.images import FIELD_SPAN
from cellocate.phantom.cell import PlannedCell
from cellocate.phantom.morphology import Morphology
from cellocate.phantom.shapes import Points, blob, bump, ellipse, polygon, spike, unit, wobble

BLEBBING = 0.12  # how often a field has cells with blebs
MARGIN_UM = 9.0  # centres may lie this far outside, so that the border cuts cells

DAUGHTER_RADIUS = 9.0
SISTERS_APART = 22.0
DIVIDING_SLACK = 4.0  # extra distance from dividing cells, which are hardly pressed


def place_cells(
    rng: np.random.Generator, kind: Morphology, span: float, *, metaphases: int, pairs: int
) -> list[PlannedCell]:
    """Plan the cells of a field `span` µm wide: dividing cells first, then as many others as fit."""
    well = _Well(kind, span, flow=rng.uniform(0, np.pi), blebs=rng.uniform(0.2, 0.8) * (rng.random() < BLEBBING))
    plans: list[PlannedCell] = []
    times = max(1, round((span / FIELD_SPAN) ** 2))
    for _ in range(times * pairs):
        plans += _sisters(rng, well, plans)
    for _ in range(times * metaphases):
        plans += _metaphase(rng, well, plans)
    islands = _islands(rng, well)
    sparse = rng.uniform(0.6, 1.2) * (span / FIELD_SPAN) ** 2  # some wells are thinly seeded
    for _ in range(max(1, int(sparse * rng.integers(kind.cells[0], kind.cells[1] + 1)))):
        plans += _ordinary(rng, well, plans, islands)
    return plans


@dataclass(frozen=True)
class _Well:
    """Properties that the cells of a field share: `flow`, the direction of aligned cells; `blebs`, their frequency."""

    kind: Morphology
    span: float
    flow: float
    blebs: float


def _islands(rng: np.random.Generator, well: _Well) -> Points | None:
    if not well.kind.islands and rng.random() < 0.75:
        return None
    n = max(1, round(rng.integers(1, 4) * (well.span / FIELD_SPAN) ** 2))
    return rng.uniform(0.15 * well.span, 0.85 * well.span, (n, 2))


def _is_free(centre: Points, plans: list[PlannedCell], apart: float) -> bool:
    if not plans:
        return True
    to = np.array([plan.centre for plan in plans]) - centre
    slack = np.array([DIVIDING_SLACK if plan.phase != "interphase" else 0.0 for plan in plans])
    return bool(np.all(np.hypot(to[:, 0], to[:, 1]) - slack > apart))


def _find_room(
    rng: np.random.Generator, span: float, plans: list[PlannedCell], apart: float, margin: float
) -> Points | None:
    for _ in range(60):
        centre = rng.uniform(margin, span - margin, 2)
        if _is_free(centre, plans, apart):
            return centre
    return None


def _ordinary(
    rng: np.random.Generator, well: _Well, plans: list[PlannedCell], islands: Points | None
) -> list[PlannedCell]:
    kind = well.kind
    centre = _free_place(rng, well, plans, islands)
    if centre is None:
        return []
    axis = well.flow + rng.normal(0, 0.3) if kind.aligned else rng.uniform(0, 2 * np.pi)
    size = kind.radius * np.exp(rng.normal(0, 0.16))
    radii = ellipse(size, rng.uniform(*kind.aspect), axis) * wobble(rng, 0.16)
    turn = rng.uniform(0, 2 * np.pi)
    corners = int(rng.integers(kind.corners[0], kind.corners[1] + 1))
    for corner in range(corners):
        angle = turn + 2 * np.pi * corner / corners + rng.normal(0, 0.3)
        if kind.aligned:  # spindles taper at their two ends
            angle = axis + np.pi * corner + rng.normal(0, 0.1)
        reach = kind.reach * size * rng.uniform(0.4, 1.5)
        radii = radii + reach * spike(angle, kind.taper * rng.uniform(0.7, 1.3))
    if rng.random() < well.blebs:
        radii = radii + _blebs(rng, size)
    return [PlannedCell(centre, radii, axis, _nuclei(rng, kind, centre, axis), kind.nucleus)]


def _blebs(rng: np.random.Generator, size: float) -> NDArray[np.float64]:
    """Round bulges along a part of the edge, as in stressed cells."""
    turn = rng.uniform(0, 2 * np.pi)
    bulges = [rng.uniform(0.8, 2.2) * bump(turn + rng.normal(0, 0.8), 1.1 / size) for _ in range(rng.integers(3, 9))]
    return np.asarray(np.max(bulges, axis=0), np.float64)


def _free_place(
    rng: np.random.Generator, well: _Well, plans: list[PlannedCell], islands: Points | None
) -> Points | None:
    for _ in range(40):
        if islands is None:
            centre = rng.uniform(-MARGIN_UM, well.span + MARGIN_UM, 2)
        else:
            centre = islands[rng.integers(len(islands))] + rng.normal(0, 30, 2)
            if not np.all((centre > -MARGIN_UM) & (centre < well.span + MARGIN_UM)):
                continue
        if _is_free(centre, plans, well.kind.spacing * well.kind.radius):
            return centre
    return None


def _nuclei(rng: np.random.Generator, kind: Morphology, centre: Points, axis: float) -> tuple[Points, ...]:
    if rng.random() < kind.nuclei:
        radius = 0.75 * kind.nucleus
        side = 1.15 * radius * unit(rng.uniform(0, 2 * np.pi))
        return tuple(blob(rng, centre + way * side, radius * rng.uniform(0.85, 1.1), 1.15, axis) for way in (-1, 1))
    radius = kind.nucleus * np.exp(rng.normal(0, 0.1))
    tilt = axis + rng.normal(0, 0.25)
    radii = ellipse(radius, rng.uniform(*kind.nucleus_aspect), tilt) * wobble(rng, 0.08)
    if rng.random() < kind.lobed:
        for _ in range(int(rng.integers(1, 3))):
            radii = radii * (1 - rng.uniform(0.25, 0.6) * bump(rng.uniform(0, 2 * np.pi), rng.uniform(0.2, 0.45)))
    return (polygon(centre + rng.normal(0, 0.05 * kind.radius, 2), radii),)


def _metaphase(rng: np.random.Generator, well: _Well, plans: list[PlannedCell]) -> list[PlannedCell]:
    centre = _find_room(rng, well.span, plans, 20, margin=12)
    if centre is None:
        return []
    axis = rng.uniform(0, 2 * np.pi)
    round_up = np.clip(0.75 * well.kind.radius, 7.0, 10.5)  # mitotic cells round up and keep their volume
    radii = ellipse(round_up * rng.uniform(0.9, 1.1), 1.08, axis) * wobble(rng, 0.06)
    plate = polygon(centre, ellipse(3.2 * rng.uniform(0.9, 1.1), 2.5, axis + np.pi / 2) * wobble(rng, 0.22, orders=9))
    return [PlannedCell(centre, radii, axis, (plate,), well.kind.nucleus, phase="metaphase")]


def _sisters(rng: np.random.Generator, well: _Well, plans: list[PlannedCell]) -> list[PlannedCell]:
    middle = _find_room(rng, well.span, plans, 34, margin=18)
    if middle is None:
        return []
    axis = rng.uniform(0, 2 * np.pi)
    half = SISTERS_APART / 2 * rng.uniform(0.95, 1.15)
    pair = []
    for place, angle in enumerate((axis, axis + np.pi)):
        centre = middle + half * unit(angle)
        back = angle + np.pi  # towards the sister
        radii = ellipse(DAUGHTER_RADIUS * rng.uniform(0.85, 1.15), 1.2, angle + np.pi / 2) * wobble(rng, 0.25)
        radii = radii * (1 - 0.2 * bump(back, 0.5)) + 0.62 * half * bump(back, 0.11)  # the bridge, cut at its middle
        nucleus_radius = 0.78 * well.kind.nucleus
        nucleus = blob(rng, centre + 0.8 * unit(angle), nucleus_radius, 1.35, angle + np.pi / 2)
        partner = len(plans) + 1 - place
        pair.append(PlannedCell(centre, radii, back, (nucleus,), nucleus_radius, phase="daughter", partner=partner))
    return pair
