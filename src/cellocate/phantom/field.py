"""One simulated field of view: scene → landmarks and patterns → optics."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cellocate.errors import CellocateError
from cellocate.images import FIELD_SPAN, Pixels
from cellocate.phantom.canvas import Canvas
from cellocate.phantom.cell import Cell
from cellocate.phantom.landmarks import Landmarks, microtubule_stain, nucleus_stain, reticulum_stain
from cellocate.phantom.morphology import MORPHOLOGIES
from cellocate.phantom.optics import detect, draw_exposure, illuminate, shrink, through_lens
from cellocate.phantom.patterns import PATTERNS, Pattern, Pen
from cellocate.phantom.requests import VARIABILITY, check_depth, check_seed, check_size, check_variability
from cellocate.phantom.scene import Scene, build_scene
from cellocate.phantom.shapes import Image, noise, rasterise
from cellocate.phantom.units import MAP_PX
from cellocate.vocabulary import get

# streams of random numbers: what is drawn from one never moves what is drawn from another
SCENE, RED, BLUE, YELLOW, GREEN, PATTERN, SHOWS, HAZE = range(100, 108)


@dataclass(frozen=True)
class PhantomField:
    """A simulated field of view of 163.84 µm and the truth about it.

    Attributes:
        channels: uint8 or uint16 `(4, size, size)`: red (microtubules), green (protein), blue (nucleus), yellow (ER).
        cells: uint16 `(size, size)`: which cell a pixel belongs to, 1 to n; 0 for none.
        nuclei: uint16 `(size, size)`: the nucleus of the cell with the same number.
        cell_labels: for each cell, 1 to n, the labels that it shows; `()` for a negative cell.
        signal: label → float32 `(size, size)`: green grey levels, of 255, from that location alone, blurred but free
            of noise, background and bleed-through.
    """

    channels: Pixels
    cells: NDArray[np.uint16]
    nuclei: NDArray[np.uint16]
    cell_labels: tuple[tuple[int, ...], ...]
    signal: dict[int, Image]


def simulate_field(
    labels: Sequence[int],
    *,
    size: int = 512,
    depth: int = 8,
    variability: float = VARIABILITY,
    seed: int | Sequence[int],
) -> PhantomField:
    """Simulate one field of view that shows `labels`; the same seed gives the same scene at every size.

    Args:
        labels: indices into the vocabulary `hpa28`; none for a negative field.
        size: pixels a side; a field is 163.84 µm wide whatever its size.
        depth: bits of a pixel, 8 or 16.
        variability: how much the cells differ, 0 to 1: the share of those that can hold a location and do not show it,
            for each location by itself. At 0 all show it, at 1 only one; one does always.
        seed: one number, or several (such as a collection's seed and a field's index).

    Returns:
        Four channels, instance masks of cells and nuclei, the labels of each cell, and where in the image the
        signal of each label comes from.

    Raises:
        CellocateError: an unknown label, fewer than 64 pixels a side, another depth, a variability that
            is no share, or a negative seed.

    Example:
        >>> field = simulate_field([7], size=128, seed=1)
        >>> field.channels.shape, field.channels.dtype.name, sorted(field.signal)
        ((4, 128, 128), 'uint8', [7])
        >>> int(field.cells.max()) <= len(field.cell_labels), set(field.cell_labels) <= {(), (7,)}
        (True, True)
    """
    patterns = patterns_of(labels)
    check_size(size)
    check_depth(depth)
    check_variability(variability)
    root = tuple(int(part) for part in np.atleast_1d(seed))
    check_seed(root)
    rng = np.random.default_rng([*root, SCENE])
    scene = _scene(rng, list(patterns.values()))
    landmarks = Landmarks(scene, root)
    drawn = max(size, MAP_PX)
    red, blue, yellow = (
        _draw(stain, landmarks, drawn) for stain in (microtubule_stain, nucleus_stain, reticulum_stain)
    )
    shown = {label: _cells_that_show(landmarks, label, pattern, variability) for label, pattern in patterns.items()}
    green = {label: _draw_pattern(landmarks, label, patterns[label], shown[label], drawn) for label in patterns}
    channels, signal = _photograph(landmarks, red, blue, yellow, green, size, depth)
    cells, nuclei = _masks(scene, size)
    return PhantomField(
        channels=channels,
        cells=cells,
        nuclei=nuclei,
        cell_labels=tuple(tuple(sorted(k for k in shown if cell in shown[k])) for cell in scene.cells),
        signal=signal,
    )


def patterns_of(labels: Sequence[int]) -> dict[int, Pattern]:
    """Label → how it is drawn.

    Raises:
        CellocateError: `hpa28` has no such label.
    """
    names = get("hpa28").names
    for label in labels:
        if not 0 <= label < len(names):
            raise CellocateError(f"unknown label {label}", where="hpa28", mend=f"Labels are 0 to {len(names) - 1}.")
    return {int(label): PATTERNS[names[label]] for label in sorted(set(labels))}


def _scene(rng: np.random.Generator, patterns: list[Pattern]) -> Scene:
    """A scene in which every pattern has a cell to be in: dividing ones, or cells that touch."""
    kinds = [kind for kind in MORPHOLOGIES if all(pattern.suits(kind) for pattern in patterns)]
    # where nothing asks for them, some cells divide by chance
    metaphases = max([pattern.metaphases for pattern in patterns] + [int(rng.random() < 0.15)])
    pairs = max([pattern.pairs for pattern in patterns] + [int(rng.random() < 0.08)])
    return build_scene(rng, kinds=kinds, metaphases=metaphases, pairs=pairs)


def _draw(stain: Callable[[Landmarks, Canvas], None], landmarks: Landmarks, size: int) -> Image:
    canvas = Canvas(size)
    stain(landmarks, canvas)
    return canvas.image()


def _cells_that_show(landmarks: Landmarks, label: int, pattern: Pattern, variability: float) -> list[Cell]:
    """The cells in which a location is seen: those that can hold it, but for a share that does not show it."""
    able = [cell for cell in landmarks.scene.cells if pattern.holds(cell)]
    rng = landmarks.rng(SHOWS, label)
    return [cell for i, cell in enumerate(able) if rng.random() >= variability or i == 0]


def _draw_pattern(landmarks: Landmarks, label: int, pattern: Pattern, cells: list[Cell], size: int) -> Image:
    """The light of one location, in units in which its bright parts are 1."""
    light = Canvas(size)
    for cell in cells:
        rng = landmarks.rng(PATTERN, label, cell.number)
        light.gain = rng.lognormal(0, 0.3)
        pattern.draw(cell, Pen(rng, light, landmarks))
    return light.image()


def _masks(scene: Scene, size: int) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """Cells and nuclei: each pixel is what lies at its centre."""
    drawn = max(size, MAP_PX)
    pixel = FIELD_SPAN / drawn
    cells = rasterise([cell.outline for cell in scene.cells], [cell.number for cell in scene.cells], drawn, pixel)
    numbers = [cell.number for cell in scene.cells for _ in cell.nuclei]
    nuclei = rasterise([nucleus for cell in scene.cells for nucleus in cell.nuclei], numbers, drawn, pixel)
    nuclei[nuclei != cells] = 0
    small = [cv2.resize(mask, (size, size), interpolation=cv2.INTER_NEAREST_EXACT) for mask in (cells, nuclei)]
    return np.asarray(small[0], np.uint16), np.asarray(small[1], np.uint16)


def _photograph(
    landmarks: Landmarks, red: Image, blue: Image, yellow: Image, green: dict[int, Image], size: int, depth: int
) -> tuple[Pixels, dict[int, Image]]:
    """Take the four channels, each through its own optics; and each location's share of the green one."""
    takes = {
        stream: draw_exposure(landmarks.rng(stream), gain=gain, background=background)
        for stream, gain, background in (
            (RED, (105.0, 0.35), 3.0),
            (GREEN, (140.0, 0.42), 4.0),
            (BLUE, (110.0, 0.4), 2.0),
            (YELLOW, (175.0, 0.45), 3.0),
        )
    }
    rng = landmarks.rng(GREEN, 1)
    signal = {}
    for label, light in green.items():
        seen = through_lens(light, takes[GREEN])
        strength = takes[GREEN].gain * rng.uniform(0.6, 1.0) / _brightness(seen)
        signal[label] = shrink(illuminate(strength * seen, takes[GREEN]), size)
    haze = shrink(illuminate(through_lens(_haze(landmarks, red.shape[0]), takes[GREEN]), takes[GREEN]), size)
    grey = {
        stream: shrink(illuminate(takes[stream].gain * through_lens(light, takes[stream]), takes[stream]), size)
        for stream, light in ((RED, red), (BLUE, blue), (YELLOW, yellow))
    }
    grey[GREEN] = sum(signal.values(), haze)
    _bleed(landmarks.rng(HAZE, 1), grey)
    channels = [detect(landmarks.rng(s, 2), grey[s], takes[s], depth) for s in (RED, GREEN, BLUE, YELLOW)]
    return np.stack(channels), signal


