"""Join neighbouring cells with no dim border between them: cells of several nuclei."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from cellocate.cells.segmentation.resampling import widened
from cellocate.cells.segmentation.segmented import Labels, Map

_DIM = 1.0  # a border darker than this share of the dimmer cell separates two cells
_FEW = 3  # px: a shorter border is not judged


def join_cells(cells: Labels, nuclei: Labels, likely: Map, apart: float) -> NDArray[np.uint16]:
    """Map each cell number to the number after joining cells with no dim border between them.

    Args:
        cells: label image, shape (H, W).
        nuclei: the nuclei, with the numbers of their cells.
        likely: a `cell_map`.
        apart: px between two nuclei of one cell, at most.

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
