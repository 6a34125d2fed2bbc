"""Press planned cells against each other: outlines that touch or slightly overlap."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from cellocate.phantom.cell import PlannedCell
from cellocate.phantom.shapes import ANGLES, Image, Points, even_steps

STEP_UM = 0.64  # pixel of the grid on which cells compete; outlines are interpolated between its points
REACH_UM = 24.0  # margin of the grid around the field
OVERLAP = 0.05  # largest overlap with a neighbour, in radii

Box = tuple[slice, slice]


def cell_outlines(rng: np.random.Generator, plans: list[PlannedCell], span: float) -> list[Points | None]:
    """The outline of each planned cell in µm, about 0.32 µm between points; None where a cell found no room.

    Each cell scores a place by its distance from the centre, in units of its own radius in that direction. The lowest
    score below 1 takes the place. So free edges keep their planned shape, and contacts lie in between, with a small
    overlap.
    """
    grid = int((span + 2 * REACH_UM) / STEP_UM)
    boxes = [_box(plan, grid) for plan in plans]
    scores = [_score(plan, box) for plan, box in zip(plans, boxes, strict=True)]
    overlaps = rng.uniform(0, OVERLAP, len(plans))
    best = np.full((grid, grid), 9.0, np.float32)
    second = best.copy()
    for box, score in zip(boxes, scores, strict=True):
        second[box] = np.minimum(second[box], np.maximum(best[box], score))
        best[box] = np.minimum(best[box], score)
    found: list[Points | None] = []
    for box, score, overlap in zip(boxes, scores, overlaps, strict=True):
        rival = np.where(score <= best[box], second[box], best[box])
        found.append(_contour(np.minimum(1 - score, rival - score + np.float32(overlap)), box))
    return found


def _box(plan: PlannedCell, grid: int) -> Box:
    reach = float(plan.radii.max()) + 2
    low = np.clip((plan.centre - reach + REACH_UM) / STEP_UM, 0, grid).astype(int)
    high = np.clip((plan.centre + reach + REACH_UM) / STEP_UM + 1, 0, grid).astype(int)
    return slice(low[1], high[1]), slice(low[0], high[0])


def _score(plan: PlannedCell, box: Box) -> Image:
    x = ((np.arange(box[1].start, box[1].stop) + 0.5) * STEP_UM - REACH_UM - plan.centre[0]).astype(np.float32)
    y = ((np.arange(box[0].start, box[0].stop) + 0.5) * STEP_UM - REACH_UM - plan.centre[1]).astype(np.float32)
    apart = np.hypot(x[None, :], y[:, None])
    score = apart / _radius_towards(np.arctan2(y[:, None], x[None, :]), plan.radii)
    for nucleus in plan.nuclei:  # a cell keeps the area around its own nucleus
        middle = nucleus.mean(axis=0)
        ring = nucleus - middle
        reach = np.interp(ANGLES, *_by_angle(ring), period=2 * np.pi)
        dx, dy = x[None, :] + plan.centre[0] - middle[0], y[:, None] + plan.centre[1] - middle[1]
        near = np.hypot(dx, dy) / (_radius_towards(np.arctan2(dy, dx), reach) + 1.2)
        score = np.minimum(score, 0.3 * near + 9 * (near > 1))
    return np.asarray(score, np.float32)


def _by_angle(ring: Points) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    angle = np.arctan2(ring[:, 1], ring[:, 0]) % (2 * np.pi)
    order = np.argsort(angle)
    return angle[order], np.linalg.norm(ring, axis=1)[order]


def _radius_towards(angle: Image, radii: NDArray[np.float64]) -> Image:
    place = (angle % (2 * np.pi)) * (len(ANGLES) / (2 * np.pi))
    low = place.astype(np.int32)
    part = place - low
    ring = np.append(radii, radii[:2]).astype(np.float32)  # the first angles again, to close the circle
    return np.asarray(ring[low] * (1 - part) + ring[low + 1] * part, np.float32)


def _contour(field: Image, box: Box) -> Points | None:
    """The longest line along which `field` is 0, in µm."""
    fine = cv2.resize(field, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
    fine = np.pad(fine, 1, constant_values=-1)
    lines, _ = cv2.findContours((fine > 0).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not lines:
        return None
    line = max(lines, key=cv2.contourArea)[:, 0, :].astype(np.float64)
    if len(line) < 40:
        return None
    line = _smooth(line - 1)  # undo the padding
    corner = np.array([box[1].start, box[0].start])
    return even_steps((line + 0.5) / 2 * STEP_UM + corner * STEP_UM - REACH_UM, 0.32)


def _smooth(line: Points, width: int = 5) -> Points:
    taper = np.hanning(width + 2)[1:-1]
    wrapped = np.vstack([line[-(width // 2) :], line, line[: width // 2]])
    return np.stack([np.convolve(wrapped[:, i], taper / taper.sum(), mode="valid") for i in (0, 1)], axis=1)
