"""The three landmark stains: microtubules (red), nucleus (blue), endoplasmic reticulum (yellow)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from cellocate.phantom.canvas import Canvas
from cellocate.phantom.cell import Cell
from cellocate.phantom.filaments import Growth, Room, grow, read_map
from cellocate.phantom.scene import Scene
from cellocate.phantom.shapes import Image, Points, noise, unit

MICROTUBULES_PER_UM2 = 0.36
MICROTUBULE_UM = 0.14


@dataclass
class Landmarks:
    """The stains that every cell of a scene shows, and on which patterns build.

    Each stain has its own stream of random numbers, so that it does not change with the others.
    """

    scene: Scene
    seed: tuple[int, ...]

    def rng(self, *stream: int) -> np.random.Generator:
        """The stream of random numbers for one purpose."""
        return np.random.default_rng([*self.seed, *stream])

    @cached_property
    def cell_room(self) -> Room:
        """Walls are the edges of cells."""
        return Room(self.scene.edge, self.scene.labels)

    @cached_property
    def cytoplasm_room(self) -> Room:
        """Walls are the edges of cells and of nuclei."""
        return Room(self.scene.cytoplasm_room, self.scene.labels)

    @cached_property
    def microtubules(self) -> dict[int, tuple[Points, NDArray[np.float64]]]:
        """For each cell number the paths (n, steps, 2) of its microtubules, and their brightness (n, steps)."""
        rng = self.rng(1)
        starts, headings, owners, above = [], [], [], []
        rooted, turned = rng.uniform(0.03, 0.3), rng.uniform(0.4, 1.3)
        for cell in self.scene.cells:
            n = _microtubule_number(cell)
            start, heading = _roots(rng, cell, n, int(rooted * n), turned)
            starts.append(start)
            headings.append(heading)
            owners.append(np.full(len(start), cell.number, np.uint16))
            above.append(rng.random(len(start)) < 0.3)  # some pass above or below the nucleus
        start, heading = np.concatenate(starts), np.concatenate(headings)
        owner, over = np.concatenate(owners), np.concatenate(above)
        growth = Growth(steps=35, step=0.7, wander=rng.uniform(0.06, 0.14), memory=0.8, shy=1.3)
        paths = np.empty((len(start), growth.steps + 1, 2))
        light = np.empty(paths.shape[:2])
        for way, room in ((over, self.cell_room), (~over, self.cytoplasm_room)):
            paths[way], light[way] = grow(rng, room, start[way], heading[way], owner[way], growth)
        from_nucleus = read_map(self.scene.from_nucleus, paths)
        light *= np.where(from_nucleus == 0, 0.3, 1.0) * rng.lognormal(0, 0.4, (len(light), 1))
        light *= self.scene.relief.mound(from_nucleus)
        light *= _fade(rng, light.shape) * _end_at_wall(rng, read_map(self.scene.edge, paths))
        return {cell.number: (paths[owner == cell.number], light[owner == cell.number]) for cell in self.scene.cells}

    @cached_property
    def reticulum(self) -> dict[int, Image]:
        """For each cell number the light of its endoplasmic reticulum, on the crop of its maps."""
        net, nuclear = self.rng(2).uniform((0.2, 0.02), (0.7, 0.08))
        return {cell.number: _reticulum(self.rng(2, cell.number), cell, net, nuclear) for cell in self.scene.cells}


def microtubule_stain(landmarks: Landmarks, canvas: Canvas) -> None:
    """Draw microtubules, spindles, the microtubules of bridges, and free tubulin."""
    free = landmarks.rng(3).uniform(0.08, 0.3)
    for cell in landmarks.scene.cells:
        rng = landmarks.rng(3, cell.number)
        canvas.set_light(gain=rng.lognormal(0, 0.3), defocus=cell.defocus)
        if cell.phase == "metaphase":
            canvas.strokes(*spindle_fibres(rng, cell, gain=1.6), width=MICROTUBULE_UM)
        else:
            paths, light = landmarks.microtubules[cell.number]
            canvas.strokes(paths, light, width=MICROTUBULE_UM)
        if cell.bridge is not None:
            paths, light = bridge_fibres(rng, cell)
            canvas.strokes(paths, 1.5 * light, width=0.25)
        soluble = free * cell.maps.height * (1 - 0.8 * cell.maps.nucleus)
        canvas.fill(cell.maps.box, np.asarray(soluble, np.float32))


def nucleus_stain(landmarks: Landmarks, canvas: Canvas) -> None:
    """Draw chromatin: finely mottled, with bright clumps and dark nucleoli; condensed in dividing cells."""
    coarse, dark = landmarks.rng(4).uniform((0.7, 0.25), (1.5, 0.75))  # depends on the cell line
    for cell in landmarks.scene.cells:
        rng, maps = landmarks.rng(4, cell.number), cell.maps
        shape = maps.inside.shape
        gain = rng.lognormal(0, 0.2) * {"interphase": 1.0, "daughter": 1.2, "metaphase": 1.9}[cell.phase]
        canvas.set_light(gain=gain, defocus=cell.defocus)
        texture = 0.12 * noise(rng, shape, 3.0) + 0.17 * noise(rng, shape, 1.0) + 0.1 * noise(rng, shape, 0.5)
        clumps = 0.8 * np.clip(noise(rng, shape, 1.3) - 1.3, 0, 1)
        light = (1 + coarse * (texture + clumps)) * soft(maps.nucleus) * np.clip(0.6 + maps.in_nucleus / 3, 0, 1)
        light *= 1 - dark * soft(maps.nucleoli)
        canvas.fill(maps.box, np.asarray(np.clip(light, 0, None), np.float32))


def reticulum_stain(landmarks: Landmarks, canvas: Canvas) -> None:
    """Draw the endoplasmic reticulum."""
    for cell in landmarks.scene.cells:
        rng, light = landmarks.rng(5, cell.number), landmarks.reticulum[cell.number]
        canvas.set_light(gain=rng.lognormal(0, 0.3), defocus=cell.defocus)
        canvas.fill(cell.maps.box, np.asarray(0.7 * light, np.float32))
        canvas.points(*cell.maps.grains(rng, np.asarray(0.3 * light, np.float32)))


def soft(mask: NDArray[np.bool_]) -> Image:
    """A mask with a soft edge of about 0.3 µm, like that of a real body."""
    return np.asarray(cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 0.7), np.float32)


def spindle_fibres(rng: np.random.Generator, cell: Cell, *, gain: float) -> tuple[Points, NDArray[np.float64]]:
    """Arcs from both poles to the plate of chromosomes, and short asters around the poles."""
    t = np.linspace(0, 1, 16)[:, None]
    along = unit(cell.axis)
    across = np.array([-along[1], along[0]])
    paths = []
    for pole, way in zip(cell.poles, (1.0, -1.0), strict=True):
        for spread in rng.uniform(-4.3, 4.3, 34):
            plate = cell.centre + spread * across + rng.normal(0, 0.4) * along
            bow = pole + way * along * 1.2 + spread * 1.1 * across
            paths.append((1 - t) ** 2 * pole + 2 * t * (1 - t) * bow + t**2 * plate)
        for angle in rng.uniform(0, 2 * np.pi, 14):
            paths.append(pole + t * rng.uniform(1.5, 4.0) * unit(angle))
    brightness = gain * np.array(([1.0] * 34 + [0.35] * 14) * 2)[:, None]
    return np.array(paths), np.broadcast_to(brightness, (len(paths), 16)).copy()


def bridge_fibres(rng: np.random.Generator, cell: Cell) -> tuple[Points, NDArray[np.float64]]:
    """A tight bundle from inside a daughter cell to the middle of the bridge."""
    assert cell.bridge is not None
    t = np.linspace(0, 1, 14)[:, None]
    way = cell.bridge - cell.centre
    far = float(np.linalg.norm(way))
    way = way / far
    across = np.array([-way[1], way[0]])
    paths = []
    for spread in rng.uniform(-1, 1, 9):
        root = cell.bridge - way * rng.uniform(0.4, 0.6) * far + 2.8 * spread * across
        bow = cell.bridge - way * 0.3 * far + 0.2 * spread * across
        paths.append((1 - t) ** 2 * root + 2 * t * (1 - t) * bow + t**2 * (cell.bridge + 0.35 * spread * across))
    light = np.broadcast_to(np.clip(3 * t[:, 0], 0.15, 1), (len(paths), 14))
    return np.array(paths), light.copy()


def _microtubule_number(cell: Cell) -> int:
    if cell.phase == "metaphase":
        return 0
    return int(np.clip(MICROTUBULES_PER_UM2 * cell.maps.area(cell.maps.cytoplasm), 10, 260))


def _roots(
    rng: np.random.Generator, cell: Cell, n: int, rooted: int, turned: float
) -> tuple[Points, NDArray[np.float64]]:
    """Starts and directions of `n` microtubules: some at the centrosome, the others anywhere, mostly outwards."""
    scattered = cell.maps.sample(rng, n - rooted, cell.maps.cytoplasm)
    centre = cell.centrosome + rng.normal(0, 0.9, (rooted, 2))
    outwards = scattered - cell.centrosome
    angle = np.arctan2(outwards[:, 1], outwards[:, 0]) + rng.normal(0, turned, len(scattered))
    return np.vstack([centre, scattered]), np.concatenate([rng.uniform(0, 2 * np.pi, rooted), angle])


def _fade(rng: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Filaments leave the focal plane and end: 1 over a random stretch from the root, then 0."""
    ends = rng.uniform(0.35, 1.3, (shape[0], 1)) * shape[1]
    return np.clip((ends - np.arange(shape[1])) / 4, 0, 1)


