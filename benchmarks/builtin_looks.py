"""What a network is shown of a phantom: a crop that looks as other microscopes, stains and ways of cutting have it."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from builtin_stream import LOCATIONS, MOST_CELLS, SIDE, Ring
from numpy.typing import NDArray

from cellocate.cells.crops import CropSettings, crops
from cellocate.images import Pixels
from cellocate.phantom.optics import BLUE, GREEN, RED, YELLOW

Floats = NDArray[np.float32]

PIXEL, SQUARE = 0.32, 160  # µm; px of the square around a single cell, 51.2 µm
MOST = 12  # cells of a crop that are asked about
SCALE = (0.7, 1.4)
LEAST_PX, HALF = 150, 0.5  # a cell is asked about, and its crop surely shows what it does, if so much of it is seen
PERCENTILES = (0.1, 99.9)  # as `to_float(…, "channel")`
ONE_CELL, SOME_CELLS = 0.15, 0.1  # how often all but one cell, or some, is black, as in crops and collages
TRIES = 3  # crops of a real image, of which the one with most protein is shown
MUCH = 0.02  # of a crop that is wholly black: more is no chance
# which stains there are, and how often
STAINS = {
    (RED, GREEN, BLUE, YELLOW): 0.50,
    (RED, GREEN, BLUE): 0.12,
    (GREEN, BLUE, YELLOW): 0.10,
    (GREEN, BLUE): 0.14,
    (GREEN,): 0.14,
}


class Shown(NamedTuple):
    """A crop and the truth about it.

    Attributes:
        image: (4, side, side), each channel stretched to 0 to 1; a stain that is not there is 0.
        cells: (side, side): 1 to `MOST`, for a cell that is asked about; 0 elsewhere.
        truth: (1 + MOST, 28), of the crop and of each cell.
        counts: (1 + MOST, 28): 1 where the truth is certain, else 0.
    """

    image: Floats
    cells: NDArray[np.uint8]
    truth: Floats
    counts: Floats


def show(ring: Ring, slot: int, side: int, rng: np.random.Generator, *, plain: bool = False) -> Shown:
    """A random crop of a field, changed at random unless `plain`."""
    planes = np.asarray(ring.planes[slot])
    labels = ring.cells[slot]
    areas = np.bincount(planes[4].ravel(), minlength=MOST_CELLS + 1)
    present = np.flatnonzero(areas[1:] >= LEAST_PX) + 1
    kept = None if plain else _kept(present, rng)
    scale = 1.0 if plain else float(np.exp(rng.uniform(*np.log(SCALE))))
    turned = _turning(planes[4], present, side, scale, rng, kept, plain)
    image, numbers = _cut(planes, turned, side)
    if kept is not None:
        image *= np.isin(numbers, kept)
    ranges = _ranges(planes[:4] if kept is None else image)
    image = _stretched(image, ranges)
    if not plain:
        image = _stained(_photographed(image, rng), rng)
    return Shown(image, *_truth(numbers, labels, areas * scale**2, kept))


def show_real(image: Floats, truth: NDArray[np.bool_], side: int, rng: np.random.Generator) -> Shown:
    """A random crop of a real image (4, H, W), 0 to 1: of three the one with most protein; half are changed.

    The crop is said to show what the image does; nothing is known of its cells.
    """
    crops = [_random_crop(image * 255, side, rng) for _ in range(TRIES)]
    crop = max(crops, key=lambda each: float(each[GREEN].mean())) / np.float32(255)
    if rng.random() < 0.5:
        crop = _photographed(crop, rng)
    answers, counts = (np.zeros((1 + MOST, LOCATIONS), np.float32) for _ in range(2))
    answers[0], counts[0] = truth, 1
    return Shown(_stained(crop, rng), np.zeros((side, side), np.uint8), answers, counts)


def _random_crop(planes: Floats, side: int, rng: np.random.Generator) -> Floats:
    scale = float(np.exp(rng.uniform(*np.log(SCALE))))
    reach, (height, width) = side / scale / 2, planes.shape[1:]
    centre = [rng.uniform(min(reach, length / 2), max(length - reach, length / 2)) for length in (width, height)]
    image, _ = _cut(np.concatenate([planes, planes[:1] * 0]), _affine(np.array(centre), side, scale, rng), side)
    return image


def _kept(present: NDArray[np.intp], rng: np.random.Generator) -> NDArray[np.intp] | None:
    """The cells that are not blacked out; None: all, and what is between them."""
    kind = rng.random()
    if kind > ONE_CELL + SOME_CELLS or not len(present):
        return None
    if kind < ONE_CELL:
        return rng.choice(present, 1)
    return rng.permutation(present)[: max(1, round(len(present) * rng.uniform(0.3, 0.9)))]


def _turning(
    numbers: NDArray[np.uint8],
    present: NDArray[np.intp],
    side: int,
    scale: float,
    rng: np.random.Generator,
    kept: NDArray[np.intp] | None,
    plain: bool,
) -> NDArray[np.float64]:
    """The affine map from the field to a crop that shows a cell, turned, mirrored and scaled."""
    reach = side / scale / 2
    centre = rng.uniform(reach, SIDE - reach, 2)
    if len(present) and (kept is not None or rng.random() < 0.5):  # around a cell, or a little beside it
        rows, columns = np.nonzero(numbers == rng.choice(present if kept is None else kept))
        near = np.array([columns.mean(), rows.mean()]) + rng.uniform(-0.3, 0.3, 2) * reach
        centre = near if kept is not None and len(kept) == 1 else np.clip(near, reach, SIDE - reach)
    return _affine(centre, side, scale, rng, plain=plain)


def _affine(
    centre: NDArray[np.float64], side: int, scale: float, rng: np.random.Generator, *, plain: bool = False
) -> NDArray[np.float64]:
    """The map to a crop around a centre (x, y), turned, mirrored and scaled at random."""
    right_angle = plain or rng.random() < 0.5
    angle = 90.0 * rng.integers(4) if right_angle else rng.uniform(0, 360)
    middle = (float(centre[0]), float(centre[1]))
    affine = np.asarray(cv2.getRotationMatrix2D(middle, float(angle), scale), np.float64)
    affine[:, 2] += side / 2 - centre
    if rng.random() < 0.5:
        affine[0] = np.array([0, 0, side - 1]) - affine[0]
    return affine


def _cut(planes: NDArray[np.uint8], affine: NDArray[np.float64], side: int) -> tuple[Floats, NDArray[np.uint8]]:
    """The channels and the numbers of cells in a crop; beyond the field there is nothing."""
    image = [cv2.warpAffine(plane, affine, (side, side), flags=cv2.INTER_LINEAR) for plane in planes[:4]]
    numbers = cv2.warpAffine(planes[4], affine, (side, side), flags=cv2.INTER_NEAREST)
    return np.stack(image).astype(np.float32), np.asarray(numbers, np.uint8)


def _ranges(image: Pixels | Floats) -> NDArray[np.float32]:
    """The darkest and the brightest grey level of each channel, but for a few pixels, (4, 2)."""
    shares = []
    for plane in image:
        summed = np.cumsum(np.bincount(plane.ravel().astype(np.uint8), minlength=256))
        shares.append(np.searchsorted(summed, np.array(PERCENTILES) / 100 * summed[-1]))
    return np.array(shares, np.float32)


def _stretched(image: Floats, ranges: NDArray[np.float32]) -> Floats:
    low, high = ranges[:, 0, None, None], ranges[:, 1, None, None]
    return np.asarray(np.clip((image - low) / np.maximum(high - low, 1e-6), 0, 1), np.float32)


def _photographed(image: Floats, rng: np.random.Generator) -> Floats:
    """As another microscope would have it: bleed-through, unspecific binding, haze, gamma, gain, blur, grain."""
    nothing = ~image.any(axis=0)  # between cells that were cut out
    if rng.random() < 0.3:
        image[GREEN] += rng.uniform(0, 0.2) * image[rng.choice([RED, BLUE, YELLOW])]
    if rng.random() < 0.3:
        image[rng.choice([RED, BLUE, YELLOW])] += rng.uniform(0, 0.15) * image[GREEN]
    image[GREEN] = _bound(image, rng)
    together = rng.uniform(0.3, 1.1) if rng.random() < 0.3 else 0.0
    for channel, plane in enumerate(image):
        protein = channel == GREEN
        blur = together or (rng.uniform(0.3, 1.4) if rng.random() < (0.4 if protein else 0.1) else 0.0)
        if blur:
            plane[:] = cv2.GaussianBlur(plane, (0, 0), blur)
        np.maximum(plane, 0, out=plane)
        np.power(plane, float(np.exp(rng.normal(0, 0.3))), out=plane)
        if rng.random() < (0.8 if protein else 0.4):
            plane[:] = _grained(plane, rng)
        plane *= float(np.exp(rng.normal(0, 0.15)))
        if rng.random() < 0.3:
            plane += rng.uniform(-0.06, 0.12)
    if nothing.mean() > MUCH:
        image[:, nothing] = 0
    return np.asarray(np.clip(image, 0, 1), np.float32)


def _bound(image: Floats, rng: np.random.Generator) -> Floats:
    """The protein's channel with light from other planes and from antibodies that bind anywhere in a cell."""
    green = image[GREEN]
    if rng.random() < 0.5:
        part = rng.uniform(0, 0.7)
        green = (1 - part) * green + part * cv2.GaussianBlur(green, (0, 0), rng.uniform(1.5, 8))
    if rng.random() < 0.5:
        chosen = image.max(axis=0) if rng.random() < 0.7 else image[rng.choice([RED, BLUE, YELLOW])]
        body = cv2.GaussianBlur(np.asarray(chosen), (0, 0), rng.uniform(1.5, 6))
        green = green * rng.uniform(0.5, 1) + rng.uniform(0, 0.45) * body
    return np.asarray(green, np.float32)


