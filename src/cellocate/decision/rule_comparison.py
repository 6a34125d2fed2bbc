"""Compare decision rules on fields that they were not fitted on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from cellocate.arrays import Bools, Doubles, Floats
from cellocate.choices import Fallback
from cellocate.counted import counted
from cellocate.decision.crossfit import assign_folds
from cellocate.decision.rules import fit
from cellocate.evaluation import FEW
from cellocate.evaluation.bootstrap import Clusters, bootstrap

NAMES: Mapping[str, str] = {
    "fixed": ".5 for all (fixed)",
    "single": "one threshold for all (single)",
    "per_class": "one for each location (per_class)",
    "ratio": "as often as each occurs (ratio)",
}
"""Simple rules in words."""

_LISTED = 6  # locations that are named one by one

LabelsByRule = Mapping[str, Bools]


class Score(BaseModel):
    """Macro F1 of a rule over some locations, compared with the first rule.

    Attributes:
        macro_f1: of the rule.
        difference: this macro F1 minus that of the first rule.
        interval: 95% interval of the difference, paired by field (or by group).
        error: standard error of the difference.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    macro_f1: float
    difference: float
    interval: tuple[float, float]
    error: float


class RuleScore(BaseModel):
    """Scores of one rule out of fold.

    Attributes:
        rule: its name.
        occur: over the locations that occur.
        frequent: over those that ten or more fields show; None if there are none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    rule: str
    occur: Score
    frequent: Score | None


class RuleComparison(BaseModel):
    """Rules compared on the same fields, each field decided by rules fitted without its fold.

    Attributes:
        n: number of fields.
        occur: number of locations that occur.
        rare: index of each location that occurs in fewer than ten fields → in how many.
        scores: of each rule; the others are compared with the first.
        among: the rules from which the first was chosen by these scores; empty where the user chose it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    n: int
    occur: int
    rare: dict[int, int]
    scores: tuple[RuleScore, ...]
    among: tuple[str, ...] = ()


def describe_comparison(comparison: RuleComparison, names: Sequence[str], unit: str = "field") -> list[str]:
    """Describe a comparison to the user: the first rule, the others, and the rare locations.

    Args:
        comparison: as `compare_rules` gives it.
        names: of the K locations.
        unit: what was decided, field or cell.

    Example:
        >>> truth = np.repeat(np.eye(2, dtype=bool), [20, 3], axis=0)
        >>> found = compare_rules({"single": truth, "fixed": truth[::-1]}, truth)
        >>> for line in describe_comparison(found, ["Nucleoli", "ER"]):
        ...     print(line.partition(",")[0])
        rule single
          .5 for all (fixed): 0.425
        fewer than 10 fields show ER (3): its threshold is a guess
    """
    own, *others = comparison.scores
    best = f" (the best of {', '.join(comparison.among)} by these scores)" if comparison.among else ""
    occur = f"{counted(comparison.occur, 'location')} that occur{'s' if comparison.occur == 1 else ''}"
    line = f"rule {own.rule}{best}, out of fold (n = {comparison.n:,}): macro F1 {own.occur.macro_f1:.3f} over the "
    line += occur
    if own.frequent is not None and comparison.rare:
        line += f", {own.frequent.macro_f1:.3f} over those that {FEW} or more {unit}s show"
    comparisons = [f"  {NAMES.get(other.rule, other.rule)}: {_compared(other.occur)}" for other in others]
    return [line, *comparisons, *rare_location_notes(comparison, names, unit)]


def _compared(score: Score) -> str:
    """Format a score such as "0.450, behind by 0.090 (95% interval 0.043 to 0.118)"."""
    if score.difference == 0 and score.error == 0:
        return f"{score.macro_f1:.3f}, the same"
    behind = score.difference < 0
    low, high = (-end for end in reversed(score.interval)) if behind else score.interval
    where = f"{'behind' if behind else 'ahead'} by {abs(score.difference):.3f}"
    return f"{score.macro_f1:.3f}, {where} (95% interval {low:.3f} to {high:.3f})".replace("-", "−")


def rare_location_notes(comparison: RuleComparison, names: Sequence[str], unit: str = "field") -> list[str]:
    """A sentence naming the locations with too few fields to fit a threshold; an empty list if there are none."""
    if not comparison.rare:
        return []
    rare = [f"{names[k]} ({n})" for k, n in comparison.rare.items()]
    listed = ", ".join(rare)
    if len(rare) > _LISTED:
        these = "all" if len(rare) == comparison.occur else f"{len(rare)} of"
        listed = f"{these} the {comparison.occur} locations that occur, such as {rare[0]}"
    guess = "its threshold is a guess" if len(rare) == 1 else "their thresholds are guesses"
    return [f"fewer than {FEW} {unit}s show {listed}: {guess}"]


