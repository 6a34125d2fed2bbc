"""Fit the calibration and decision rule of a model, on fields that it was not trained on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellocate import decision
from cellocate.evaluation import evaluate
from cellocate.vocabulary import Vocabulary


class FittedDecision(NamedTuple):
    """A calibration (or None), the rule fitted after it, their scores, and F1 of each location against threshold."""

    calibration: decision.Calibration | None
    rule: decision.Rule
    scores: dict[str, Any]
    curves: pd.DataFrame


def fit_limited_rule(
    name: str,
    probabilities: NDArray[np.floating[Any]],
    truth: NDArray[np.bool_],
    *,
    fallback: decision.Fallback | None = None,
    at_most: int | None = None,
    never: Sequence[int] = (),
) -> decision.Rule:
    """Fit one rule, without choosing between rules, and limit how many locations a field gets.

    The limit is `at_most`, or 5, or the largest number of locations on one of these fields if that is more. `never` are
    the locations that no training field shows: no field gets them.
    """
    kind = decision.default_rule(name)
    fitted = decision.fit(kind, probabilities, truth, fallback=fallback, at_most=_limit(kind, truth, at_most))
    return fitted.model_copy(update={"never": tuple(never)})


def _limit(name: str, truth: NDArray[np.bool_], at_most: int | None) -> int | None:
    return decision.label_limit(truth) if at_most is None and name != "argmax" else at_most


def fit_decision(
    probabilities: NDArray[np.floating[Any]],
    truth: NDArray[np.bool_],
    vocabulary: Vocabulary,
    ids: Sequence[str],
    groups: Sequence[str],
    *,
    rule: str,
    fallback: decision.Fallback | None = None,
    at_most: int | None = None,
    calibrate: decision.CalibrationKind | None = None,
    never: Sequence[int] = (),
) -> FittedDecision:
    """Fit calibration and rule to a model's predictions (N, K), N at least 1, and measure both on the same fields.

    With a calibration, the rule, the scores and the curves use cross-fitted probabilities. A single group cannot be
    cross-fitted and is not calibrated. Fields of one group depend on each other. For `rule` and `fallback` see
    `cellocate.decision.fit_rule`, for `at_most` and `never` `fit_limited_rule`.
    """
    calibrate = calibrate if len(set(groups)) > 1 else None
    steps, _, values = decision.fit_steps(
        probabilities[None], truth, ["model"], ids, calibrate=calibrate, groups=groups
    )
    limit = _limit(rule, truth, at_most)
    chosen = decision.fit_rule(rule, values, truth, groups, fallback=fallback, at_most=limit, never=never)
    fitted = chosen.rule
    scores = evaluate(
        truth,
        fitted.apply(values),
        vocabulary,
        probabilities=values,
        thresholds=fitted.applied_thresholds,
        groups=groups,
    )
    scores["marked_per_field"] = round(decision.mean_label_count(fitted, values), 2)
    scores["rules"] = None if chosen.comparison is None else chosen.comparison.model_dump(mode="json")
    return FittedDecision(
        steps.calibration,
        fitted,
        scores,
        decision.f1_curves(values, truth, vocabulary.names, fitted.applied_thresholds),
    )
