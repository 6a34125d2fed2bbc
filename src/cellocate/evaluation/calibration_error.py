"""Compare probabilities with frequencies."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cellocate.arrays import Bools, Floats

_BINS = 15


def reliability(truth: Bools, probabilities: Floats) -> pd.DataFrame:
    """A reliability diagram as a table, with a row for each of 15 equal bins of probability.

    Columns: `low`, `high` (of the bin), `n` (pairs of field and location in it), `probability` (their mean) and
    `frequency` (the share of them that is true), both NaN in an empty bin.

    Args:
        truth: shape (N, K), bool.
        probabilities: shape (N, K), 0 to 1.

    References:
        Niculescu-Mizil, Caruana. Predicting Good Probabilities with Supervised Learning. ICML 2005.
        https://doi.org/10.1145/1102351.1102430

    Example:
        >>> table = reliability(np.array([[True, False]]), np.array([[0.75, 0.25]]))
        >>> table.loc[table["n"] > 0, ["n", "probability", "frequency"]].to_numpy().tolist()
        [[1.0, 0.25, 0.0], [1.0, 0.75, 1.0]]
    """
    p, t = np.asarray(probabilities, np.float64).ravel(), truth.ravel().astype(np.float64)
    bins = np.minimum((p * _BINS).astype(int), _BINS - 1)
    n = np.bincount(bins, minlength=_BINS)
    mean = {
        name: np.bincount(bins, weights=values, minlength=_BINS) / np.where(n, n, np.nan)
        for name, values in (("probability", p), ("frequency", t))
    }
    edges = np.arange(_BINS + 1) / _BINS
    return pd.DataFrame({"low": edges[:-1], "high": edges[1:], "n": n, **mean})


def expected_calibration_error(truth: Bools, probabilities: Floats) -> float:
    """Mean distance of probabilities from frequencies over all fields and locations; 0 is best.

    All N·K pairs are binned as in `reliability`; the error is the mean over pairs of
    |mean probability − share that is true| of their bin.

    References:
        Guo, Pleiss, Sun, Weinberger. On Calibration of Modern Neural Networks. ICML 2017. arXiv:1706.04599

    Example:
        >>> expected_calibration_error(np.array([[True, False]]), np.array([[0.75, 0.25]]))
        0.25
    """
    table = reliability(truth, probabilities)
    gaps = (table["probability"] - table["frequency"]).abs() * table["n"]
    return float(gaps.sum() / truth.size)
