"""Scores for each value of a column, such as a cell line, a plate or a part of a split."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from cellocate.arrays import Bools, Floats
from cellocate.evaluation.metrics import evaluate
from cellocate.vocabulary import Vocabulary

SMALL = 30
"""Fewer fields than this are too few for any figure to be taken at its word."""
FEW = 10
"""Fewer fields than this that show a location are too few to judge it by."""

UNKNOWN = "not recorded"

_FIGURES = (
    "exact_match",
    "macro_average_precision",
    "macro_roc_auc",
    "label_ranking_average_precision",
)


def by_column(
    truth: Bools,
    labels: Bools,
    vocabulary: Vocabulary,
    values: Sequence[str | None],
    *,
    probabilities: Floats | None = None,
    groups: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Scores for each value of a column, the most frequent value first.

    Columns: `value`, `n` (fields), `groups` (independent ones), `locations` (that occur), `macro_f1` with its 95%
    interval (`macro_f1_low`, `macro_f1_high`), `macro_f1_present`, `micro_f1` with its own, `exact_match`,
    `macro_average_precision`, `macro_roc_auc`, `label_ranking_average_precision`, and `small` (fewer than 30 fields).

    Macro F1 is over all locations, and a small set lacks many: compare values by `macro_f1_present` or `micro_f1`.

    Args:
        truth: shape (N, K), bool.
        labels: predicted labels, shape (N, K), bool.
        vocabulary: of K locations.
        values: N of them; empty or None where not recorded.
        probabilities: shape (N, K), or None.
        groups: as for `evaluate`.

    Example:
        >>> from cellocate.vocabulary import get_vocabulary
        >>> truth = get_vocabulary("hpa28").encode([(0,), (0,), (25,)])
        >>> table = by_column(truth, truth, get_vocabulary("hpa28"), ["U-2 OS", "U-2 OS", "HeLa"])
        >>> table[["value", "n", "micro_f1", "small"]].to_numpy().tolist()
        [['U-2 OS', 2, 1.0, True], ['HeLa', 1, 1.0, True]]
    """
    of_field = np.array([UNKNOWN if v is None or v != v or str(v) == "" else str(v) for v in values], dtype=object)
    own = np.asarray([str(i) for i in range(len(truth))] if groups is None else groups, dtype=object)
    rows = []
    for value, n in pd.Series(of_field).value_counts(sort=True).items():
        here = of_field == value
        figures = evaluate(
            truth[here],
            labels[here],
            vocabulary,
            probabilities=None if probabilities is None else probabilities[here],
            groups=[str(group) for group in own[here]],
        )
        rows.append(
            {
                "value": value,
                "n": int(n),
                "groups": len(set(own[here])),
                "locations": len(vocabulary) - len(figures["absent"]),
                **_with_interval(figures, "macro_f1"),
                "macro_f1_present": figures["macro_f1_present"],
                **_with_interval(figures, "micro_f1"),
                **{name: figures[name] for name in _FIGURES},
                "small": bool(n < SMALL),
            }
        )
    return pd.DataFrame(rows)


def _with_interval(figures: dict[str, Any], name: str) -> dict[str, float]:
    low, high = figures[f"{name}_interval"]
    return {name: figures[name], f"{name}_low": low, f"{name}_high": high}
