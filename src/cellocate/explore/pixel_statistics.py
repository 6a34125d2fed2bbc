"""Measure brightness, saturation and focus of a sample of fields."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellocate.collection import Collection, Problem
from cellocate.collection.image_quality import FOCUS_CHANNELS, saturated_share, sharpness
from cellocate.errors import CellocateError
from cellocate.images import Pixels

PER_LOCATION = 8
"""Minimum number of fields measured for each location, if there are as many, so that rare locations can be shown."""
SHAPE_COLUMNS = ("height_px", "width_px", "depth_bits", "camera_bits")
"""Columns of `measure_fields` that do not describe what a field shows."""
_WORKERS = 4
_HIGH = 99.0  # percentile that describes the brightest structures of a channel


def sample_fields(collection: Collection, truth: NDArray[np.bool_] | None, count: int, seed: int) -> pd.Series[bool]:
    """Draw fields to measure: some at random, and more of the locations that are rare among these.

    Args:
        collection: all fields.
        truth: labels, shape (N, K), bool, if there are any.
        count: how many to draw at random.
        seed: random seed. With one seed, collections that overlap draw the same fields as far as possible, so that they
            can be compared.

    Returns:
        By id, in the order of the draw: True if drawn at random, False if drawn for a rare location.
    """
    ids = np.array(collection.ids, dtype=object)
    places = [hashlib.sha256(f"{seed} {field}".encode()).digest() for field in collection.ids]
    order = np.array(sorted(range(len(ids)), key=places.__getitem__), dtype=np.intp)
    at_random = np.zeros(len(ids), dtype=bool)
    at_random[order[:count]] = True
    chosen = at_random.copy()
    for k in range(0 if truth is None else truth.shape[1]):
        of = order[truth[order, k]]  # type: ignore[index] # there is no k without truth
        lacking = max(0, PER_LOCATION - int(chosen[of].sum()))
        chosen[of[~chosen[of]][:lacking]] = True
    drawn = order[chosen[order]]
    return pd.Series(at_random[drawn].tolist(), index=pd.Index(ids[drawn], name="id"), dtype=bool)


def measure_fields(
    collection: Collection, ids: Sequence[str], *, progress: Callable[[int], object] | None = None
) -> tuple[pd.DataFrame, list[Problem]]:
    """Read and measure fields.

    Args:
        collection: the collection.
        ids: of the fields to measure.
        progress: called with 1 after each field.

    Returns:
        The fields that could not be read, and a row by id for each of the others: `height_px`, `width_px`, `depth_bits`
        (bits per pixel of the files), `camera_bits` (how many of them the camera uses), for each channel
        `<channel>_mean` and `<channel>_high` (99th percentile), both as shares of the largest value of `camera_bits`,
        and `<channel>_saturated` (share of pixels at that value), `protein_spread` (standard deviation over mean of
        green), for each other channel `protein_in_<channel>` (its correlation with green over pixels), and `sharpness`
        (see `cellocate.collection.image_quality`).
    """

    def measure(field: str) -> dict[str, float] | Problem:
        try:
            files = collection.files(field)
            if not files:
                raise CellocateError("a row without image files", where=field, mend="Add the files, or remove the row.")
            pixels, pixel_size = collection.read(field, tuple(files))
            bits = min(8 * pixels.itemsize, collection.bits(field) or 16)
            return {**_figures(pixels, tuple(files), pixel_size), "camera_bits": bits}
        except CellocateError as error:
            return Problem(field, "files", error)
        finally:
            if progress is not None:
                progress(1)

    with ThreadPoolExecutor(max_workers=_WORKERS) as pool:
        found = dict(zip(ids, pool.map(measure, ids), strict=True))
    rows = {field: row for field, row in found.items() if not isinstance(row, Problem)}
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index.name = "id"
    return table, [problem for problem in found.values() if isinstance(problem, Problem)]


def compare_medians(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """The median of each measurement in two tables of `measure_fields`: rows `figure`, `before`, `after`.

    Example:
        >>> one, two = pd.DataFrame({"green_mean": [0.1, 0.3]}), pd.DataFrame({"green_mean": [0.5], "red_mean": [0.5]})
        >>> compare_medians(one, two).to_dict("records")
        [{'figure': 'green_mean', 'before': 0.2, 'after': 0.5}]
    """
    figures = [name for name in after if name in before and name not in SHAPE_COLUMNS]
    sides = {"before": before[figures].median(), "after": after[figures].median()}
    return pd.DataFrame(sides, index=pd.Index(figures, name="figure")).dropna().reset_index()


def _figures(pixels: Pixels, channels: tuple[str, ...], pixel_size: float | None) -> dict[str, float]:
    full = float(np.iinfo(pixels.dtype).max)
    height, width = pixels.shape[1:]
    row: dict[str, float] = {"height_px": height, "width_px": width, "depth_bits": pixels.itemsize * 8}
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
