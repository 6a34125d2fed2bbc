"""Real images with labels, as the training and the judging of the built-in model have them.

Fields of view, collages of nine cells, and the atlas's pictures of its patterns (one or two cells in colour, without
ER), all at 0.32 µm per px. Groups are an antibody, or images that look alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from builtin_looks import PIXEL
from builtin_stream import LOCATIONS
from numpy.typing import NDArray

from cellocate.collection import open_collection
from cellocate.collection.duplicates import clusters, hash_thumbnail
from cellocate.collection.image_quality import is_blank, thumbnail
from cellocate.images import CHANNELS, Pixels, Scale, resize, to_float

# folder → µm per px of its fields; that of the collages is such that their nuclei are as large as those of 2018
FIELDS = {"kaggle2018": 0.32, "hpa_web": 0.08, "kaggle2021": 0.08}
COLLAGES = {"collages": 0.16}
PATTERNS = "pattern_reference"
_BAR, _USUAL, _FOOT = 10.0, 0.137, 32  # µm of the scale bar; µm per px where there is none; px of the strip it is in
_WHITE = 200


@dataclass(frozen=True)
class Real:
    """Real fields: images (4, H, W) of 0.32 µm per px, each channel stretched; truth (N, 28); the group of each (N).

    `weights` (N) say how often each is drawn, and sum to 1.
    """

    images: list[NDArray[np.float32]]
    truth: NDArray[np.bool_]
    groups: NDArray[np.intp]
    weights: NDArray[np.float64]

    def subset(self, rows: NDArray[np.intp]) -> Real:
        """Some of the images."""
        weights = self.weights[rows] / self.weights[rows].sum()
        return Real([self.images[row] for row in rows], self.truth[rows], self.groups[rows], weights)


def read(folder: Path, sets: dict[str, float]) -> Real:
    """The real fields of some folders, with labels of hpa28."""
    images, truth, hashes, known = [], [], [], _labels(folder)
    antibodies: list[str] = []
    for name, pixel_size in sets.items():
        collection = open_collection(folder / name, pixel_size=pixel_size)
        labels = collection.labelled().truth()
        for row, field in enumerate(collection.ids):
            pixels, _ = collection.read(field, CHANNELS)
            images.append(_brought(pixels, pixel_size))
            truth.append(labels[row] if labels.shape[1] == LOCATIONS else known[field])
            thumbnails = [(plane, thumbnail(plane)) for plane in pixels[:3]]
            hashes.append([0 if is_blank(plane, small) else hash_thumbnail(small) for plane, small in thumbnails])
            antibodies.append(field.split("_")[0] if name == "hpa_web" else f"{name}/{field}")
    groups = clusters(np.array(hashes, np.uint64))
    for antibody in set(antibodies):  # those of one antibody are one group
        same = [row for row, other in enumerate(antibodies) if other == antibody]
        groups[np.isin(groups, groups[same])] = groups[same[0]]
    return Real(images, np.array(truth), groups, np.full(len(images), 1 / len(images)))


def _brought(pixels: Pixels, pixel_size: float) -> NDArray[np.float32]:
    _, height, width = pixels.shape
    high, wide = Scale(size=512, pixel_size=PIXEL).shape(height, width, pixel_size)
    largest = np.iinfo(pixels.dtype).max
    return to_float(resize(pixels, high, wide) / np.float32(largest), "channel")


def _labels(folder: Path) -> dict[str, NDArray[np.bool_]]:
    """What fields of the 2021 train set were labelled with in 2018, in hpa28."""
    table = pd.read_csv(folder / "tables" / "kaggle2018_train.csv.gz")
    hot = np.eye(LOCATIONS, dtype=bool)
    return {
        field: np.asarray(hot[[int(label) for label in target.split()]].any(axis=0))
        for field, target in zip(table["Id"], table["Target"], strict=True)
        if field[:3] in ("000", "a34", "f0a")
    }


def read_patterns(folder: Path) -> Real:
    """The atlas's pictures of each pattern, without their scale bars."""
    paths = sorted((folder / PATTERNS).glob("*.jpg"))
    truth = np.zeros((len(paths), LOCATIONS), bool)
    truth[np.arange(len(paths)), [int(path.name.partition("-")[0]) for path in paths]] = True
    each = np.full(len(paths), 1 / len(paths))
    return Real([_pattern(path) for path in paths], truth, np.arange(len(paths)), each)


def _pattern(path: Path) -> NDArray[np.float32]:
    picture = np.asarray(cv2.imread(str(path)))[..., ::-1].copy()
    foot = picture[-_FOOT:].min(axis=-1) > _WHITE
    bar = foot.sum(axis=1).max()
    pixel_size = _USUAL
    if bar > _FOOT:
        rows = np.flatnonzero(foot.sum(axis=1) > bar / 2)
        columns = np.flatnonzero(foot[rows[0]])
        picture[rows[0] - _FOOT - 3 :, columns[0] - 6 :] = 0
        pixel_size = _BAR / bar
    pixels = np.concatenate([picture.transpose(2, 0, 1), np.zeros((1, *picture.shape[:2]), np.uint8)])
    return _brought(pixels, pixel_size)


def every(folder: Path) -> Real:
    """All real images; a field is drawn more often than a picture of a pattern, and that more often than a collage."""
    cv2.setNumThreads(1)  # else a process that is forked later waits for threads that it does not have
    parts = read(folder, FIELDS), read(folder, COLLAGES), read_patterns(folder)
    return _together(parts, weights=(1.0, 0.4, 0.6))


def _together(parts: Sequence[Real], weights: Sequence[float]) -> Real:
    """Images of some collections, whose groups have nothing in common."""
    firsts = np.cumsum([0, *(part.groups.max() + 1 for part in parts[:-1])])
    drawn = np.repeat(weights, [len(part.images) for part in parts])
    return Real(
        [image for part in parts for image in part.images],
        np.concatenate([part.truth for part in parts]),
        np.concatenate([part.groups + first for part, first in zip(parts, firsts, strict=True)]),
        drawn / drawn.sum(),
    )
