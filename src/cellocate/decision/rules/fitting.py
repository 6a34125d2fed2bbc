"""Fit rules by name."""

from __future__ import annotations

import numpy as np

from cellocate.arrays import Bools, Floats
from cellocate.choices import Fallback
from cellocate.decision.rules.check_values import check_probabilities
from cellocate.decision.rules.kinds import RuleKind
from cellocate.decision.rules.ratio import matching_thresholds
from cellocate.decision.rules.rule import Rule
from cellocate.decision.rules.scaling import fit_scaling
from cellocate.errors import CellocateError
from cellocate.registry import RULES

LARGEST_SET = 5
"""The most locations that any image of the train sets of 2018 (31,072 images) and 2021 (21,806) shows."""


def fit(
    kind: str, probabilities: Floats, truth: Bools, *, fallback: Fallback | None = None, at_most: int | None = None
) -> Rule:
    """Fit a rule on fields that the network was not trained on.

    `cellocate.registry.RULES` has their names; each is described where it is defined, in `cellocate.decision.rules`.
    If no location occurs at all, the rule is `fixed`.

    Args:
        kind: the name of a rule.
        probabilities: shape (N, K), 0 to 1.
        truth: shape (N, K), bool.
        fallback: what an empty field gets (see `Rule`); by default the kind's own.
        at_most: how many locations a field may show; `label_limit` gives the labels' own limit.

    Raises:
        CellocateError: there is no such rule, the shapes differ, or values are outside 0 to 1.

    Example:
        >>> fit("single", np.array([[0.2, 0.1], [0.7, 0.8]]), np.array([[False, False], [True, True]])).thresholds
        (0.46, 0.46)
    """
    if probabilities.shape != truth.shape:
        raise CellocateError(
            f"probabilities of shape {probabilities.shape}, but truth of shape {truth.shape}",
            mend="Give both for the same fields and locations.",
        )
    check_probabilities(probabilities)
    known: RuleKind = RULES[kind]
    if known.fitted and not truth.any():
        return fit("fixed", probabilities, truth, fallback=fallback, at_most=at_most)
    thresholds = np.zeros(truth.shape[1]) if known.by_field else known.function(probabilities, truth)
    return Rule(
        kind=kind,
        thresholds=tuple(thresholds.tolist()),
        fallback=fallback or known.fallback,
        at_most=at_most,
        scaling=fit_scaling(probabilities, truth) if known.by_field and known.fitted else None,
        fitted_on=len(truth) if known.fitted else None,
    )


def match_ratios(
    probabilities: Floats, ratios: Floats, *, fallback: Fallback = "none", at_most: int | None = None
) -> Rule:
    """Fit the `ratio` rule to given ratios, such as the training set's; the truth of these fields is not needed.

    Args:
        probabilities: shape (N, K), 0 to 1.
        ratios: the share of fields that show each location, shape (K,).
        fallback: what an empty field gets (see `Rule`).
        at_most: how many locations a field may show.

    Raises:
        CellocateError: values are outside 0 to 1.

    Example:
        >>> match_ratios(np.array([[0.1], [0.4], [0.8], [0.9]]), np.array([0.25])).apply(np.array([[0.7], [0.95]]))
        array([[False],
               [ True]])
    """
    check_probabilities(probabilities)
    thresholds = tuple(matching_thresholds(probabilities, ratios).tolist())
    return Rule(kind="ratio", thresholds=thresholds, fallback=fallback, at_most=at_most)


def label_limit(truth: Bools) -> int:
    """The most locations that a rule gives one field: 5, as in the challenges, or more if these labels show more.

    Args:
        truth: labels of fields, shape (N, K), bool.

    Example:
        >>> label_limit(np.ones((2, 3), bool)), label_limit(np.ones((2, 8), bool))
        (5, 8)
    """
    return max(LARGEST_SET, int(truth.sum(axis=1).max(initial=0)))
