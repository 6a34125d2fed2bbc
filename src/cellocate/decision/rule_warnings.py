"""Warnings about rules whose locations are unreliable."""

from __future__ import annotations

from cellocate.arrays import Floats
from cellocate.counted import counted
from cellocate.decision.rules import Rule
from cellocate.decision.rules.fitting import LARGEST_SET
from cellocate.evaluation import SMALL

_USUAL_SET = 3  # the most locations that 99% of the images of 2018 and 2021 show


def mean_label_count(rule: Rule, probabilities: Floats) -> float:
    """How many locations per field a rule predicts on average, before its limit; probabilities have shape (N, K).

    Example:
        >>> import numpy as np
        >>> rule = Rule(kind="fixed", thresholds=(0.5, 0.5, 0.5), at_most=1)
        >>> mean_label_count(rule, np.array([[0.9, 0.8, 0.1], [0.6, 0.7, 0.9]]))
        2.5
    """
    if not len(probabilities):
        return 0.0
    return float(rule.model_copy(update={"at_most": None}).apply(probabilities).sum(axis=1).mean())


def rule_warning(rule: Rule, marked: float, unit: str = "field") -> str | None:
    """Why the locations of a rule are unreliable, as a sentence; None if no reason is known.

    Args:
        rule: any.
        marked: how many locations per field it predicts on average, before its limit.
        unit: what it is applied to, field or cell.

    Example:
        >>> rule = Rule(kind="single", thresholds=(0.1,) * 28, at_most=5, fitted_on=15)
        >>> rule_warning(rule, 1.5)
        'the decision rule was fitted on only 15 validation images: do not rely on its locations'
        >>> rule_warning(rule, 18.24).partition(" (")[0]
        'the decision rule was fitted on only 15 validation images and marks 18.2 of 28 locations per field'
    """
    found = []
    if rule.fitted_on is not None and rule.fitted_on < SMALL:
        found.append(f"was fitted on only {counted(rule.fitted_on, 'validation image')}")
    limit = max(rule.at_most or 0, LARGEST_SET)
    if marked > (_USUAL_SET if limit == LARGEST_SET else limit):
        usual = "real label sets have 1 to 3" if limit == LARGEST_SET else f"its labels had at most {limit}"
        kept = "" if rule.at_most is None else f"; the {rule.at_most} furthest above their thresholds are kept"
        found.append(f"marks {marked:.1f} of {len(rule.thresholds)} locations per {unit} ({usual}{kept})")
    return f"the decision rule {' and '.join(found)}: do not rely on its locations" if found else None
