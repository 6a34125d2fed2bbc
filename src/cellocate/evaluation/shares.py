"""Confidence intervals for the share of cells, or fields, that show a location."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellocate.arrays import Bools, Doubles

_Z = 1.959963984540054  # the 97.5% quantile of the normal distribution


def share_intervals(
    shown: Bools, groups: NDArray[np.integer[Any]], fields: NDArray[np.integer[Any]]
) -> tuple[Doubles, Doubles]:
    """The 95% intervals of the shares of each group's cells that show each location.

    Wilson's interval, with the effective number of cells: the number of independent cells whose share would vary as
    much as the share varies between fields, shrunk by (z/t)² because few fields estimate that variance badly. It is at
    least the number of fields and at most that of cells. If all cells agree, or there is one field, it is the number of
    fields. If each field is one row, it is Wilson's interval of fields.

    The interval is for further fields of the group with the same predictions, right or wrong.

    Args:
        shown: whether each of N cells shows each of K locations, shape (N, K).
        groups: the number of each cell's group, 0 to G − 1, shape (N,).
        fields: the number of each cell's field, shape (N,).

    Returns:
        The lower and upper ends, shape (G, K) each.

    References:
        Franco, Little, Louis, Slud. Comparative study of confidence intervals for proportions in complex sample
        surveys. J. Survey Statistics and Methodology 2019. https://doi.org/10.1093/jssam/smy019
        Korn, Graubard. Confidence intervals for proportions with small expected number of positive counts estimated
        from survey data. Survey Methodology 1998 (the factor (z/t)²).

    Example:
        >>> five_of_six = np.array([[True]] * 5 + [[False]])
        >>> low, high = share_intervals(five_of_six, np.zeros(6, int), np.arange(6))
        >>> low.round(3).item(), high.round(3).item()
        (0.436, 0.97)
    """
    by_field = pd.DataFrame(shown.astype(np.float64)).groupby([groups, fields])
    sums = by_field.sum()
    cells: Doubles = np.asarray(by_field.size(), dtype=np.float64)[:, None]
    owner = sums.index.get_level_values(0).to_numpy()
    total, count, number = _sums(sums.to_numpy(), owner), _sums(cells, owner), _sums(np.ones(cells.shape), owner)
    share = total / count
    spread = _sums((sums.to_numpy() - share[owner] * cells) ** 2, owner)
    return _wilson(share, _effective(share, spread / count**2, count, number))


def _effective(share: Doubles, spread: Doubles, cells: Doubles, fields: Doubles) -> Doubles:
    """The number of independent cells that give the share as precisely as these cells in their fields."""
    from scipy.stats import t

    several = fields > 1
    freedom = np.maximum(fields - 1, 1)
    variance = spread * fields / freedom
    alike = share * (1 - share) == 0
    independent = np.divide(share * (1 - share), variance, out=np.full_like(share, np.inf), where=variance > 0)
    shrunk = independent * (_Z / t.ppf(0.975, freedom)) ** 2
    known: Doubles = np.where(several & ~alike, shrunk, 0)
    return np.clip(known, fields, cells)


def _wilson(share: Doubles, n: Doubles) -> tuple[Doubles, Doubles]:
    """Wilson's interval (https://doi.org/10.1080/01621459.1927.10502953) of shares of n."""
    middle = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * np.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    return np.minimum(np.clip(middle - half, 0, 1), share), np.maximum(np.clip(middle + half, 0, 1), share)


def _sums(values: Doubles, member: NDArray[np.integer[Any]]) -> Doubles:
    return pd.DataFrame(values).groupby(member).sum().to_numpy()
