"""What a row's saved predictions say: figures for the table, and the same for resampled test fields."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellocate import decision
from cellocate.evaluation import evaluate
from cellocate.vocabulary import get_vocabulary

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Predictions:
    """A row's predictions, as `training.predicted` writes them; thresholds are fitted on the validation part."""

    arrays: dict[str, Any]
    single: bool

    @classmethod
    def read(cls, path: Path) -> Predictions:
        """Those in a file; of cells, which have one label each, the likeliest location is decided."""
        with np.load(path) as file:
            return cls(dict(file), path.name.startswith("cells-"))

    @property
    def names(self) -> list[str]:
        """Of the locations."""
        return [str(name) for name in self.arrays["names"]]

    @property
    def truth(self) -> NDArray[np.bool_]:
        """Of the test part, shape (N, K)."""
        return np.asarray(self.arrays["truth_test"], bool)

    @cached_property
    def fixed(self) -> NDArray[np.bool_]:
        """Decided at .5, shape (N, K)."""
        return np.asarray(self.arrays["p_test"] >= 0.5)

    @cached_property
    def tuned(self) -> NDArray[np.bool_]:
        """Decided by a threshold for each location, shape (N, K)."""
        kind = "argmax" if self.single else "per_class"
        return decision.fit(kind, self.arrays["p_validation"], self.arrays["truth_validation"]).apply(
            self.arrays["p_test"]
        )

    def figures(self) -> dict[Hashable, Any]:
        """For the table; macro averages are over the locations that occur in the test part."""
        vocabulary = get_vocabulary("hpa28").subset(self.names) if len(self.names) < 28 else get_vocabulary("hpa28")
        decided = self.tuned if self.single else self.fixed
        told = evaluate(self.truth, decided, vocabulary, probabilities=self.arrays["p_test"], interval=False)
        weights = np.ones((1, len(self.truth)))
        seen, seconds = int(self.arrays["seen"]), float(self.arrays["seconds"])
        return {
            "location": self.names[0] if len(self.names) == 1 else "",
            "n": len(self.truth),
            "locations": int(self.truth.any(axis=0).sum()),
            "macro_f1_fixed": None if self.single else told["macro_f1_present"],
            "macro_f1_tuned": macro(self.f1(weights))[0],
            "macro_f1_everything": everything(self.truth),
            "macro_ap": told["macro_average_precision"],
            "macro_ap_chance": told["macro_average_precision_of_chance"],
            "binary_accuracy": told["binary_accuracy"],
            "binary_accuracy_nothing": told["binary_accuracy_of_predicting_nothing"],
            "accuracy": told["exact_match"] if self.single else None,
            "accuracy_commonest": float(self.truth.mean(axis=0).max()) if self.single else None,
            "parameters": int(self.arrays["parameters"]),
            "size": int(self.arrays["size"]),
            "images_seen": seen,
            "seconds_per_1000": 1000 * seconds / seen,
        }

    def f1(self, weights: Floats, *, tuned: bool = True) -> Floats:
        """F1 of each location, for each of R weightings of the test fields: (R, N) → (R, K); NaN without truth."""
        truth, decided = self.truth.astype(float), (self.tuned if tuned else self.fixed).astype(float)
        positives = weights @ truth
        with np.errstate(invalid="ignore"):
            f1 = 2 * (weights @ (truth * decided)) / (positives + weights @ decided)
        return np.asarray(np.where(positives > 0, f1, np.nan), np.float64)

    def ap(self, weights: Floats) -> Floats:
        """Average precision of each location, in the same way; equal probabilities stand in the fields' order."""
        result = np.full((len(weights), len(self.names)), np.nan)
        for k in np.flatnonzero(self.truth.any(axis=0)):
            order = np.argsort(-self.arrays["p_test"][:, k], kind="stable")
            w, t = weights[:, order], self.truth[order, k]
            hits, shown = np.cumsum(w * t, axis=1), np.cumsum(w, axis=1)
            with np.errstate(invalid="ignore"):
                result[:, k] = (w * t * hits / np.maximum(shown, 1e-9)).sum(axis=1) / hits[:, -1]
        return result

    def accuracy(self, weights: Floats) -> Floats:
        """Share of the fields of which all is right, (R, N) → (R, 1)."""
        return _mean((self.truth == self.tuned).all(axis=1), weights)

    def binary_accuracy(self, weights: Floats) -> Floats:
        """Share of fields and locations that are decided right at .5, (R, N) → (R, 1)."""
        return _mean((self.truth == self.fixed).mean(axis=1), weights)

    def negatives(self, weights: Floats) -> Floats:
        """The same where nothing is predicted, (R, N) → (R, 1)."""
        return _mean((~self.truth).mean(axis=1), weights)


def _mean(values: NDArray[Any], weights: Floats) -> Floats:
    return np.asarray((weights @ values / weights.sum(axis=1))[:, None], np.float64)


def macro(values: Floats, chosen: NDArray[np.bool_] | None = None) -> Floats:
    """Mean over the (chosen) locations that occur, (R, K) → (R,)."""
    kept = values if chosen is None else values[:, chosen]
    known = ~np.isnan(kept)
    total = np.where(known, kept, 0).sum(axis=1)
    return np.asarray(total / np.maximum(known.sum(axis=1), 1), np.float64)


def everything(truth: NDArray[np.bool_]) -> float:
    """Macro F1 of predicting every location that occurs for every field."""
    share = truth.mean(axis=0)[truth.any(axis=0)]
    return float((2 * share / (1 + share)).mean())
