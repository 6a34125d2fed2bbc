"""Warnings about predictions."""

from __future__ import annotations

from cellocate.counted import counted
from cellocate.decision import Predictions, describe_notes, mean_label_count, rule_warning
from cellocate.decision.probability_tables import OOD_SCORE
from cellocate.networks import Model


def prediction_warnings(model: Model, predictions: Predictions) -> list[str]:
    """Warn about a rule fitted on little data, and about rows out of distribution or without signal.

    Args:
        model: which predicted.
        predictions: of fields or cells.
    """
    rule, unit = model.card.rule, predictions.unit
    found = []
    if not model.card.scores and rule.kind in ("fixed", "argmax"):
        how = "a probability of .5" if rule.kind == "fixed" else "the highest probability"
        found.append(
            f"{model.title} was trained without validation fields: nothing shows how good it is, and its decision "
            f"rule ({how}) was not fitted"
        )
    if (doubt := rule_warning(rule, mean_label_count(rule, predictions.probabilities), unit)) is not None:
        found.append(doubt)
    if (score := predictions.ood_score) is not None and (count := int((score > 1).sum())):
        are = "is" if count == 1 else "are"
        found.append(
            f"{count:,} of {counted(len(score), unit)} {are} out of distribution, unlike the training data "
            f"(column {OOD_SCORE} above 1): do not rely on these predictions"
        )
    return found + describe_notes(predictions.notes, unit)
