"""What a model's decision rule brings beside simple ones, as rows of a table."""

from __future__ import annotations

from typing import Any

from cellocate.decision import RuleComparison, RuleScore
from cellocate.report.evaluated import Evaluated

_NAMES = {
    "fixed": "a threshold of .5",
    "single": "one threshold for all",
    "per_class": "the best threshold of each",
}


def compared_rules(evaluated: Evaluated) -> dict[str, Any] | None:
    """The comparison of rules that the model's card has; None where there is no model, or an older one."""
    if evaluated.card is None or not (found := evaluated.card.scores.get("validation", {}).get("rules")):
        return None
    comparison = RuleComparison.model_validate(found)
    names = [location.name for location in evaluated.card.locations]
    return {
        "n": comparison.n,
        "occur": comparison.occur,
        "rare": [f"{names[k]} ({n})" for k, n in comparison.rare.items()],
        "frequent": comparison.scores[0].macro_f1_frequent is not None,
        "rows": [_row(score, first=i == 0) for i, score in enumerate(comparison.scores)],
    }


def _row(score: RuleScore, *, first: bool) -> dict[str, Any]:
    name = f"{score.rule} (the model’s)" if first else _NAMES.get(score.rule, score.rule)
    low, high = (-end for end in reversed(score.interval))
    difference = "" if first else f"{-score.difference:+.3f} ({low:+.3f} to {high:+.3f})".replace("-", "−")
    return {**score.model_dump(), "name": name, "difference": difference}
