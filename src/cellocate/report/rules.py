"""What a model's decision rule brings beside simple ones, as rows of a table."""

from __future__ import annotations

from typing import Any

from cellocate.decision import RuleComparison, RuleScore, Score, guesses
from cellocate.pictures.words import sentence
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
        "guesses": [sentence(text) for text in guesses(comparison, names, evaluated.unit)],
        "frequent": comparison.scores[0].frequent is not None,
        "rows": [_row(score, first=i == 0) for i, score in enumerate(comparison.scores)],
    }


def _row(score: RuleScore, *, first: bool) -> dict[str, Any]:
    name = f"{score.rule} (the model’s)" if first else _NAMES.get(score.rule, score.rule)
    return {"name": name, "occur": _figures(score.occur, first), "frequent": _figures(score.frequent, first)}


def _figures(score: Score | None, first: bool) -> tuple[float | None, str]:  # of a row
    """Macro F1, and how far the rule is ahead of the model's."""
    if score is None:
        return None, ""
    low, high = (-end for end in reversed(score.interval))
    apart = f"{-score.difference:+.3f} ({low:+.3f} to {high:+.3f})".replace("-", "−")
    return score.macro_f1, "" if first else apart
