"""Compare two models, or tables, on the same fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cellocate.arrays import Bools
from cellocate.decision import Predictions
from cellocate.evaluation import compare
from cellocate.pictures.wording import number

LEVEL = 0.05
_NAMES = {
    "macro_f1": "Macro F1",
    "micro_f1": "Micro F1",
    "exact_match": "Exact match",
    "group_macro_f1": "Macro F1 of groups",
    "macro_average_precision": "Macro average precision",
}


@dataclass(frozen=True)
class Comparison:
    """The result of `compare`, with names for the two.

    Args:
        a: name of what was evaluated.
        b: name of the baseline.
        found: as `cellocate.evaluation.compare` gives it.
    """

    a: str
    b: str
    found: dict[str, Any]

    @property
    def rows(self) -> list[tuple[str, str, str, str, str, str]]:
        """Measure, a, b, difference, interval and p, as text."""
        return [
            (
                _NAMES[row["name"]],
                number(row["a"], 3),
                number(row["b"], 3),
                f"{row['difference']:+.3f}",
                f"{row['interval'][0]:+.3f} to {row['interval'][1]:+.3f}",
                "–" if row["p"] is None else p_value(row["p"]),
            )
            for row in self.found["measures"]
        ]

    @property
    def differing(self) -> list[str]:
        """The locations whose F1 differs significantly, after correction for their number."""
        return [row["name"] for row in self.found["per_class"] if differs(row)]

    @property
    def sentence(self) -> str:
        """The comparison in one line."""
        _, a, b, difference, interval, p = self.rows[0]
        return f"macro F1 {a} against {b} of {self.b}: difference {difference} (95% interval {interval}), p = {p}"


def compare_with(
    predictions: Predictions, baseline: Predictions, truth: Bools, groups: Sequence[str], names: tuple[str, str]
) -> Comparison:
    """Compare two predictions of the same fields; see `cellocate.evaluation.compare`."""
    both = None
    if predictions.has_probabilities and baseline.has_probabilities:
        both = (predictions.probabilities, baseline.probabilities)
    vocabulary = predictions.vocabulary
    found = compare(truth, predictions.labels, baseline.labels, vocabulary, probabilities=both, groups=groups)
    return Comparison(*names, found)


def p_value(p: float) -> str:
    """Format a p-value.

    Example:
        >>> p_value(0.0001), p_value(0.0312), p_value(0.5)
        ('0.0001', '0.031', '0.50')
    """
    return f"{p:.2f}" if p >= 0.1 else f"{p:.3f}" if p >= 0.001 else f"{p:.4f}"


def differs(row: dict[str, Any]) -> bool:
    """Whether the F1 of a location differs significantly, after correction for their number."""
    return row["p_holm"] is not None and row["p_holm"] < LEVEL


def short_names(first: str | Path, other: str | Path) -> tuple[str, str]:
    """Short names of two sources: a run's folder, or a table's stem; whole paths if these are the same."""
    paths = (Path(first), Path(other))
    a, b = (path.resolve().parent.name if path.name == "model" else path.stem for path in paths)
    return (a, b) if a != b else (str(first), str(other))
