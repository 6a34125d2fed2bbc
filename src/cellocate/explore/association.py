"""Association rules: fields that show some locations often show another as well."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellocate.errors import CellocateError

SUPPORT, CONFIDENCE = 0.0004, 0.25
FEWEST = 3  # fields that support a rule
COLUMNS = ("antecedents", "consequents", "support", "confidence", "lift")


def association_rules(
    truth: NDArray[np.bool_], names: Sequence[str], support: float = SUPPORT, confidence: float = CONFIDENCE
) -> pd.DataFrame:
    """Find all rules antecedents → consequents with enough support and confidence, the greatest lift first.

    Args:
        truth: shape (N, K), bool.
        names: of the K locations.
        support: minimum share of fields that show antecedents and consequents; at least three fields in any case.
        confidence: minimum share of the fields with the antecedents that also show the consequents.

    Returns:
        `antecedents`, `consequents` (names in this order, joined by `; `), `support`, `confidence`, `lift`
        (confidence over the share of all fields that show the consequents; 1 if they are independent).

    Raises:
        CellocateError: a limit is not above 0 and at most 1.

    References:
        Agrawal, Imieliński, Swami. Mining association rules between sets of items in large databases. ACM SIGMOD
        (1993). https://doi.org/10.1145/170035.170072
        Raschka. MLxtend. Journal of Open Source Software 3, 638 (2018). https://doi.org/10.21105/joss.00638

    Example:
        >>> truth = np.array([[1, 1], [1, 1], [1, 1], [1, 0], [0, 0]], bool)
        >>> association_rules(truth, ["Cytosol", "Nucleoplasm"], 0.1, 0.9).round(3).to_numpy().tolist()
        [['Nucleoplasm', 'Cytosol', 0.6, 1.0, 1.25]]
    """
    for name, value in (("support", support), ("confidence", confidence)):
        if not 0 < value <= 1:
            raise CellocateError(f"an impossible {name} of {value:g}", mend="Give a share above 0, at most 1.")
    if len(truth) < FEWEST or not truth.any():
        return pd.DataFrame(columns=list(COLUMNS))
    found = _mined(truth, max(support, FEWEST / len(truth)), confidence)
    rows: list[tuple[tuple[int, ...], tuple[int, ...], float, float, float]] = [
        (tuple(sorted(before)), tuple(sorted(after)), *figures)
        for before, after, *figures in found[list(COLUMNS)].to_numpy(dtype=object)
    ]
    # of rules with the same lift, the shorter first
    rows.sort(key=lambda row: (-round(row[4], 12), len(row[0]) + len(row[1]), row[:2]))
    named = [("; ".join(names[i] for i in a), "; ".join(names[i] for i in c), *figures) for a, c, *figures in rows]
    return pd.DataFrame(named, columns=list(COLUMNS))


def _mined(truth: NDArray[np.bool_], support: float, confidence: float) -> pd.DataFrame:
    from mlxtend.frequent_patterns import association_rules as derive
    from mlxtend.frequent_patterns import fpgrowth

    sets = fpgrowth(pd.DataFrame(truth), min_support=support)
    if not any(len(labels) > 1 for labels in sets["itemsets"]):  # mlxtend raises an error
        return pd.DataFrame(columns=list(COLUMNS))
    threshold = confidence * (1 - 1e-12)  # a ratio of shares, such as .01 / .05, is rounded twice
    with np.errstate(invalid="ignore", divide="ignore"):  # other measures, undefined for locations in all fields
        found: pd.DataFrame = derive(sets, metric="confidence", min_threshold=threshold)
    return found
