"""Simulate one field of view: scene, landmarks and patterns, optics."""

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
from cellocate.phantom.check_requests import VARIABILITY, check_depth, check_seed, check_size, check_variability
from cellocate.phantom.debris import Debris, scatter_debris
from cellocate.phantom.landmarks import Landmarks, microtubule_stain, nucleus_stain, reticulum_stain
from cellocate.phantom.morphology import MORPHOLOGIES
from cellocate.phantom.optics import BLUE, GREEN, RED, YELLOW, SceneLight, photograph, shrink
from cellocate.phantom.patterns import Pattern, Pen
from cellocate.phantom.patterns.drawing import grainy
from cellocate.phantom.scene import Scene, build_scene
from cellocate.phantom.shapes import MAP_PIXEL, Image, map_px, rasterise
from cellocate.registry import LOCATIONS
from cellocate.vocabulary import get_vocabulary

# independent streams of random numbers
SCENE, PATTERN, SHOWS, HAZE, DEBRIS = range(100, 105)
DEBRIS_GREY = 70.0  # grey levels of debris of brightness 1
STAINS = {RED: microtubule_stain, BLUE: nucleus_stain, YELLOW: reticulum_stain}
VISIBLE = 0.12  # brightness from which light of a location is visible, relative to a solid structure
MIN_VISIBLE_PX = 2  # map pixels: a cell with fewer does not show the location
ATTEMPTS = 50  # scenes tried until one can show all locations


