"""Table of the model's decision rule and simple ones."""

from __future__ import annotations

from typing import Any

from cellocate.assessment import Evaluated
from cellocate.decision import RuleComparison, RuleScore, Score, rare_location_notes
from cellocate.decision.rule_comparison import NAMES
from cellocate.pictures.wording import sentence


def rule_rows(evaluated: Evaluated) -> dict[str, Any] | None:
    """The rule comparison on the model's card; None without a model, or for an older one."""
    if evaluated.card is None or not (found := evaluated.card.scores.get("validation", {}).get("rules")):
        return None
    comparison = RuleComparison.model_validate(found)
    names = [location.name for location in evaluated.card.locations]
    return {
        "n": comparison.n,
        "occur": comparison.occur,
        "unit": evaluated.card.unit or "field",
        "among": list(comparison.among),
        "notes": [sentence(text) for text in rare_location_notes(comparison, names, evaluated.card.unit or "field")],
        "frequent": comparison.scores[0].frequent is not None,
        "rows": [_row(score, first=i == 0) for i, score in enumerate(comparison.scores)],
    }


def _row(score: RuleScore, *, first: bool) -> dict[str, Any]:
    name = f"{score.rule} (the model’s)" if first else NAMES.get(score.rule, score.rule)
    of = {"occur": score.occur, "frequent": score.frequent}
    return {"name": name} | {key: _figures(value, first=first) for key, value in of.items()}


def _figures(score: Score | None, *, first: bool) -> tuple[float | None, str]:
    """Macro F1, and how far the rule is ahead of the model's."""
    if score is None or first:
        return (None if score is None else score.macro_f1), ""
    low, high = score.interval
    return score.macro_f1, f"{score.difference:+.3f} ({low:+.3f} to {high:+.3f})".replace("-", "−")
