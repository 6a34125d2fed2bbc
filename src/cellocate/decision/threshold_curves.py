"""F1 of each location at every threshold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cellocate.arrays import Bools, Floats, Ints

_STEPS = np.arange(101) / 100


def f1_curves(
    probabilities: Floats, truth: Bools, names: Sequence[str], thresholds: Sequence[float] | None = None
) -> pd.DataFrame:
    """Precision, recall and F1 of each location at the thresholds 0, .01, … 1 and at the chosen one.

    Args:
        probabilities: shape (N, K).
        truth: shape (N, K), bool.
        names: of the K locations.
        thresholds: the chosen ones, if any.

    Returns:
        `location`, `support`, `threshold`, `predicted`, `precision`, `recall`, `f1`, `chosen` (1 for the chosen
        threshold, else 0); 101 or 102 rows for each location, by rising threshold. Divisions by zero give 0.

    Example:
        >>> p, t = np.array([[0.2], [0.4], [0.8]]), np.array([[False], [True], [True]])
        >>> table = f1_curves(p, t, ["Cilium"], [0.3])
        >>> table[table["chosen"] == 1][["location", "threshold", "f1"]].to_dict("records")
        [{'location': 'Cilium', 'threshold': 0.3, 'f1': 1.0}]
    """
    curves = []
    for k, name in enumerate(names):
        own = [] if thresholds is None else [float(thresholds[k])]
        at = np.concatenate([_STEPS, own])
        compared = at.astype(probabilities.dtype)  # as a rule compares them
        predicted, hits = (_reaching(probabilities[chosen, k], compared) for chosen in (slice(None), truth[:, k]))
        support = int(truth[:, k].sum())
        curves.append(
            pd.DataFrame(
                {
                    "location": name,
                    "support": support,
                    "threshold": at,
                    "predicted": predicted,
                    "precision": hits / np.maximum(predicted, 1),
                    "recall": hits / max(support, 1),
                    "f1": 2 * hits / np.maximum(predicted + support, 1),
                    "chosen": np.arange(len(at)) // len(_STEPS),
                }
            ).sort_values("threshold", kind="stable")
        )
    return pd.concat(curves, ignore_index=True)


def _reaching(values: Floats, thresholds: Floats) -> Ints:
    return np.asarray(len(values) - np.searchsorted(np.sort(values), thresholds, side="left"), dtype=np.intp)
