"""Convert label images to polygons along the edges of pixels and back, without loss."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cellocate.cells.masks.label_arrays import Labels

Ring = NDArray[np.int64]
"""Corners of a closed line, shape (K, 2), x and y in px, without repeating the first."""
Polygon = list[Ring]
"""An outer ring, then those of its holes."""

# edges of a pixel, walked clockwise: top, right, bottom, left
_START = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
_CRUMB = 0.02  # of the largest polygon
_STEPS = ((0, 1), (1, 0), (0, -1), (-1, 0))  # their directions, y and x


def outlines(labels: Labels) -> dict[int, list[Polygon]]:
    """The outline of each cell of a label image, shape (H, W), as polygons along the edges of its pixels.

    Pixel (y, x) is the square from (x, y) to (x + 1, y + 1). Pieces that touch only at a corner are separate polygons,
    so that none crosses or touches itself.

    Example:
        >>> [[outer, hole]] = outlines(np.pad(np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]]), 1))[1]
        >>> outer.tolist(), sorted(hole.tolist())
        ([[1, 1], [4, 1], [4, 4], [1, 4]], [[2, 2], [2, 3], [3, 2], [3, 3]])
    """
    found: dict[int, list[Ring]] = {}
    for number, walk in _walks(np.pad(labels, 1)):
        found.setdefault(number, []).extend(_simple(walk))
    return {number: _polygons(found[number]) for number in sorted(found)}


def area(polygon: Polygon) -> float:
    """The area of a polygon of `outlines` without its holes, px."""
    return sum(_area(ring) for ring in polygon)


def without_crumbs(polygons: list[Polygon]) -> list[Polygon]:
    """The polygons of at least a fiftieth of the area of the largest."""
    areas = list(map(area, polygons))
    return [polygon for polygon, size in zip(polygons, areas, strict=True) if size >= _CRUMB * max(areas)]


def filled(rings: Iterable[NDArray[Any]], shape: tuple[int, int]) -> tuple[tuple[slice, slice], NDArray[np.bool_]]:
    """Fill polygons: their box, and the pixels there whose centre is in an odd number of rings.

    Rings are outer rings and holes alike, each (K, 2), x and y in px. Anything outside the image is cut off.

    Example:
        >>> place, inside = filled([np.array([[1, 0], [3, 0], [3, 2], [1, 2]])], (2, 4))
        >>> place, inside.tolist()
        ((slice(0, 2, None), slice(1, 3, None)), [[True, True], [True, True]])
    """
    ends = [(ring, np.roll(ring, -1, axis=0)) for ring in map(np.asarray, rings)]
    (x0, y0), (x1, y1) = (np.concatenate(points).astype(np.float64).T for points in zip(*ends, strict=True))
    left, right = (int(np.clip(x, 0, shape[1])) for x in (np.floor(x0.min()), np.ceil(x0.max())))
    # an edge crosses the middle of the rows from `first` to `last` (exclusive)
    first, last = (np.clip(np.ceil(f(y0, y1) - 0.5), 0, shape[0]).astype(np.int64) for f in (np.minimum, np.maximum))
    top, bottom = int(first.min()), int(last.max())
    count = last - first
    edge = np.repeat(np.arange(len(x0)), count)
    row = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + first[edge]
    x = x0[edge] + (row + 0.5 - y0[edge]) * (x1[edge] - x0[edge]) / (y1[edge] - y0[edge])
    column = np.clip(np.ceil(x - 0.5), left, right).astype(np.int64)
    width = right - left + 1
    crossings = np.bincount((row - top) * width + column - left, minlength=(bottom - top) * width)
    inside = np.cumsum(crossings.reshape(bottom - top, width), axis=1)[:, :-1] % 2 == 1
    return (slice(top, bottom), slice(left, right)), inside


def _walks(labels: Labels) -> list[tuple[int, Ring]]:
    """Walk along the edges of each cell until the walk closes, turning right at crossings: number and corners.

    `labels` has a rim of 0.
    """
    width, flat = labels.shape[1], labels.ravel()
    steps = [dy * width + dx for dy, dx in _STEPS]
    # the pixels along the walk in each direction: on its left lies another number
    sides = [np.flatnonzero((np.roll(flat, -steps[k - 1]) != flat) & (flat > 0)) for k in range(4)]
    edges = np.concatenate([side + k * flat.size for k, side in enumerate(sides)])
    direction, pixel = np.divmod(edges, flat.size)
    ahead = np.take(steps, direction)
    left = np.take(steps, direction - 1)
    here = flat[pixel]
    right_turn = flat[pixel + ahead] != here
    straight = ~right_turn & (flat[pixel + ahead + left] != here)
    following = np.where(
        right_turn,
        (direction + 1) % 4 * flat.size + pixel,
        np.where(straight, edges + ahead, (direction - 1) % 4 * flat.size + pixel + ahead + left),
    )
    y, x = np.divmod(pixel, width)
    corners = np.stack([x, y], axis=1) - 1 + _START[direction]  # less the rim
    turns = np.empty(len(edges), dtype=bool)  # whether the walk turned into this edge
    after = np.searchsorted(edges, following)
    turns[after] = ~straight
    return [(int(here[walk[0]]), corners[walk][turns[walk]]) for walk in _cycles(after.tolist())]


def _cycles(after: Sequence[int]) -> list[list[int]]:
    seen = bytearray(len(after))
    cycles = []
    for start in range(len(after)):
        if seen[start]:
            continue
        cycle, at = [], start
        while not seen[at]:
            seen[at] = 1
            cycle.append(at)
            at = after[at]
        cycles.append(cycle)
    return cycles


def _simple(walk: Ring) -> list[Ring]:
    """Split a walk that visits a corner twice into simple rings."""
    points = list(map(tuple, walk.tolist()))
    if len(set(points)) == len(points):
        return [walk]
    rings: list[Ring] = []
    path: list[tuple[int, ...]] = []
    place: dict[tuple[int, ...], int] = {}
    for point in points:
        if point in place:
            start = place[point]
            rings.append(np.array(path[start:]))
            for left in path[start:]:
                del place[left]
            del path[start:]
        place[point] = len(path)
        path.append(point)
    return [*rings, np.array(path)]


def _polygons(rings: list[Ring]) -> list[Polygon]:
    """Sort the rings of one cell into outer rings, each with the holes in it."""
    areas = [_area(ring) for ring in rings]
    outer = sorted((i for i, area in enumerate(areas) if area > 0), key=lambda i: areas[i])
    polygons = {i: [rings[i]] for i in outer}
    for hole, area in zip(rings, areas, strict=True):
        if area < 0:
            middle = (hole[0] + hole[1]) / 2  # of an edge, so on no other ring
            around = (i for i in outer if len(outer) == 1 or _holds(rings[i], middle))
            polygons[next(around)].append(hole)
    return list(polygons.values())


def _area(ring: Ring) -> float:
    """In px; negative for a hole, which is walked anticlockwise."""
    (x, y), (x1, y1) = ring.T, np.roll(ring, -1, axis=0).T
    return float((x * y1 - x1 * y).sum()) / 2


def _holds(ring: Ring, point: NDArray[np.float64]) -> bool:
    return cv2.pointPolygonTest(ring.astype(np.float32), (float(point[0]), float(point[1])), False) > 0
