"""Counts of locations and sets of locations, and measures of class imbalance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellocate.explore.cooccurrence import cluster_order, count_pairs, phi


@dataclass(frozen=True)
class LabelCounts:
    """Counts of locations and sets of locations.

    Args:
        truth: shape (N, K), bool.
        names: of the K locations.
    """

    truth: NDArray[np.bool_]
    names: tuple[str, ...]

    @property
    def n(self) -> int:
        """Number of fields."""
        return len(self.truth)

    @property
    def per_location(self) -> NDArray[np.int64]:
        """Number of fields that show each location, shape (K,)."""
        return np.asarray(self.truth.sum(axis=0), np.int64)

    @property
    def alone(self) -> NDArray[np.int64]:
        """Number of fields that show each location and no other, shape (K,)."""
        return np.asarray(self.truth[self.truth.sum(axis=1) == 1].sum(axis=0), np.int64)

    @cached_property
    def both(self) -> NDArray[np.int64]:
        """Number of fields that show both of two locations, shape (K, K)."""
        return count_pairs(self.truth)

    @cached_property
    def phi(self) -> NDArray[np.float64]:
        """Correlation of each two locations, shape (K, K)."""
        return phi(self.both, self.n)

    @cached_property
    def order(self) -> list[int]:
        """The locations, clustered by correlation (see `cluster_order`)."""
        return cluster_order(self.phi)

    def counts(self) -> pd.DataFrame:
        """A row for each location: `index`, `name`, `count`, `share` (of the fields), `alone` (with no other)."""
        columns = {
            "index": range(len(self.names)),
            "name": list(self.names),
            "count": self.per_location,
            "share": self.per_location / max(1, self.n),
            "alone": self.alone,
        }
        return pd.DataFrame(columns)

    def per_field(self) -> pd.DataFrame:
        """Number of fields (`fields`) by number of labels (`labels`)."""
        numbers, fields = np.unique(self.truth.sum(axis=1), return_counts=True)
        return pd.DataFrame({"labels": numbers, "fields": fields})

    def sets(self) -> pd.DataFrame:
        """Each distinct set: `labels` (names joined by `; `), `size`, `fields`; the most frequent first."""
        found = Counter(tuple(np.flatnonzero(row).tolist()) for row in self.truth)
        ordered = sorted(found.items(), key=lambda item: (-item[1], item[0]))
        rows = [("; ".join(self.names[i] for i in labels), len(labels), n) for labels, n in ordered]
        return pd.DataFrame(rows, columns=["labels", "size", "fields"])

    def rarest(self) -> list[str]:
        """The five rarest locations that occur, rarest first."""
        return self._ordered(np.flatnonzero(self.per_location > 0), self.per_location)[:5]

    def never_alone(self) -> list[str]:
        """The locations that occur, but never alone."""
        return [self.names[i] for i in np.flatnonzero((self.per_location > 0) & (self.alone == 0))]

    def absent(self) -> list[str]:
        """The locations that no field shows."""
        return [self.names[i] for i in np.flatnonzero(self.per_location == 0)]

    def _ordered(self, which: NDArray[np.intp], by: NDArray[np.int64]) -> list[str]:
        return [self.names[i] for i in sorted(which.tolist(), key=lambda i: (by[i], i))]


def imbalance(counts: Sequence[int] | NDArray[np.int64]) -> dict[str, float]:
    """Class imbalance of the locations that occur.

    Args:
        counts: number of fields that show each location.

    Returns:
        `largest_to_smallest` (most frequent over rarest), `mean_imbalance` (mean over locations of the most frequent
        over each; MeanIR) and `evenness` (Shannon entropy of the shares over its maximum; 1 if all are equally
        frequent). All are nan if nothing occurs; evenness is also nan for a single location.

    References:
        Charte, Rivera, del Jesus, Herrera. Addressing imbalance in multilabel classification: Measures and random
        resampling algorithms. Neurocomputing 163, 3–16 (2015). https://doi.org/10.1016/j.neucom.2014.08.091
        Pielou. The measurement of diversity in different types of biological collections. Journal of Theoretical
        Biology 13, 131–144 (1966). https://doi.org/10.1016/0022-5193(66)90013-0

    Example:
        >>> {name: round(value, 2) for name, value in imbalance([90, 30, 0]).items()}
        {'largest_to_smallest': 3.0, 'mean_imbalance': 2.0, 'evenness': 0.81}
    """
    occurring = np.array([count for count in counts if count > 0], dtype=float)
    if not len(occurring):
        return dict.fromkeys(("largest_to_smallest", "mean_imbalance", "evenness"), float("nan"))
    shares = occurring / occurring.sum()
    entropy = float(-(shares * np.log(shares)).sum())
    return {
        "largest_to_smallest": float(occurring.max() / occurring.min()),
        "mean_imbalance": float((occurring.max() / occurring).mean()),
        "evenness": entropy / float(np.log(len(occurring))) if len(occurring) > 1 else float("nan"),
    }
