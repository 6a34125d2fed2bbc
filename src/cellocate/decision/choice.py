"""The decision rule that does best on fields that it was not fitted on, unless the difference may be chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cellocate.choices import Fallback, RuleName
from cellocate.decision.comparison import RuleComparison, RuleScore, compare_rules, out_of_fold
from cellocate.decision.rules import Kind, Rule, fit

CANDIDATES: tuple[Kind, ...] = ("expected_f1", "bagged", "ratio")
"""The rules that `auto` chooses from. The first leans on what probabilities say, and is best where that is true; the
others look at the order of fields alone, so that no distortion of the probabilities harms them (decision 0019)."""

SIMPLE: tuple[Kind, ...] = ("fixed", "single", "per_class")
"""The rules that any other should beat: .5, one threshold, and the best threshold of each location."""


def without_choice(name: RuleName) -> Kind:
    """The rule of a name, where there is no time, or too little, to choose."""
    return CANDIDATES[0] if name == "auto" else name


class Chosen(NamedTuple):
    """A rule, and what it brings out of fold beside the simple ones; None where it could not be cross-fitted."""

    rule: Rule
    comparison: RuleComparison | None


def fit_rule(
    name: RuleName,
    probabilities: NDArray[np.floating[Any]],
    truth: NDArray[np.bool_],
    groups: Sequence[str] | None = None,
    *,
    fallback: Fallback | None = None,
    at_most: int | None = None,
) -> Chosen:
    """Fit a rule by its name, or the best of some, and measure by cross-fitting what it brings.

    `auto` takes `expected_f1`, unless another of `CANDIDATES` has a higher macro F1 out of fold by more than the
    standard error of the difference (paired by field): over the locations that occur, or over the frequent ones if it
    is not behind over all. Where there are not two groups of fields to cross-fit, it takes `expected_f1`.

    Args:
        name: a rule, or `auto`.
        probabilities: of a network that was not trained on these fields, shape (N, K).
        truth: shape (N, K), bool.
        groups: for each field what it shares with others that are not independent of it.
        fallback: as in `cellocate.decision.fit`.
        at_most: likewise.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> p = rng.beta(0.3, 2, (200, 3))
        >>> rule, comparison = fit_rule("auto", p, rng.random((200, 3)) < p)
        >>> rule.kind, [score.rule for score in comparison.scores]
        ('expected_f1', ['expected_f1', 'fixed', 'single', 'per_class'])
    """
    kind = without_choice(name)
    several = len(truth) if groups is None else len(set(groups))
    comparison = None
    if several > 1 and truth.any():
        asked = list(dict.fromkeys([*(CANDIDATES if name == "auto" else (kind,)), *SIMPLE]))
        decided = out_of_fold(asked, probabilities, truth, groups, fallback=fallback, at_most=at_most)
        if name == "auto":
            kind = _best(compare_rules({one: decided[one] for one in CANDIDATES}, truth, groups))
        comparison = compare_rules({one: decided[one] for one in dict.fromkeys([kind, *SIMPLE])}, truth, groups)
    return Chosen(fit(kind, probabilities, truth, fallback=fallback, at_most=at_most), comparison)


def _best(compared: RuleComparison) -> Kind:
    """The first rule, or the one that is better than it by most beyond the standard error."""
    ahead = {score.rule: _lead(score) for score in compared.scores[1:]}
    best = max(ahead, key=lambda rule: ahead[rule])
    return best if ahead[best] > 0 else compared.scores[0].rule


def _lead(score: RuleScore) -> float:
    """How far a rule is ahead of the first, beyond the error; rare locations alone make that of all of them large."""
    lead = -score.occur.difference - score.occur.error
    if score.frequent is not None and score.occur.difference <= 0:
        lead = max(lead, -score.frequent.difference - score.frequent.error)
    return lead
