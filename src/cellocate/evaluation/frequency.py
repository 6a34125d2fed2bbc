"""Correlation of F1 with the frequency of locations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def rank_correlation(counts: Sequence[int], f1: Sequence[float], occurs: Sequence[bool] | None = None) -> float | None:
    """Spearman's rank correlation of each location's F1 with the number of fields that show it.

    Args:
        counts: K of them, in training or in the evaluated fields.
        f1: K of them.
        occurs: K of them, whether to count a location in; by default all.

    Returns:
        From −1 to 1; None for fewer than three locations, or if either is the same for all.

    References:
        Spearman. The Proof and Measurement of Association between Two Things. The American Journal of Psychology 15
        (1904). https://doi.org/10.2307/1412159

    Example:
        >>> round(rank_correlation([900, 90, 9], [0.8, 0.5, 0.6]), 3)
        0.5
    """
    from scipy.stats import spearmanr  # slow to import

    x, y = np.asarray(counts), np.asarray(f1)
    if occurs is not None:
        x, y = x[np.asarray(occurs)], y[np.asarray(occurs)]
    if len(x) < 3 or len(set(x.tolist())) == 1 or len(set(y.tolist())) == 1:
        return None
    return float(spearmanr(x, y).statistic)
