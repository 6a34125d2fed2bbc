"""Groups of things that are linked, directly or through others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def connected_groups(left: NDArray[np.integer], right: NDArray[np.integer], count: int) -> NDArray[np.intp]:
    """Number the groups of linked things (connected components).

    Args:
        left: one end of each link, a number below `count`.
        right: its other end.
        count: how many things there are.

    Returns:
        The group of each thing, shape (count,).

    Example:
        >>> connected_groups(np.array([0, 1]), np.array([1, 3]), 4).tolist()
        [0, 0, 1, 0]
    """
    from scipy.sparse import coo_array  # slow to import
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(left), dtype=bool), (left, right)), shape=(count, count))
    number: NDArray[np.intp] = connected_components(graph, directed=False)[1]
    return number
