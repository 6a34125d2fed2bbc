"""Co-occurrence of locations: counts, correlation, conditional shares, and an order that shows clusters."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def count_pairs(truth: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The number of fields that show both of two locations, shape (K, K); on the diagonal, those that show one.

    Args:
        truth: shape (N, K), bool.

    Example:
        >>> count_pairs(np.array([[True, True], [True, False]])).tolist()
        [[2, 1], [1, 1]]
    """
    numbers = truth.astype(np.int64)
    return np.asarray(numbers.T @ numbers, np.int64)


def conditional_shares(both: NDArray[np.int64]) -> NDArray[np.float64]:
    """The share of the fields of one location (row) that show another (column), shape (K, K).

    Rows of locations that do not occur are nan.

    Args:
        both: from `count_pairs`, shape (K, K).

    Example:
        >>> conditional_shares(np.array([[2, 1], [1, 1]])).tolist()
        [[1.0, 0.5], [1.0, 1.0]]
    """
    of = np.diag(both)[:, None].astype(float)
    return np.asarray(both / np.where(of == 0, np.nan, of), np.float64)


def phi(both: NDArray[np.int64], n: int) -> NDArray[np.float64]:
    """Pearson correlation of each two locations over fields, shape (K, K); nan if one is in no field, or in all.

    Args:
        both: from `count_pairs`, shape (K, K).
        n: number of fields.

    References:
        Pearson. Mathematical contributions to the theory of evolution. VII. On the correlation of characters not
        quantitatively measurable. Philosophical Transactions A 195, 1–47 (1900).
        https://doi.org/10.1098/rsta.1900.0022

    Example:
        >>> phi(count_pairs(np.eye(2, dtype=bool)), 2).round(3).tolist()
        [[1.0, -1.0], [-1.0, 1.0]]
    """
    of = np.diag(both).astype(float)
    spread = np.sqrt(of * (n - of))
    scale = spread[:, None] * spread[None, :]
    return np.asarray((n * both - of[:, None] * of[None, :]) / np.where(scale == 0, np.nan, scale), np.float64)


def cluster_order(correlation: NDArray[np.float64]) -> list[int]:
    """Order the locations so that those that occur together are neighbours.

    Average linkage on 1 − correlation, with optimal leaf ordering.

    Args:
        correlation: from `phi`, shape (K, K).

    Returns:
        The locations that have a correlation.

    References:
        Bar-Joseph, Gifford, Jaakkola. Fast optimal leaf ordering for hierarchical clustering. Bioinformatics 17,
        S22–S29 (2001). https://doi.org/10.1093/bioinformatics/17.suppl_1.S22

    Example:
        >>> near = np.array([[1, 0, 0.9], [0, 1, 0], [0.9, 0, 1]])
        >>> order = cluster_order(near)
        >>> abs(order.index(0) - order.index(2))
        1
    """
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    known = np.flatnonzero(~np.isnan(np.diag(correlation)))
    if len(known) < 3:
        return [int(i) for i in known]
    distance = np.maximum(0, 1 - correlation[np.ix_(known, known)])  # rounding can take 1 − φ below 0
    np.fill_diagonal(distance, 0)
    tree = linkage(squareform((distance + distance.T) / 2, checks=False), "average", optimal_ordering=True)
    return [int(known[i]) for i in leaves_list(tree)]
