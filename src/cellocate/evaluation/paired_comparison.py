"""Compare two models on the same fields: intervals and p-values of their differences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellocate.arrays import Bools, Doubles, Floats
from cellocate.errors import CellocateError
from cellocate.evaluation.bootstrap import Clusters, ResampledF1, ResampledPrecision, Weights, bootstrap, percentiles
from cellocate.evaluation.group_level import GroupLevel
from cellocate.evaluation.ranking import average_precisions
from cellocate.vocabulary import Vocabulary

SWAPS = 9_999
_AT_ONCE = 200


def compare(
    truth: Bools,
    a: Bools,
    b: Bools,
    vocabulary: Vocabulary,
    *,
    probabilities: tuple[Floats, Floats] | None = None,
    groups: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Compare two models' labels on the same fields; a difference is a − b, so above 0 the first is better.

    Intervals are 95% percentile intervals of the difference in 1000 bootstrap resamples, the same for both models. `p`
    is two-sided, from a permutation test: if neither is better, swapping the two models' labels for any group of fields
    changes nothing, so the difference is compared with those of 9,999 random swaps. `p_holm` is p corrected for the
    number of locations by Holm's step-down, which holds however locations depend on each other. Average precision has
    an interval but no p: the two models' probabilities are on different scales, and swapping single fields would test
    those.

    Args:
        truth: shape (N, K), bool.
        a: the first model's labels, shape (N, K), bool.
        b: the second's.
        vocabulary: of K locations.
        probabilities: of the first and of the second, shape (N, K) each, for average precision.
        groups: of the fields; fields of a group are not independent, and are swapped and drawn together.

    Returns:
        `n`, `groups` (independent ones), `measures` and `per_class`: rows with `name`, `a`, `b`, `difference`,
        `interval`, `p`; per class also `support` and `p_holm`. The interval and p of a location that neither occurs nor
        is predicted by either are None.

    Raises:
        CellocateError: there is no field, or the shapes differ.

    References:
        Noreen. Computer-Intensive Methods for Testing Hypotheses (1989); for F1: Yeh. More accurate tests for the
        statistical significance of result differences. COLING 2000. https://doi.org/10.3115/992730.992783
        Phipson, Smyth. Permutation P-values Should Never Be Zero. Statistical Applications in Genetics and Molecular
        Biology 9 (2010). https://doi.org/10.2202/1544-6115.1585
        Holm. A Simple Sequentially Rejective Multiple Test Procedure. Scandinavian Journal of Statistics 6 (1979).

    Example:
        >>> from cellocate.vocabulary import get_vocabulary
        >>> truth = get_vocabulary("hpa28").encode([(0,), (25,)] * 20)
        >>> found = compare(truth, truth, ~truth, get_vocabulary("hpa28"))["measures"][1]
        >>> found["name"], found["difference"], found["p"]
        ('micro_f1', 1.0, 0.0001)
    """
    if not len(truth):
        raise CellocateError("no labelled field to compare", mend="Give fields that have labels.")
    if not truth.shape == a.shape == b.shape:
        raise CellocateError(f"tables of shapes {truth.shape}, {a.shape} and {b.shape}", mend="Give the same fields.")
    clusters, level = Clusters(len(truth), groups), GroupLevel(vocabulary)
    pair = _Pair(truth, a, b, clusters)
    coarse = _Pair(level.of(truth), level.of(a), level.of(b), clusters)
    resampled = bootstrap(lambda w: np.concatenate([pair.resampled(w), coarse.resampled(w)[:, :1]], axis=1), clusters)
    swapped = np.concatenate(
        [np.concatenate([pair.swapped(s), coarse.swapped(s)[:, :1]], axis=1) for s in _swaps(clusters.count)]
    )
    k = len(vocabulary)
    names = ("macro_f1", "micro_f1", "exact_match")
    # columns: the three measures, the locations, and macro F1 of the groups
    rows = [
        _row(name, values, resampled[:, i], swapped[:, i])
        for i, (name, values) in enumerate(
            [*zip([*names, *vocabulary.names], pair.observed, strict=True), ("group_macro_f1", coarse.observed[0])]
        )
    ]
    measures = [*rows[:3], rows[-1]]
    if probabilities is not None and truth.any():
        measures.append(_precision(truth, probabilities, clusters))
    return {
        "n": len(truth),
        "groups": clusters.count,
        "measures": measures,
        "per_class": _per_class(rows[3 : 3 + k], truth, np.asarray((truth | a | b).any(axis=0))),
    }


def holm(p: Sequence[float]) -> list[float]:
    """Correct p-values for their number by Holm's step-down.

    Example:
        >>> holm([0.01, 0.04, 0.03])
        [0.03, 0.06, 0.06]
    """
    values = np.asarray(p, np.float64)
    order = np.argsort(values, kind="stable")
    steps = np.minimum(values[order] * np.arange(len(values), 0, -1), 1)
    corrected = np.empty_like(values)
    corrected[order] = np.maximum.accumulate(steps)
    return [float(v) for v in corrected]


