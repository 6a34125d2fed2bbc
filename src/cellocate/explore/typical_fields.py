"""Choose typical and extreme fields of each location, by their measurements."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellocate.explore.pixel_statistics import SHAPE_COLUMNS

_LARGEST = 10.0  # deviations; larger ones are cut off
_EACH = 2


class TypicalFields(NamedTuple):
    """Ids of fields of one location: random ones, the nearest to its medians, and the furthest from them."""

    random: list[str]
    typical: list[str]
    extreme: list[str]


def choose_typical(pixels: pd.DataFrame, shows: NDArray[np.bool_], each: int = _EACH) -> TypicalFields:
    """Choose fields of one location to show, none of them twice.

    The distance of a field is the root mean square over its measurements of their distance from the location's median,
    in standard deviations of all measured fields (1.4826 times the median absolute deviation).

    Args:
        pixels: from `measure_fields`, in the order of the draw.
        shows: which rows show the location, shape (N,), bool.
        each: how many of each kind.

    References:
        Leys et al. Detecting outliers: Do not use standard deviation around the mean, use absolute deviation around
        the median. Journal of Experimental Social Psychology 49, 764–766 (2013).
        https://doi.org/10.1016/j.jesp.2013.03.013
    """
    ids = [str(i) for i in pixels.index[shows]]
    if not ids:
        return TypicalFields([], [], [])
    distance = _distances(pixels, shows)
    near = [ids[i] for i in np.argsort(distance, kind="stable")]
    extreme = near[::-1][: min(each, len(ids) // 3)]
    typical = near[: min(each, (len(ids) - len(extreme)) // 2)]
    rest = [field for field in ids if field not in {*typical, *extreme}]
    return TypicalFields(rest[:each], typical, extreme)


def _distances(pixels: pd.DataFrame, shows: NDArray[np.bool_]) -> NDArray[np.float64]:
    features = pixels.drop(columns=[c for c in SHAPE_COLUMNS if c in pixels]).to_numpy(dtype=float)
    features = features[:, ~np.isnan(features[shows]).all(axis=0)]
    spread = 1.4826 * np.nanmedian(np.abs(features - np.nanmedian(features, axis=0)), axis=0)
    own, spread = features[shows][:, spread > 0], spread[spread > 0]
    squares = np.minimum(np.abs(own - np.nanmedian(own, axis=0)) / spread, _LARGEST) ** 2
    return np.asarray(np.sqrt(np.nansum(squares, axis=1) / np.maximum(1, (~np.isnan(squares)).sum(axis=1))))