def _thin_rim(rng: np.random.Generator, cell: Cell) -> Image:
    """A cell gets thin and ragged towards its free edge: 1 inside, 0 at the edge."""
    ragged = 2.0 + 1.2 * noise(rng, cell.maps.inside.shape, 2.0)
    thin = np.clip(cell.maps.rim / np.clip(ragged, 0.5, None), 0, 1)
    return np.asarray(thin * np.clip(0.3 + cell.maps.edge, 0, 1), np.float32)


def _end_at_wall(rng: np.random.Generator, wall: Image) -> NDArray[np.float64]:
    """Filaments run along the edge of the cell for some µm and end: 1 before, then 0."""
    along = np.cumsum(wall < 1.2, axis=1)
    return np.clip(rng.exponential(3.0, (len(wall), 1)) + 1 - along, 0, 1)


def _reticulum(rng: np.random.Generator, cell: Cell, tubules: float, nuclear: float) -> Image:
    """Light of the reticulum: `tubules` is the share in a net, the rest in sheets; `nuclear` lies over the nucleus."""
    maps = cell.maps
    shape = maps.inside.shape
    # ridges of smooth noise form a net of tubules; coarser noise forms sheets
    net = np.exp(-((noise(rng, shape, 1.2) / 0.4) ** 2))
    mottle = np.clip(1 + 0.22 * noise(rng, shape, 3.0) + 0.2 * noise(rng, shape, 0.6), 0.15, None)
    near = 0.25 + 0.85 * np.exp(-maps.from_nucleus / 5.0)
    rim = 0.2 * np.exp(-((maps.from_nucleus / 0.5) ** 2))
    light = ((1 - tubules + tubules * net) * mottle * near + rim) * _thin_rim(rng, cell) * maps.mound
    light *= maps.inside * (1 - soft(maps.nucleus))
    if cell.phase == "metaphase":  # pushed to the rim of the round cell
        light = mottle * maps.cytoplasm * np.clip(maps.from_nucleus / 3, 0, 1) * np.clip(maps.edge, 0, 1)
    return np.asarray(light + nuclear * mottle * soft(maps.nucleus), np.float32)