class _Pair:
    """The labels of two models; every score is three measures and then K locations."""

    def __init__(self, truth: Bools, a: Bools, b: Bools, clusters: Clusters) -> None:
        self.a, self.b = ResampledF1(truth, a, clusters), ResampledF1(truth, b, clusters)
        right = [(truth == labels).all(axis=1, keepdims=True) for labels in (a, b)]
        self.fields = clusters.sums(np.ones((len(truth), 1)))[:, 0]
        self.right_a, self.right_b = (clusters.sums(exact)[:, 0] for exact in right)
        self.known = (self.a.both + self.b.both).sum(axis=0) > 0
        everything = np.ones((1, clusters.count))
        sums = [everything @ table for f1 in (self.a, self.b) for table in (f1.hits, f1.both)]
        self.totals = [*sums, everything @ self.right_a, everything @ self.right_b]
        hits_a, both_a, hits_b, both_b, right_a, right_b = self.totals
        of_a, of_b = (_scores(hits_a, both_a, right_a / len(truth)), _scores(hits_b, both_b, right_b / len(truth)))
        self.observed = list(zip(of_a[0].tolist(), of_b[0].tolist(), strict=True))
        self.n = len(truth)

    def resampled(self, weights: Weights) -> Doubles:
        """Differences in B resamples, shape (B, 3 + K)."""
        (f1_a, known_a), (f1_b, known_b) = self.a.per_class(weights), self.b.per_class(weights)
        # left out of a resample's mean, as `ResampledF1.macro` does, where neither model nor truth has it
        per_class, known = f1_a - f1_b, known_a | known_b
        macro = per_class.sum(axis=1) / np.maximum(known.sum(axis=1), 1) * self.known.mean()
        exact = weights @ (self.right_a - self.right_b) / (weights @ self.fields)
        return np.column_stack([macro, self.a.micro(weights) - self.b.micro(weights), exact, per_class])

    def swapped(self, swaps: NDArray[np.float32]) -> Doubles:
        """Differences after B random swaps, shape (B, 3 + K); `swaps` is 1 where a group is swapped, (B, G)."""
        hits_a, both_a, hits_b, both_b, right_a, right_b = self.totals
        hits = (swaps @ (self.b.hits - self.a.hits)).astype(np.float64)
        both = (swaps @ (self.b.both - self.a.both)).astype(np.float64)
        right = (swaps @ (self.right_b - self.right_a)).astype(np.float64)
        first = _scores(hits_a + hits, both_a + both, (right_a + right) / self.n)
        return first - _scores(hits_b - hits, both_b - both, (right_b - right) / self.n)


def _scores(hits: Doubles, both: Doubles, exact: Doubles) -> Doubles:
    """Macro F1, micro F1, exact match and F1 of each location, shape (B, 3 + K)."""
    f1 = 2 * hits / np.maximum(both, 1)
    micro = 2 * hits.sum(axis=1) / np.maximum(both.sum(axis=1), 1)
    return np.column_stack([f1.mean(axis=1), micro, exact, f1])


def _swaps(groups: int) -> Iterator[NDArray[np.float32]]:
    rng = np.random.default_rng(0)
    for start in range(0, SWAPS, _AT_ONCE):
        size = min(_AT_ONCE, SWAPS - start)
        yield rng.integers(0, 2, (size, groups), dtype=np.int8).astype(np.float32)


def _row(name: str, values: tuple[float, float], resampled: Doubles, swapped: Doubles) -> dict[str, Any]:
    difference = values[0] - values[1]
    beyond = int((np.abs(swapped) >= abs(difference) - 1e-12).sum())
    return {
        "name": name,
        "a": values[0],
        "b": values[1],
        "difference": difference,
        "interval": percentiles(resampled),
        "p": (beyond + 1) / (len(swapped) + 1),  # the observed one is one of the ways to swap
    }


def _precision(truth: Bools, probabilities: tuple[Floats, Floats], clusters: Clusters) -> dict[str, Any]:
    both = [ResampledPrecision(truth, p, clusters) for p in probabilities]
    resampled = bootstrap(lambda weights: both[0].macro(weights) - both[1].macro(weights), clusters)
    a, b = (float(np.nanmean(average_precisions(truth, p))) for p in probabilities)
    row = {"name": "macro_average_precision", "a": a, "b": b, "difference": a - b}
    return {**row, "interval": percentiles(resampled), "p": None}


def _per_class(rows: list[dict[str, Any]], truth: Bools, known: Bools) -> list[dict[str, Any]]:
    """Rows of locations with support and corrected p."""
    corrected = iter(holm([row["p"] for row, is_known in zip(rows, known, strict=True) if is_known]))
    found = []
    for row, support, is_known in zip(rows, truth.sum(axis=0), known, strict=True):
        if not is_known:
            row = {**row, "interval": None, "p": None}
        found.append({**row, "support": int(support), "p_holm": next(corrected) if is_known else None})
    return found
