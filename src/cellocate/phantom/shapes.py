"""Closed outlines and noise, in µm: the shapes that cells are made of."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from cellocate.images import FIELD_SPAN

Points = NDArray[np.float64]
Image = NDArray[np.float32]

MAP_PIXEL = FIELD_SPAN / 512  # 0.32 µm: pixel of a scene's maps, whatever the size of the picture
FINE_UM = 0.08  # pixel of the grid on which outlines are filled

ANGLES = np.linspace(0, 2 * np.pi, 360, endpoint=False)


def map_px(span: float) -> int:
    """The number of pixels a side of a scene's maps; its span in µm is rounded to whole pixels."""
    return round(span / MAP_PIXEL)


def unit(angle: float | NDArray[np.float64]) -> Points:
    """Angles in radians, shape (...) → unit vectors (x, y), shape (..., 2)."""
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1).astype(np.float64)


def wobble(rng: np.random.Generator, strength: float, orders: int = 5) -> NDArray[np.float64]:
    """A random smooth factor around 1 for each of `ANGLES`; higher orders are weaker."""
    k = np.arange(2, 2 + orders)[:, None]
    size = rng.normal(0, strength, (orders, 1)) / k
    phase = rng.uniform(0, 2 * np.pi, (orders, 1))
    return np.asarray(np.exp((size * np.cos(k * ANGLES + phase)).sum(axis=0)))


def ellipse(radius: float, aspect: float, axis: float) -> NDArray[np.float64]:
    """The radius of an ellipse of mean radius `radius` for each of `ANGLES`."""
    long, short = radius * np.sqrt(aspect), radius / np.sqrt(aspect)
    return np.asarray(long * short / np.hypot(short * np.cos(ANGLES - axis), long * np.sin(ANGLES - axis)))


def bump(angle: float, width: float) -> NDArray[np.float64]:
    """A smooth protrusion of height 1 at `angle`, `width` radians wide, for each of `ANGLES`."""
    apart = np.angle(np.exp(1j * (ANGLES - angle)))
    return np.asarray(np.exp(-((apart / width) ** 2) / 2))


def spike(angle: float, width: float) -> NDArray[np.float64]:
    """A pointed protrusion of height 1 at `angle` with hollow flanks, as between two points of adhesion."""
    apart = np.abs(np.angle(np.exp(1j * (ANGLES - angle))))
    tip = 0.15 * width  # radius of the tip
    return np.asarray(np.exp(-(np.hypot(apart, tip) - tip) / width))


def polygon(centre: Points, radii: NDArray[np.float64]) -> Points:
    """Radii at `ANGLES` around `centre` → an outline, shape (360, 2)."""
    return centre + radii[:, None] * unit(ANGLES)


def blob(
    rng: np.random.Generator, centre: Points, radius: float, aspect: float, axis: float, uneven: float = 0.12
) -> Points:
    """A roundish, slightly irregular outline."""
    return polygon(centre, ellipse(radius, aspect, axis) * wobble(rng, uneven))


def outward(outline: Points) -> Points:
    """Unit normals that point out of a closed outline, shape (n, 2)."""
    tangent = np.roll(outline, -1, axis=0) - np.roll(outline, 1, axis=0)
    normal = np.stack([tangent[:, 1], -tangent[:, 0]], axis=1)
    area = np.sum(outline[:, 0] * np.roll(outline[:, 1], -1) - np.roll(outline[:, 0], -1) * outline[:, 1])
    return np.asarray(np.sign(area) * normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9))


def even_steps(outline: Points, step: float) -> Points:
    """A closed outline resampled at about `step` µm."""
    closed = np.vstack([outline, outline[:1]])
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(closed, axis=0), axis=1))])
    at = np.linspace(0, along[-1], max(8, int(along[-1] / step)), endpoint=False)
    return np.stack([np.interp(at, along, closed[:, 0]), np.interp(at, along, closed[:, 1])], axis=1)


def rasterise(outlines: list[Points], values: list[int], size: int, pixel: float) -> NDArray[np.uint16]:
    """Fill outlines, one after the other, into an image of `size` pixels of `pixel` µm; 0 where there is none.

    A pixel is what lies at its centre. OpenCV fills every pixel that an outline touches, so outlines are filled on a
    grid of at most FINE_UM and the centres are read.
    """
    fine = max(1, round(pixel / FINE_UM))
    fine += fine % 2 == 0  # with an odd number there is a fine pixel in the middle
    image = np.zeros((size * fine, size * fine), np.uint16)
    for outline, value in zip(outlines, values, strict=True):
        # 4 fractional bits; OpenCV's pixel centres are whole numbers, ours end in .5
        corners = np.round((outline / (pixel / fine) - 0.5) * 16).astype(np.int32)
        cv2.fillPoly(image, [corners], value, shift=4)
    return np.ascontiguousarray(image[fine // 2 :: fine, fine // 2 :: fine])


def noise(rng: np.random.Generator, shape: tuple[int, int], scale: float) -> Image:
    """Smooth noise of about mean 0 and variance 1 over a map crop, with features of `scale` µm, float32."""
    step = max(scale / MAP_PIXEL, 1.0)
    rows, columns = (int(np.ceil(side / step)) + 3 for side in shape)
    knots = rng.standard_normal((rows, columns), dtype=np.float32)
    wide = (int(np.ceil(columns * step)), int(np.ceil(rows * step)))
    grown = cv2.resize(knots, wide, interpolation=cv2.INTER_CUBIC)
    margin = int(step)
    crop = grown[margin : margin + shape[0], margin : margin + shape[1]]
    return np.asarray(crop * 1.3, np.float32)  # interpolation removes over a third of the variance


def separate(places: Points, radii: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which round bodies to keep so that none lies in another: the earlier of two stays."""
    gap = np.linalg.norm(places[:, None] - places[None], axis=2) - 0.8 * (radii[:, None] + radii[None])
    return np.asarray(~np.tril(gap < 0, k=-1).any(axis=1))