def decide_out_of_fold(
    kinds: Sequence[str],
    probabilities: Floats,
    truth: Bools,
    groups: Sequence[str] | None = None,
    *,
    fallback: Fallback | None = None,
    at_most: int | None = None,
    never: Sequence[int] = (),
) -> dict[str, Bools]:
    """Apply rules to fields that they were not fitted on: 5 folds, groups kept together.

    Args:
        kinds: the rules.
        probabilities: shape (N, K).
        truth: shape (N, K), bool.
        groups: of the fields; fields of a group are not independent.
        fallback: as in `cellocate.decision.fit`.
        at_most: as in `cellocate.decision.fit`.
        never: locations that no field is given (see `Rule`).

    Returns:
        For each rule, shape (N, K), bool.

    Raises:
        CellocateError: there are fewer than two groups.
    """
    folds = assign_folds(truth, groups)
    labels = {kind: np.zeros_like(truth) for kind in kinds}
    for fold in np.unique(folds):
        held = folds == fold
        for kind in kinds:
            rule = fit(kind, probabilities[~held], truth[~held], fallback=fallback, at_most=at_most)
            rule = rule.model_copy(update={"never": tuple(never)})
            labels[kind][held] = rule.apply(probabilities[held])
    return labels


def compare_rules(
    labels: LabelsByRule, truth: Bools, groups: Sequence[str] | None = None, among: Sequence[str] = ()
) -> RuleComparison:
    """Compare the macro F1 of several rules with that of the first.

    Args:
        labels: predicted labels of each rule, shape (N, K), as `decide_out_of_fold` gives them.
        truth: shape (N, K), bool; some location occurs.
        groups: of the fields; fields of a group are not independent.
        among: the rules from which the first was chosen.

    Example:
        >>> truth = np.repeat(np.eye(2, dtype=bool), 20, axis=0)
        >>> found = compare_rules({"single": truth, "fixed": np.zeros_like(truth)}, truth)
        >>> [(score.rule, score.occur.macro_f1, score.occur.difference) for score in found.scores]
        [('single', 1.0, 0.0), ('fixed', 0.0, -1.0)]
    """
    support = truth.sum(axis=0)
    rare = {int(k): int(support[k]) for k in np.flatnonzero((support > 0) & (support < FEW))}
    over = [_scores(labels, truth, support >= minimum, groups) for minimum in (1, FEW)]
    rows = [RuleScore(rule=rule, occur=over[0][rule], frequent=over[1].get(rule)) for rule in labels]
    occur = int((support > 0).sum())
    return RuleComparison(n=len(truth), occur=occur, rare=rare, scores=tuple(rows), among=tuple(among))


def _scores(labels: LabelsByRule, truth: Bools, chosen: Bools, groups: Sequence[str] | None) -> dict[str, Score]:
    """The score of each rule over the chosen locations; empty if there are none."""
    if not chosen.any():
        return {}
    clusters, t = Clusters(len(truth), groups), truth[:, chosen]
    true = clusters.sums(t)
    sums = [(clusters.sums(d[:, chosen] & t), clusters.sums(d[:, chosen])) for d in labels.values()]

    def scores(weights: NDArray[np.int64]) -> Doubles:
        drawn = weights.astype(np.float32)
        positives = drawn @ true
        seen = positives > 0  # a location that a resample misses is left out of its mean, for every rule
        f1 = [np.where(seen, 2 * (drawn @ hits) / np.maximum(drawn @ kept + positives, 1), 0) for hits, kept in sums]
        return np.asarray(np.stack(f1, axis=1).sum(axis=2) / np.maximum(seen.sum(axis=1), 1)[:, None], np.float64)

    own, drawn = scores(np.ones((1, clusters.count), np.int64))[0], bootstrap(scores, clusters)
    differences = drawn - drawn[:, :1]
    low, high = np.percentile(differences, [2.5, 97.5], axis=0).round(6) + 0.0
    return {
        rule: Score(
            macro_f1=round(float(own[i]), 6),
            difference=round(float(own[i] - own[0]), 6),
            interval=(float(low[i]), float(high[i])),
            error=round(float(differences[:, i].std()), 6),
        )
        for i, rule in enumerate(labels)
    }
