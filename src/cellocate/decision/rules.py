"""Decision rules: fitted to probabilities beside truth, applied to probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from cellocate.errors import CellocateError

Kind = Literal["fixed", "single", "per_class", "best"]
KINDS: tuple[Kind, ...] = get_args(Kind)


class Rule(BaseModel):
    """A threshold for each location: a field shows it where its probability reaches the threshold.

    `best` has none: a field shows the likeliest location alone.

    Example:
        >>> Rule(kind="fixed", thresholds=(0.5, 0.2)).apply(np.array([[0.4, 0.2]]))
        array([[False,  True]])
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: Kind
    thresholds: tuple[Annotated[float, Field(ge=0, le=1)], ...]

    def apply(self, probabilities: NDArray[np.floating[Any]]) -> NDArray[np.bool_]:
        """Probabilities, shape (N, K) → whether each field shows each location, shape (N, K), bool."""
        if probabilities.shape[-1] != len(self.thresholds):
            raise CellocateError(
                f"a rule for {len(self.thresholds)} locations beside {probabilities.shape[-1]} columns",
                mend="Use a rule that was fitted to this vocabulary.",
            )
        if self.kind == "best":
            likeliest: NDArray[np.bool_] = np.eye(len(self.thresholds), dtype=bool)[probabilities.argmax(axis=-1)]
            return likeliest
        # in the probabilities' own precision, or .57 in single would not reach a threshold of .57 in double
        reached: NDArray[np.bool_] = probabilities >= np.asarray(self.thresholds, probabilities.dtype)
        return reached

    @property
    def parted_by(self) -> tuple[float, ...] | None:
        """The threshold of each location; None where the rule has none."""
        return None if self.kind == "best" else self.thresholds


def fit(kind: Kind, probabilities: NDArray[np.floating[Any]], truth: NDArray[np.bool_]) -> Rule:
    """Fit a rule on fields that the network was not trained on.

    - `fixed`: .5 for every location; nothing is fitted.
    - `single`: the one threshold, of .01, .02, … .99, with the best macro F1 over the locations that occur.
    - `per_class`: for each location the threshold with its best F1, halfway between the two probabilities that it
      parts; a location that never occurs takes the `single` one.
    - `best`: the likeliest location alone, for fields (or cells) of one label each; nothing is fitted.

    Of equally good thresholds the middle one is taken.

    Args:
        kind: which rule.
        probabilities: shape (N, K), 0 to 1.
        truth: shape (N, K), bool.
    """
    classes = truth.shape[1]
    if kind == "best":
        return Rule(kind=kind, thresholds=(0.0,) * classes)
    if kind == "fixed" or not truth.any():
        return Rule(kind="fixed", thresholds=(0.5,) * classes)
    single = _single(probabilities, truth)
    if kind == "single":
        return Rule(kind=kind, thresholds=(single,) * classes)
    thresholds: Sequence[float] = [
        _best_for_one(probabilities[:, k], truth[:, k]) if truth[:, k].any() else single for k in range(classes)
    ]
    return Rule(kind=kind, thresholds=tuple(thresholds))


def _single(probabilities: NDArray[np.floating[Any]], truth: NDArray[np.bool_]) -> float:
    occurs = truth.any(axis=0)
    candidates = (np.arange(1, 100) / 100).astype(probabilities.dtype)  # as `apply` compares them
    scores = [_f1(probabilities[:, occurs] >= c, truth[:, occurs]).mean() for c in candidates]
    return round(_middle_of_best(candidates.astype(np.float64), np.array(scores)), 2)


def _best_for_one(probabilities: NDArray[np.floating[Any]], truth: NDArray[np.bool_]) -> float:
    order = np.argsort(-probabilities, kind="stable")
    falling, hits = probabilities[order], np.cumsum(truth[order])
    below = np.append(falling[1:], falling.dtype.type(0))
    middle = (falling + below) / 2
    # the i-th keeps the first i + 1 fields; between neighbouring numbers there is no middle
    candidates = np.where(middle > below, middle, falling).astype(np.float64)
    scores = 2 * hits / (np.arange(1, len(hits) + 1) + truth.sum())
    parts = falling > below  # a threshold cannot part equal probabilities
    parts[-1] = True
    return float(_middle_of_best(candidates[parts], scores[parts]))


def _middle_of_best(candidates: NDArray[np.float64], scores: NDArray[np.float64]) -> float:
    best = np.flatnonzero(scores >= scores.max() - 1e-12)
    return float(candidates[best[len(best) // 2]])


def _f1(decided: NDArray[np.bool_], truth: NDArray[np.bool_]) -> NDArray[np.float64]:
    both = decided.sum(axis=0) + truth.sum(axis=0)
    return np.asarray(2 * (decided & truth).sum(axis=0) / np.maximum(both, 1), dtype=np.float64)