@dataclass(frozen=True)
class PhantomField:
    """A simulated field of view and its truth.

    Attributes:
        channels: uint8 or uint16 `(4, size, size)`: red (microtubules), green (protein), blue (nucleus), yellow (ER).
        cells: uint16 `(size, size)`: the cell of each pixel, 1 to n; 0 for none. Where cells overlap, the upper one.
        nuclei: uint16 `(size, size)`: the nucleus of the cell with the same number.
        cell_labels: for each cell, 1 to n, the labels that it shows; `()` for a negative cell.
        signal: label → float32 `(size, size)`: green grey levels, of 255, from that location only: blurred, but without
            noise, background, bleed-through and protein elsewhere.
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
    span: float = FIELD_SPAN,
    depth: int = 8,
    variability: float = VARIABILITY,
    seed: int | Sequence[int],
) -> PhantomField:
    """Simulate one field of view that shows `labels`; the same seed gives the same scene at every size.

    Args:
        labels: indices into the vocabulary `hpa28`; none for a negative field.
        size: pixels a side.
        span: µm a side, whatever the size, rounded to 0.32 µm.
        depth: bits of a pixel, 8 or 16.
        variability: how much the cells differ, 0 to 1: the share of suitable cells that do not show a location, for
            each location separately. At 0 all show it, at 1 only one.
        seed: one number, or several (such as a collection's seed and a field's index).

    Returns:
        Four channels, instance masks of cells and nuclei, the labels of each cell, and the signal of each label.

    Raises:
        CellocateError: an unknown label, fewer than 64 pixels a side, less than 60 µm, too coarse pixels, another
            depth, a variability outside 0 to 1, or a negative seed.

    Example:
        >>> field = simulate_field([7], size=128, seed=1)
        >>> field.channels.shape, field.channels.dtype.name, sorted(field.signal)
        ((4, 128, 128), 'uint8', [7])
        >>> int(field.cells.max()) <= len(field.cell_labels), set(field.cell_labels) <= {(), (7,)}
        (True, True)
    """
    patterns = patterns_of(labels)
    check_size(size, span)
    check_depth(depth)
    check_variability(variability)
    root = tuple(int(part) for part in np.atleast_1d(seed))
    check_seed(root)
    landmarks = Landmarks(_scene(root, span, list(patterns.values())), root)
    scene = landmarks.scene
    drawn = max(size, map_px(span))
    debris = scatter_debris(landmarks.rng(DEBRIS), scene)
    drawings = {label: _draw_location(landmarks, label, patterns[label], variability, drawn) for label in patterns}
    shown = {label: cells for label, (_, _, cells) in drawings.items()}
    light = SceneLight(
        stains={channel: _draw(stain, landmarks, debris, channel, drawn) for channel, stain in STAINS.items()},
        locations={label: at for label, (at, _, _) in drawings.items()},
        elsewhere={label: elsewhere for label, (_, elsewhere, _) in drawings.items()},
        haze=_haze(landmarks, debris, drawn),
        pixel=scene.span / drawn,
    )
    channels, signal = photograph(landmarks.rng, light, size, depth)
    cells, nuclei = _masks(scene, size)
    return PhantomField(
        channels=channels,
        cells=cells,
        nuclei=nuclei,
        cell_labels=tuple(tuple(sorted(k for k in shown if cell in shown[k])) for cell in scene.cells),
        signal=signal,
    )


def patterns_of(labels: Sequence[int]) -> dict[int, Pattern]:
    """The pattern of each label.

    Raises:
        CellocateError: a label is not in `hpa28`.
    """
    names = get_vocabulary("hpa28").names
    for label in labels:
        if not 0 <= label < len(names):
            raise CellocateError(f"unknown label {label}", where="hpa28", mend=f"Labels are 0 to {len(names) - 1}.")
    return {int(label): LOCATIONS[names[label]] for label in sorted(set(labels))}


def _scene(root: tuple[int, ...], span: float, patterns: list[Pattern]) -> Scene:
    """Build a scene in which every pattern fits a cell: dividing cells, or cells that touch."""
    rng = np.random.default_rng([*root, SCENE])
    span = map_px(span) * MAP_PIXEL
    kinds = [kind for kind in MORPHOLOGIES if all(pattern.suits(kind) for pattern in patterns)]
    # by chance, cells divide even if no pattern needs it
    metaphases = max([pattern.metaphases for pattern in patterns] + [int(rng.random() < 0.15)])
    pairs = max([pattern.pairs for pattern in patterns] + [int(rng.random() < 0.08)])
    for _ in range(ATTEMPTS):
        scene = build_scene(rng, span, kinds=kinds, metaphases=metaphases, pairs=pairs)
        lacking = [pattern for pattern in patterns if not any(map(pattern.holds, scene.cells))]
        if scene.cells and not lacking:
            return scene
    raise CellocateError(
        f"{span:.0f} µm are too narrow for a cell with {lacking[0].name if lacking else 'a nucleus'}",
        where="span",
        mend="Choose a wider field, or other locations.",
    )


def _draw(
    stain: Callable[[Landmarks, Canvas], None], landmarks: Landmarks, debris: Debris, channel: int, size: int
) -> Image:
    canvas = Canvas(size, landmarks.scene.span)
    debris.draw(canvas, channel)
    stain(landmarks, canvas)
    return canvas.image()


def _draw_location(
    landmarks: Landmarks, label: int, pattern: Pattern, variability: float, size: int
) -> tuple[Image, Image, list[Cell]]:
    """The light of one location, that of its protein elsewhere, and the cells that show it.

    If the chosen cells turn out too faint, all suitable cells are drawn.
    """
    for share in (variability, 0.0):
        chosen = _cells_to_show(landmarks, label, pattern, share)
        at, elsewhere = _draw_pattern(landmarks, label, pattern, chosen, size)
        if shown := _cells_that_show(landmarks.scene, pattern, chosen, at):
            break
    return at, elsewhere, shown


def _cells_to_show(landmarks: Landmarks, label: int, pattern: Pattern, variability: float) -> list[Cell]:
    """The cells in which a location is drawn: the suitable ones, except for a random share; sisters alike."""
    able = [cell for cell in landmarks.scene.cells if pattern.holds(cell)]
    pairs = sorted({cell.pair for cell in able})
    rng = landmarks.rng(SHOWS, label)
    sure = pairs[int(rng.integers(len(pairs)))]
    chosen = {pair for pair in pairs if rng.random() >= variability} | {sure}
    return [cell for cell in able if cell.pair in chosen]


def _cells_that_show(scene: Scene, pattern: Pattern, chosen: list[Cell], light: Image) -> list[Cell]:
    """The cells with visible light of a location in their own mask; for shared patterns, also neighbours."""
    coarse = shrink(light, len(scene.labels))
    bright = np.bincount(scene.labels[coarse > VISIBLE].ravel(), minlength=len(scene.cells) + 1)
    among = [cell for cell in scene.cells if pattern.holds(cell)] if pattern.shared else chosen
    return [cell for cell in among if bright[cell.number] >= MIN_VISIBLE_PX]


def _draw_pattern(
    landmarks: Landmarks, label: int, pattern: Pattern, cells: list[Cell], size: int
) -> tuple[Image, Image]:
    """The light of one location, in which bright parts are 1, and that of its protein elsewhere."""
    at, elsewhere = (Canvas(size, landmarks.scene.span) for _ in range(2))
    for cell in cells:
        gain = landmarks.rng(PATTERN, label, cell.pair, 0).lognormal(0, 0.3)
        for canvas in (at, elsewhere):
            canvas.set_light(gain=gain, defocus=cell.defocus)
        pattern.draw(cell, Pen(landmarks.rng(PATTERN, label, cell.number, 1), at, landmarks, elsewhere))
    return at.image(), elsewhere.image()


def _masks(scene: Scene, size: int) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """Label images of cells and nuclei; a pixel is what lies at its centre."""
    drawn = max(size, len(scene.labels))
    pixel = scene.span / drawn
    cells = rasterise([cell.outline for cell in scene.cells], [cell.number for cell in scene.cells], drawn, pixel)
    numbers = [cell.number for cell in scene.cells for _ in cell.nuclei]
    nuclei = rasterise([nucleus for cell in scene.cells for nucleus in cell.nuclei], numbers, drawn, pixel)
    nuclei[nuclei != cells] = 0
    small = [cv2.resize(mask, (size, size), interpolation=cv2.INTER_NEAREST_EXACT) for mask in (cells, nuclei)]
    return np.asarray(small[0], np.uint16), np.asarray(small[1], np.uint16)


def _haze(landmarks: Landmarks, debris: Debris, size: int) -> Image:
    """Unspecific antibody: a faint, uneven stain of whole cells, and debris, in grey levels."""
    rng = landmarks.rng(HAZE)
    level, nuclear, grain = rng.lognormal(2.0, 0.9), rng.uniform(0.4, 1.4), rng.uniform(0.2, 0.9)
    canvas = Canvas(size, landmarks.scene.span)
    debris.draw(canvas, GREEN, gain=DEBRIS_GREY)
    for cell in landmarks.scene.cells:
        maps = cell.maps
        canvas.set_light(gain=level * rng.lognormal(0, 0.2), defocus=cell.defocus)
        light = (0.3 + 0.7 * maps.height) * maps.inside * (1 + (nuclear - 1) * maps.nucleus)
        grainy(rng, canvas, cell, np.asarray(light, np.float32), share=grain)
    return canvas.image()
