"""The fourth step: grow cells from their nuclei, and join cells with no dim border between them."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from skimage.graph import MCP_Geometric
from skimage.segmentation import watershed

from cellocate.cells.segmentation.resampling import enlarged_labels, factor, rescaled, shrunk_labels, widened
from cellocate.cells.segmentation.segmented import Labels, Map, SegmentationSettings

_ROUGH = 0.8  # µm: gaps and spurs narrower than twice this are smoothed away
_HOLE = 60.0  # µm²: smaller dark areas within a cell, such as vacuoles, are filled
_AROUND = 2.5  # µm: a valley is darker than its surroundings at this distance
_NEAR, _TOUCHING = 3.0, 0.8  # µm between two nuclei of one cell, at most: with `several_nuclei`, and without
_STEP, _DARK, _VALLEY = 0.03, 1.0, 24.0  # cost of 1 px of growth: anywhere, in the dark, in a valley
_DIM = 1.0  # a border darker than this share of the dimmer cell separates two cells
_FEW = 3  # px: a shorter border is not judged


def label_cells(
    nuclei: Labels, landmarks: Map | None, pixel_size: float, settings: SegmentationSettings | None = None
) -> Labels:
    """Label the cell around each nucleus with the number of the nucleus.

    A pixel belongs to the nucleus from which it is reached at the least cost. Darkness and valleys of the map cost
    most, because the borders of touching cells are dim (similar to Jones et al. 2005, doi:10.1007/11569541_54). Without
    a map, a cell is the area nearest to its nucleus, within `settings.ring`.

    Args:
        nuclei: label image, shape (H, W), numbers 1 to n.
        landmarks: a `cell_map`; None where no stain shows cells.
        pixel_size: µm per px.
        settings: how far cells may reach, and whether one may have several nuclei.

    Returns:
        Shape (H, W), uint16. Nuclei that touch (with `several_nuclei`, that lie near each other) share a cell where no
        dim border separates them; then there are fewer cells than nuclei, renumbered. `np.where(nuclei > 0, cells, 0)`
        gives the nuclei the numbers of their cells.

    Raises:
        CellocateError: an impossible pixel size.

    Example:
        >>> nuclei = np.zeros((40, 60), np.uint16)
        >>> nuclei[15:25, 10:20], nuclei[15:25, 40:50] = 1, 2
        >>> cells = label_cells(nuclei, None, pixel_size=0.65)
        >>> int(cells[20, 25]), int(cells[20, 36]), int(cells[20, 55]), int(cells[0, 0])
        (1, 2, 2, 0)
    """
    settings = settings or SegmentationSettings()
    if not nuclei.any():
        return nuclei.copy()
    times = factor(pixel_size, settings.nucleus)
    pixel = pixel_size / times
    seeds = shrunk_labels(nuclei, times)
    away = cv2.distanceTransform((seeds == 0).astype(np.uint8), cv2.DIST_L2, 5) * pixel
    if landmarks is None:
        grown = watershed(  # type: ignore[no-untyped-call]
            away, seeds.astype(np.int32), mask=away <= settings.ring
        )
    else:
        likely = rescaled(landmarks, times)
        inside = _solid(likely, seeds, pixel) & (away <= settings.reach)
        grown = _nearest(_cost(likely, pixel), seeds, inside)
    cells = enlarged_labels(np.asarray(grown, np.uint16), nuclei.shape)
    cells = np.where(nuclei > 0, nuclei, cells)
    if landmarks is None:
        return cells
    apart = _NEAR if settings.several_nuclei else _TOUCHING
    return np.asarray(join_cells(np.asarray(grown, np.uint16), seeds, likely, apart / pixel)[cells], np.uint16)


def _solid(likely: Map, seeds: Labels, pixel: float) -> NDArray[np.bool_]:
    """Where cells are, without specks, spurs and small holes; nuclei are always included."""
    side = 2 * round(_ROUGH / pixel) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    inside = ((likely > 0.5) | (seeds > 0)).astype(np.uint8)
    for way in (cv2.MORPH_CLOSE, cv2.MORPH_OPEN):
        inside = np.asarray(cv2.morphologyEx(inside, way, disc), np.uint8)
    inside |= seeds > 0
    _, gaps, table, _ = cv2.connectedComponentsWithStats(1 - inside, connectivity=4)
    small: NDArray[Any] = table[:, cv2.CC_STAT_AREA] * pixel**2 < _HOLE
    return np.asarray((inside > 0) | small[gaps], np.bool_)


def _cost(likely: Map, pixel: float) -> NDArray[np.float32]:
    around = cv2.GaussianBlur(likely, (0, 0), _AROUND / pixel)
    valley = np.clip(1 - likely / np.maximum(around, 0.05), 0, 1)
    return np.asarray(_STEP + _DARK * (1 - likely) ** 2 + _VALLEY * valley, np.float32)


def _nearest(cost: NDArray[np.float32], seeds: Labels, inside: NDArray[np.bool_]) -> NDArray[np.int32]:
    """The number of the seed from which each pixel is reached at the least cost."""
    paths = MCP_Geometric(np.where(inside, cost, -1))
    # start from the rims only, because every start takes time; the border of the field counts as rim
    inner = cv2.erode(seeds, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    total, _ = paths.find_costs(np.argwhere((seeds > 0) & (inner != seeds)))
    reached = np.isfinite(total)
    total[~reached] = 0
    # costs rise from the seeds only, so a watershed follows them back
    numbers = watershed(total, seeds.astype(np.int32), mask=inside & reached)  # type: ignore[no-untyped-call]
    return np.asarray(numbers, np.int32)


def join_cells(cells: Labels, nuclei: Labels, likely: Map, apart: float) -> NDArray[np.uint16]:
    """Map each cell number to the number after joining cells with no dim border between them in a `cell_map`.

    Nuclei have the numbers of their cells; two nuclei of one cell are at most `apart` px apart.

    Returns:
        Old number → new number, shape (n + 1,); 0 stays 0, and there are no gaps.

    Example:
        >>> cells = np.repeat(np.array([[1] * 6 + [2] * 6], np.uint16), 9, axis=0)
        >>> nuclei = np.zeros_like(cells)
        >>> nuclei[4, 4], nuclei[4, 7] = 1, 2
        >>> light = np.ones(cells.shape, np.float32)
        >>> join_cells(cells, nuclei, light, apart=6).tolist()
        [0, 1, 1]
        >>> light[:, 5:7] = 0.3
        >>> join_cells(cells, nuclei, light, apart=6).tolist()
        [0, 1, 2]
    """
    count = int(max(cells.max(initial=0), nuclei.max(initial=0)))
    shown = np.zeros(count + 1)  # the median of each cell outside its nucleus
    order = np.argsort(cells, axis=None, kind="stable")
    outside = order[(nuclei.ravel()[order] == 0)]
    numbers, starts = np.unique(cells.ravel()[outside], return_index=True)
    for number, values in zip(numbers, np.split(likely.ravel()[outside], starts[1:]), strict=True):
        shown[number] = np.median(values)
    close = {pair for pair, _ in _borders(widened(nuclei, max(1, round(apart / 2))), likely)}
    pairs = [
        pair
        for pair, light in _borders(np.where(nuclei > 0, 0, cells), likely)
        if pair in close and len(light) >= _FEW and np.median(light) >= _DIM * shown[list(pair)].min()
    ]
    links = np.array(pairs, np.int64).reshape(-1, 2).T
    graph = coo_array((np.ones(links.shape[1]), (links[0], links[1])), shape=(count + 1, count + 1))
    return np.asarray(connected_components(graph, directed=False)[1], np.uint16)


def _borders(labels: NDArray[Any], likely: Map) -> list[tuple[tuple[int, int], NDArray[np.float32]]]:
    """Pairs of neighbouring numbers, and the map along each border."""
    sides = [(labels[:, :-1], labels[:, 1:], likely[:, :-1]), (labels[:-1], labels[1:], likely[:-1])]
    meet = [(one != other) & (one > 0) & (other > 0) for one, other, _ in sides]
    one, other, light = (
        np.concatenate([side[i][where] for side, where in zip(sides, meet, strict=True)]) for i in range(3)
    )
    pairs = np.sort(np.stack([one, other], axis=1).astype(np.int64), axis=1)
    order = np.lexsort(pairs.T[::-1])
    found, starts = np.unique(pairs[order], axis=0, return_index=True)
    parts = np.split(light[order], starts[1:])
    return [((int(a), int(b)), part) for (a, b), part in zip(found, parts, strict=bool(len(found)))]
