"""Build the geometry of one field: cells with their landmarks, and maps of distances and labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from cellocate.phantom.cell import Cell, CellMaps, PlannedCell, Relief
from cellocate.phantom.cell_outlines import cell_outlines
from cellocate.phantom.morphology import MORPHOLOGIES, Morphology
from cellocate.phantom.placement import place_cells
from cellocate.phantom.shapes import MAP_PIXEL, Image, Points, blob, even_steps, map_px, outward, rasterise, unit

# labels of cells and nuclei; distances to the own edge, to a free edge, to a nucleus, and to its edge from inside
SceneMaps = tuple[NDArray[np.uint16], NDArray[np.uint16], Image, Image, Image, Image]

TOUCH_UM = 1.0  # cells nearer than this touch
DEFOCUS_UM = (0.4, 0.9)  # blur of cells out of focus; few levels, as each is blurred by itself
BEYOND_UM = 20.0  # margin around the field in which nuclei count
FAR_UM = 200.0  # largest distance
MIN_VISIBLE_UM2 = 12.0  # cells with less area in the field are dropped


@dataclass(frozen=True)
class Scene:
    """One field before any light: `cells`, and maps of 0.32 µm pixels that every size of picture shares."""

    kind: Morphology
    span: float  # µm a side
    relief: Relief
    cells: tuple[Cell, ...]
    labels: NDArray[np.uint16]  # the cell of each pixel, uint16, 0 for none
    edge: Image  # distance to the edge of the own cell in µm, 0 outside cells
    from_nucleus: Image  # distance to the nearest nucleus in µm, 0 inside nuclei

    @cached_property
    def cytoplasm_room(self) -> Image:
        """Distance in µm to the nearest edge of the cytoplasm, of cell or nucleus."""
        return np.minimum(self.edge, self.from_nucleus)


def build_scene(
    rng: np.random.Generator, span: float, *, kinds: Sequence[Morphology] = MORPHOLOGIES, metaphases: int, pairs: int
) -> Scene:
    """Grow the cells of a field `span` µm wide; the same `rng` gives the same scene."""
    kind, side = kinds[int(rng.integers(len(kinds)))], map_px(span)
    plans = place_cells(rng, kind, span, metaphases=metaphases, pairs=pairs)
    edges = cell_outlines(rng, plans, span)
    shapes = {i: edge for i, edge in enumerate(edges) if edge is not None and _is_visible(edge, side)}
    numbers = {i: number for number, i in enumerate(shapes, start=1)}
    labels = rasterise(list(shapes.values()), list(numbers.values()), side, MAP_PIXEL)
    owners = [number for i, number in numbers.items() for _ in plans[i].nuclei]
    nuclei = rasterise([nucleus for i in shapes for nucleus in plans[i].nuclei], owners, side, MAP_PIXEL)
    nuclei[labels != nuclei] = 0
    edge = _distance(_own_ground(labels))
    from_nucleus, in_nucleus = _distance(nuclei == 0), _distance(nuclei > 0)
    nucleoli = {i: _nucleoli(rng, plans[i]) for i in shapes}
    relief, defocus = _draw_relief(rng), _draw_defocus(rng, len(plans))
    maps = (labels, nuclei, edge, _distance(labels > 0), from_nucleus, in_nucleus)
    cells = tuple(_cell(rng, i, numbers, plans, shapes[i], nucleoli[i], maps, relief, defocus) for i in shapes)
    return Scene(kind, span, relief, cells, labels, edge, from_nucleus)


def _draw_relief(rng: np.random.Generator) -> Relief:
    return Relief(slope=float(rng.uniform(2.5, 8)), peak=float(rng.choice([0.0, rng.uniform(0, 0.8)])))


def _draw_defocus(rng: np.random.Generator, n: int) -> NDArray[np.float64]:
    """Some cells lie above or below the focal plane, more of them in some fields."""
    share = rng.uniform(0, 0.3) * (rng.random() < 0.6)
    return np.where(rng.random(n) < share, rng.choice(DEFOCUS_UM, n), 0.0)


def _is_visible(outline: Points, side: int) -> bool:
    mask = rasterise([outline], [1], side // 4, 4 * MAP_PIXEL)
    return float(mask.sum()) * (4 * MAP_PIXEL) ** 2 >= MIN_VISIBLE_UM2


def _own_ground(labels: NDArray[np.uint16]) -> NDArray[np.bool_]:
    """Pixels of a cell without a neighbouring pixel of another."""
    same = labels > 0
    same[1:] &= labels[1:] == labels[:-1]
    same[:-1] &= labels[1:] == labels[:-1]
    same[:, 1:] &= labels[:, 1:] == labels[:, :-1]
    same[:, :-1] &= labels[:, 1:] == labels[:, :-1]
    return same


def _distance(mask: NDArray[np.bool_]) -> Image:
    far = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5)
    return np.asarray(np.minimum(far * MAP_PIXEL, FAR_UM), np.float32)


def _nucleoli(rng: np.random.Generator, plan: PlannedCell) -> Points:
    """Nucleoli as (x, y, radius); they dissolve when a cell divides."""
    if plan.phase == "metaphase":
        return np.zeros((0, 3))
    found: list[NDArray[np.float64]] = []
    for nucleus in plan.nuclei:
        middle = nucleus.mean(axis=0)
        for _ in range(int(rng.integers(1, 6))):
            radius = plan.nucleus_radius * rng.uniform(0.11, 0.27)
            # between the middle and the edge of the nucleus, so that the nucleolus does not stick out
            at = middle + (nucleus[rng.integers(len(nucleus))] - middle) * rng.uniform(0.05, 0.6)
            if all(np.linalg.norm(at - other[:2]) > 1.3 * (radius + other[2]) for other in found):
                found.append(np.array([at[0], at[1], radius]))
    return np.array(found).reshape(-1, 3)


def _nucleolus(rng: np.random.Generator, body: Points) -> Points:
    return blob(rng, body[:2], body[2], rng.uniform(1, 1.7), rng.uniform(0, np.pi), uneven=0.3)


def _cell(
    rng: np.random.Generator,
    i: int,
    numbers: dict[int, int],
    plans: list[PlannedCell],
    outline: Points,
    nucleoli: Points,
    maps: SceneMaps,
    relief: Relief,
    defocus: NDArray[np.float64],
) -> Cell:
    plan, number = plans[i], numbers[i]
    normals = outward(outline)
    has_sister = plan.partner is not None and plan.partner in numbers
    crop = _crop(rng, maps, outline, plan.nuclei, nucleoli, number, relief)
    return Cell(
        number=number,
        pair=min(number, numbers[plan.partner]) if has_sister and plan.partner is not None else number,
        centre=plan.centre,
        axis=plan.axis,
        phase=plan.phase,
        outline=outline,
        normals=normals,
        touching=_touching(maps[0], outline + TOUCH_UM * normals, number),
        nuclei=tuple(even_steps(nucleus, 0.3) for nucleus in plan.nuclei),
        nucleus_radius=plan.nucleus_radius,
        nucleoli=nucleoli,
        centrosome=_centrosome(rng, plan, crop),
        bridge=(plan.centre + plans[plan.partner].centre) / 2 if has_sister and plan.partner is not None else None,
        defocus=float(defocus[i if plan.partner is None else min(i, plan.partner)]),  # sisters share it
        maps=crop,
    )


def _touching(labels: NDArray[np.uint16], behind: Points, number: int) -> NDArray[np.bool_]:
    at = np.floor(behind / MAP_PIXEL).astype(int)
    known = np.all((at >= 0) & (at < len(labels)), axis=1)
    at = np.clip(at, 0, len(labels) - 1)
    other = labels[at[:, 1], at[:, 0]]
    return np.asarray(known & (other > 0) & (other != number))


def _centrosome(rng: np.random.Generator, plan: PlannedCell, maps: CellMaps) -> Points:
    """Next to the nucleus and within the cell, on the side with more room, as far as that is in the field."""
    side = plan.axis + np.pi * rng.integers(2) + rng.normal(0, 0.6)
    nucleus = plan.nuclei[0]
    along = (nucleus - plan.centre) @ unit(side)
    wanted = np.asarray(nucleus[np.argmax(along)] + rng.uniform(0.6, 1.8) * unit(side), np.float64)
    beside = maps.cytoplasm & (maps.edge > 0.6) & (maps.from_nucleus > 0.5) & (maps.from_nucleus < 2.2)
    near = beside * np.exp(-((maps.distance_to(wanted) / 2) ** 2)) * (maps.distance_to(wanted) < 6)
    found = maps.sample(rng, 1, near.astype(np.float32))
    return found[0] if len(found) else wanted


def _crop(
    rng: np.random.Generator,
    maps: SceneMaps,
    outline: Points,
    own_nuclei: tuple[Points, ...],
    nucleoli: Points,
    number: int,
    relief: Relief,
) -> CellMaps:
    labels, nuclei, edge, rim, _, in_nucleus = maps
    left, top = np.clip(np.floor(outline.min(axis=0) / MAP_PIXEL) - 2, 0, len(labels)).astype(int)
    right, bottom = np.clip(np.ceil(outline.max(axis=0) / MAP_PIXEL) + 2, 0, len(labels)).astype(int)
    crop = (slice(top, bottom), slice(left, right))
    nucleus = nuclei[crop] == number
    corner = np.array([left, top, 0]) * MAP_PIXEL
    # the whole cell, including parts under a neighbour
    own = rasterise([outline - corner[:2]], [1], max(nucleus.shape, default=0), MAP_PIXEL)
    inside = own[: nucleus.shape[0], : nucleus.shape[1]] > 0
    bodies = [_nucleolus(rng, body - corner) for body in nucleoli]
    filled = rasterise(bodies, [1] * len(bodies), max(inside.shape, default=0), MAP_PIXEL)
    return CellMaps(
        box=(int(top), int(bottom), int(left), int(right)),
        inside=inside,
        nucleus=nucleus,
        nucleoli=(filled[: inside.shape[0], : inside.shape[1]] > 0) & (in_nucleus[crop] > 0.5) & nucleus,
        edge=edge[crop] * inside,
        rim=rim[crop] * inside,
        from_nucleus=_from(own_nuclei, corner[:2], nucleus.shape),
        in_nucleus=in_nucleus[crop] * nucleus,
        relief=relief,
    )


def _from(nuclei: tuple[Points, ...], corner: Points, shape: tuple[int, ...]) -> Image:
    """Distance in µm of a crop's pixels to the cell's own nuclei, including those beyond the border of the field."""
    margin = round(BEYOND_UM / MAP_PIXEL)
    side = max(shape) + 2 * margin
    moved = [nucleus - corner + margin * MAP_PIXEL for nucleus in nuclei]
    far = _distance(rasterise(moved, [1] * len(moved), side, MAP_PIXEL) == 0)
    return far[margin : margin + shape[0], margin : margin + shape[1]]