def _brightness(light: Image) -> float:
    """What an operator would take for the bright parts: the brightest few pixels, or fewer of many bright ones."""
    few, many = np.percentile(light, (99.95, 99.5))
    return max(float(np.sqrt(few * max(many, 0.4 * few))), 1e-6)


def _bleed(rng: np.random.Generator, grey: dict[int, Image]) -> None:
    """Let neighbouring dyes leak into each other's channel, by a few per cent."""
    red, green = grey[RED], grey[GREEN]
    grey[YELLOW] = grey[YELLOW] + rng.uniform(0.0, 0.08) * red + rng.uniform(0.0, 0.02) * green
    grey[GREEN] = green + rng.uniform(0.0, 0.02) * red


def _haze(landmarks: Landmarks, size: int) -> Image:
    """Antibody that binds anywhere: a faint, uneven stain of whole cells, in grey levels."""
    rng = landmarks.rng(HAZE)
    level, nuclear = rng.lognormal(1.7, 0.7), rng.uniform(0.4, 1.4)
    canvas = Canvas(size)
    for cell in landmarks.scene.cells:
        maps = cell.maps
        uneven = np.clip(1 + 0.3 * noise(rng, maps.inside.shape, 0.7), 0, None)
        light = (0.3 + 0.7 * maps.height) * maps.inside * uneven * (1 + (nuclear - 1) * maps.nucleus)
        canvas.fill(maps.box, np.asarray(level * rng.lognormal(0, 0.2) * light, np.float32))
    return canvas.image()