def _grained(plane: Floats, rng: np.random.Generator) -> Floats:
    """Counted photons, and the granules of dye that dim stains look like; the range is that of the grained plane."""
    if rng.random() < 0.5:
        granules = rng.standard_normal(plane.shape, np.float32)
        granules = cv2.GaussianBlur(granules, (0, 0), sigma := rng.uniform(0.5, 1.5)) * np.float32(3.5 * sigma)
        plane = plane * np.exp(rng.uniform(0.1, 0.7) * granules)
    photons = float(np.exp(rng.uniform(np.log(2), np.log(60))))
    plane = rng.poisson(np.clip(plane, 0, 4) * photons).astype(np.float32) / np.float32(photons)
    if rng.random() < 0.5:
        plane = np.asarray(cv2.GaussianBlur(plane, (0, 0), rng.uniform(0.3, 0.8)), np.float32)
    brightest = float(np.quantile(plane[::2, ::2], 0.999))
    return np.asarray(plane / max(brightest, 0.2), np.float32)


def _stained(image: Floats, rng: np.random.Generator) -> Floats:
    stains = list(STAINS)[int(rng.choice(len(STAINS), p=list(STAINS.values())))]
    for channel in range(4):
        if channel not in stains:
            image[channel] = 0
    return image


def _truth(
    numbers: NDArray[np.uint8], labels: NDArray[np.uint32], areas: Floats, kept: NDArray[np.intp] | None
) -> tuple[NDArray[np.uint8], Floats, Floats]:
    """The cells of a crop, numbered anew; what they and the crop show, and where that is certain."""
    seen = np.bincount(numbers.ravel(), minlength=MOST_CELLS + 1)
    seen[0] = 0
    if kept is not None:
        seen[np.setdiff1d(np.arange(len(seen)), kept)] = 0
    share = seen / np.maximum(areas, 1)
    asked = np.flatnonzero((seen >= LEAST_PX) & (share >= HALF))
    asked = asked[np.argsort(-seen[asked])][:MOST]
    bits = ((labels[:, None] >> np.arange(LOCATIONS, dtype=np.uint32)) & 1).astype(bool)
    truth, counts = (np.zeros((1 + MOST, LOCATIONS), np.float32) for _ in range(2))
    truth[1 : len(asked) + 1], counts[1 : len(asked) + 1] = bits[asked], 1
    sure, perhaps = bits[share >= HALF].any(axis=0), bits[seen > 0].any(axis=0)
    truth[0], counts[0] = sure, sure | ~perhaps
    renumbered = np.zeros(MOST_CELLS + 1, np.uint8)
    renumbered[asked] = np.arange(1, len(asked) + 1)
    return renumbered[numbers], truth, counts


