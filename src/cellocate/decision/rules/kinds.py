"""Kinds of decision rules; decorate a function with `rule` to register one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from cellocate.choices import Fallback
from cellocate.registry import RULES

Function = Callable[..., NDArray[Any]]


@dataclass(frozen=True)
class RuleKind:
    """How rules of one name are fitted and applied.

    Attributes:
        function: probabilities (N, K) and truth (N, K) → thresholds (K,); if `by_field`, probabilities → labels (N, K).
        words: the rule's description in a report.
        fallback: what an empty field gets, unless a user says otherwise.
        fitted: whether it depends on truth; a fitted rule `by_field` gets probabilities scaled to frequencies.
        by_field: whether each field is decided by itself, without thresholds.
    """

    function: Function
    words: str
    fallback: Fallback = "none"
    fitted: bool = True
    by_field: bool = False


def rule(
    name: str, words: str, *, fallback: Fallback = "none", fitted: bool = True, by_field: bool = False
) -> Callable[[Function], Function]:
    """Register the decorated function as the decision rule `name`; see `RuleKind`.

    Example:
        >>> import numpy as np
        >>> @rule("strict", "a threshold of .9 for every location", fitted=False)
        ... def strict(probabilities, truth):
        ...     return np.full(truth.shape[1], 0.9)
        >>> from cellocate.decision import fit
        >>> fit("strict", np.zeros((1, 2)), np.ones((1, 2), bool)).thresholds
        (0.9, 0.9)
    """

    def register(function: Function) -> Function:
        RULES.add(name, RuleKind(function, words, fallback, fitted, by_field), function)
        return function

    return register
