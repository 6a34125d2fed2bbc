"""What the pixels of a sample of fields tell: brightness, saturation, focus."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellocate.collection import Collection, Problem
from cellocate.collection.quality import FOCUS_CHANNELS, saturated_share, sharpness
from cellocate.errors import CellocateError
from cellocate.images import Pixels

PER_LOCATION = 8
"""Fields that are measured for each location, where there are so many, so that the rare ones can be shown."""
_WORKERS = 4
_HIGH = 99.0  # percentile that says how bright a channel's brightest structures are


def sample_fields(collection: Collection, truth: NDArray[np.bool_] | None, most: int, seed: int) -> pd.Series[bool]:
    """Which fields to measure: at random, and some more of the locations that are rare among those.

    Args:
        collection: all fields.
        truth: shape (N, K), bool; None where there are no labels.
        most: how many at random.
        seed: of the draw; the same seed draws the same fields, and of two collections with common fields those that
            both have, as far as may be, so that they can be set beside each other.

    Returns:
        By id, in the order in which they were drawn, whether at random (and not for one of its locations).
    """
    ids = np.array(collection.ids, dtype=object)
    places = [hashlib.sha256(f"{seed} {field}".encode()).digest() for field in collection.ids]
    order = np.array(sorted(range(len(ids)), key=places.__getitem__), dtype=np.intp)
    at_random = np.zeros(len(ids), dtype=bool)
    at_random[order[:most]] = True
    chosen = at_random.copy()
    for k in range(0 if truth is None else truth.shape[1]):
        of = order[truth[order, k]]  # type: ignore[index] # there is no k without truth
        lacking = max(0, PER_LOCATION - int(chosen[of].sum()))
        chosen[of[~chosen[of]][:lacking]] = True
    drawn = order[chosen[order]]
    return pd.Series(at_random[drawn].tolist(), index=pd.Index(ids[drawn], name="id"), dtype=bool)


def measure_fields(
    collection: Collection,
    ids: Sequence[str],
    *,
    progress: Callable[[int], object] | None = None,
) -> tuple[pd.DataFrame, list[Problem]]:
    """Measure fields, each wholly decoded.

    Args:
        collection: that they are of.
        ids: of the fields.
        progress: called with 1 after each field.

    Returns:
        A row for each field that could be read, by id: `height_px`, `width_px`, `depth_bits` (bits of a pixel in its
        files), `camera_bits` (of these, what the camera fills), for each channel `<channel>_mean`, `<channel>_high`
        (its 99th percentile), both as shares of the largest value of `camera_bits`, and `<channel>_saturated` (share of
        pixels at that value), `protein_spread` (deviation over mean of the green channel), for each landmark
        `protein_in_<channel>` (correlation of green with it over pixels), and `sharpness` (see
        `cellocate.collection.quality`); and the fields that could not be read.
    """

    def look(field: str) -> dict[str, float] | Problem:
        try:
            files = collection.files(field)
            if not files:
                raise CellocateError("a row without image files", where=field, mend="Add the files, or take it out.")
            pixels, pixel_size = collection.read(field, tuple(files))
            bits = min(8 * pixels.itemsize, collection.bits(field) or 16)
            return {**_figures(pixels, tuple(files), pixel_size), "camera_bits": bits}
        except CellocateError as error:
            return Problem(field, "files", error)
        finally:
            if progress is not None:
                progress(1)

    with ThreadPoolExecutor(max_workers=_WORKERS) as pool:
        found = dict(zip(ids, pool.map(look, ids), strict=True))
    rows = {field: row for field, row in found.items() if not isinstance(row, Problem)}
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index.name = "id"
    return table, [problem for problem in found.values() if isinstance(problem, Problem)]


def _figures(pixels: Pixels, channels: tuple[str, ...], pixel_size: float | None) -> dict[str, float]:
    full = float(np.iinfo(pixels.dtype).max)
    row: dict[str, float] = {
        "height_px": pixels.shape[1],
        "width_px": pixels.shape[2],
        "depth_bits": pixels.itemsize * 8,
    }
    planes = dict(zip(channels, pixels, strict=True))
    for name, plane in planes.items():
        row[f"{name}_mean"] = float(plane.mean()) / full
        row[f"{name}_high"] = float(np.percentile(plane, _HIGH)) / full
        row[f"{name}_saturated"] = saturated_share(plane)
    if "green" in planes:
        protein = planes["green"].astype(np.float32)
        row["protein_spread"] = float(protein.std() / max(float(protein.mean()), 1e-9))
        for name in (c for c in channels if c != "green"):
            row[f"protein_in_{name}"] = _correlation(protein, planes[name].astype(np.float32))
    landmark = next((c for c in FOCUS_CHANNELS if c in planes), None)
    row["sharpness"] = float("nan") if landmark is None else sharpness(planes[landmark], pixel_size)
    return row


def _correlation(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / scale if scale else float("nan")