class Cells(NamedTuple):
    """A field and its cells as users have them: the field, (4, H, W); masks; squares of single cells, (n, 4, h, h).

    `truth`: of all cells that are numbered, (255, 28); `cells`: the numbers of those that are cut out, and `asked`
    their rows in `truth`.
    """

    field: Floats
    numbers: NDArray[np.uint8]
    crops: Floats
    truth: NDArray[np.bool_]
    cells: NDArray[np.intp]

    @property
    def asked(self) -> NDArray[np.intp]:
        """Rows of `truth`."""
        return self.cells - 1


def show_cells(ring: Ring, slot: int) -> Cells:
    """A whole field, stretched, and its cells cut out on black, as `cellocate cells` does."""
    planes = np.asarray(ring.planes[slot])
    field = _stretched(planes[:4].astype(np.float32), _ranges(planes[:4]))
    cut = list(crops(planes[:4], planes[4], None, PIXEL, CropSettings(size=SQUARE, span=SQUARE * PIXEL)))
    areas = np.bincount(planes[4].ravel(), minlength=MOST_CELLS + 1)
    cut = [crop for crop in cut if areas[crop.number] >= LEAST_PX]
    squares = [_stretched(crop.pixels.astype(np.float32), _ranges(crop.pixels)) for crop in cut]
    bits = (ring.cells[slot][1:, None] >> np.arange(LOCATIONS, dtype=np.uint32)) & 1
    empty = np.zeros((0, 4, SQUARE, SQUARE), np.float32)
    return Cells(
        field,
        planes[4],
        np.stack(squares) if squares else empty,
        bits.astype(bool),
        np.array([c.number for c in cut], int),
    )
