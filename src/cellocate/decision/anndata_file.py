"""Predictions as AnnData (h5ad) for single-cell tools."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellocate import h5ad
from cellocate.arrays import Floats
from cellocate.collection.collection import TIME_SERIES
from cellocate.collection.identity import ORIGINAL
from cellocate.collection.merge import SOURCE

if TYPE_CHECKING:
    from cellocate.decision.predictions import Predictions

_CENTRES = (("x_px", "y_px"), ("x", "y"))  # of a cell; tables of cellocate 0.1 have no units
# even where they are digits
_NAMES = ("field", ORIGINAL, SOURCE, "labels", "group", "antibody", "gene", "plate", "well", "site", TIME_SERIES,
          "cell_line")  # fmt: skip


def write_h5ad(
    path: str | Path,
    predictions: Predictions,
    metadata: pd.DataFrame,
    *,
    obsm: Mapping[str, Floats] | None = None,
    uns: Mapping[str, str] | None = None,
) -> None:
    """Write cells (or fields) in `obs`, locations in `var`, probabilities in `X` and labels in the layer `predicted`.

    `obs` has the columns of `metadata`, and `Locations` (names joined by `; `); `var` has the GO id and group of each
    location; `obsm["spatial"]` has the centre as (x, y) in px, if there are columns x_px and y_px (or x and y).

    Args:
        path: an h5ad file.
        predictions: of N fields or cells.
        metadata: of each of them, in the same order.
        obsm: further arrays by name, shape (N, D) each, such as features.
        uns: further facts about the whole, next to `vocabulary`.
    """
    obs, vocabulary = metadata.reset_index(drop=True), predictions.vocabulary
    obs = pd.DataFrame({c: _plain(obs[c], name=c in _NAMES) for c in obs}, index=obs.index)
    shown = pd.Series(["; ".join(names) for names in predictions.locations], index=obs.index, dtype=object)
    obs = obs.assign(Locations=shown).set_axis(pd.Index(predictions.ids), axis=0)
    of_location = {"go": [x.go or "" for x in vocabulary.locations], "group": [x.group for x in vocabulary.locations]}
    var = pd.DataFrame(of_location, index=list(vocabulary.names))
    numbers = obs.select_dtypes("number")
    centre = next((list(names) for names in _CENTRES if set(names) <= set(numbers)), None)
    places: dict[str, NDArray[Any]] = {} if centre is None else {"spatial": numbers[centre].to_numpy(np.float64)}
    places |= {name: np.asarray(values, np.float32) for name, values in (obsm or {}).items()}
    x, layers = np.asarray(predictions.probabilities, np.float32), {"predicted": predictions.labels}
    about = {"vocabulary": vocabulary.name, **(uns or {})}
    h5ad.write_h5ad(path, x, obs, var, layers=layers, obsm=places, uns=about)


def _plain(values: pd.Series[Any], *, name: bool) -> pd.Series[Any]:
    """Convert a column to numbers if all its values are, and it holds no names, else to text: HDF5 takes no mixture."""
    filled = values[values.notna() & (values.astype(str) != "")]
    numbers = pd.to_numeric(filled.astype(str), errors="coerce")
    if not name and len(filled) and numbers.notna().all():
        return pd.to_numeric(values.where(values.astype(str) != ""), errors="coerce").astype(float)
    return values.where(values.notna(), "").astype(str).astype(object)
