"""Choose the decision rule that does best on fields that it was not fitted on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from cellocate.arrays import Bools, Floats
from cellocate.choices import DEFAULT_RULE, Fallback
from cellocate.decision.rule_comparison import RuleComparison, RuleScore, compare_rules, decide_out_of_fold
from cellocate.decision.rules import Rule, fit
from cellocate.evaluation import SMALL

CANDIDATES: tuple[str, ...] = ("expected_f1", "bagged", "ratio")
"""The rules that `auto` chooses from. The first relies on the probabilities, and is best if they are calibrated; the
others use only the order of fields, so distorted probabilities do no harm (decision 0019)."""

MIN_GROUPS = SMALL
"""Minimum number of groups of fields (or fields) for a comparison; fewer give no error estimate."""

SIMPLE_RULES: tuple[str, ...] = ("fixed", "single", "per_class", "ratio")
"""The rules that any other should beat; see `NAMES` in `cellocate.decision.rule_comparison`."""


def default_rule(name: str) -> str:
    """Resolve `auto` to the rule that is used where there is no time, or too little data, to choose."""
    return CANDIDATES[0] if name == DEFAULT_RULE else name


NOT_COMPARED = f"fewer than {MIN_GROUPS} fields, or groups of them: rules were not compared"
"""The note without a comparison."""


class FittedRule(NamedTuple):
    """A rule, and its comparison with simple rules out of fold; None where it could not be cross-fitted."""

    rule: Rule
    comparison: RuleComparison | None


def fit_rule(
    name: str,
    probabilities: Floats,
    truth: Bools,
    groups: Sequence[str] | None = None,
    *,
    fallback: Fallback | None = None,
    at_most: int | None = None,
    never: Sequence[int] = (),
) -> FittedRule:
    """Fit a rule by name, or choose the best, and compare it with simple rules by cross-fitting.

    `auto` takes `expected_f1`, unless another of `CANDIDATES` has a higher macro F1 out of fold by more than the
    standard error of the difference (paired by field): over the locations that occur, or, if the other is not behind
    over these, over the frequent ones. If several do, it takes the one with the highest macro F1. With fewer than 30
    groups of fields it takes `expected_f1` without a comparison.

    Args:
        name: a rule, or `auto`.
        probabilities: from a network that was not trained on these fields, shape (N, K).
        truth: shape (N, K), bool.
        groups: of the fields; fields of a group are not independent.
        fallback: as in `cellocate.decision.fit`.
        at_most: as in `cellocate.decision.fit`.
        never: locations that no field is given (see `Rule`).

    Example:
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> p = rng.beta(0.3, 2, (200, 3))
        >>> rule, comparison = fit_rule("auto", p, rng.random((200, 3)) < p)
        >>> rule.kind, [score.rule for score in comparison.scores]
        ('expected_f1', ['expected_f1', 'fixed', 'single', 'per_class', 'ratio'])
    """
    kind, comparison = default_rule(name), None
    several = len(truth) if groups is None else len(set(groups))
    if several >= MIN_GROUPS and truth.any():
        candidates = CANDIDATES if name == DEFAULT_RULE else ()
        kinds = list(dict.fromkeys([kind, *candidates, *SIMPLE_RULES]))
        limits: dict[str, Any] = {"fallback": fallback, "at_most": at_most, "never": never}
        labels = decide_out_of_fold(kinds, probabilities, truth, groups, **limits)
        if candidates:
            kind = _best(compare_rules({one: labels[one] for one in candidates}, truth, groups))
        shown = dict.fromkeys([kind, *SIMPLE_RULES])
        comparison = compare_rules({one: labels[one] for one in shown}, truth, groups, candidates)
    rule = fit(kind, probabilities, truth, fallback=fallback, at_most=at_most)
    return FittedRule(rule.model_copy(update={"never": tuple(never)}), comparison)


def _best(compared: RuleComparison) -> str:
    first, *others = compared.scores
    better = [score for score in others if _is_better(score)]
    return max(better, key=lambda score: score.occur.macro_f1, default=first).rule


def _is_better(score: RuleScore) -> bool:
    """Whether a rule beats the first by more than the error; rare locations inflate the error over all locations."""
    over_all = score.occur.difference > score.occur.error
    frequent = score.frequent is not None and score.frequent.difference > score.frequent.error
    return over_all or (frequent and score.occur.difference >= 0)
