"""A fitted decision rule, and how it is applied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from cellocate.arrays import Bools, Floats, Ints
from cellocate.choices import Fallback, present_rule
from cellocate.decision.rules.check_values import UNREACHABLE, check_probabilities
from cellocate.decision.rules.kinds import RuleKind
from cellocate.decision.rules.scaling import Scaling
from cellocate.decision.rules.unfitted import likeliest
from cellocate.errors import CellocateError
from cellocate.registry import RULES

KINDS = RULES.own


class Rule(BaseModel):
    """A threshold for each location: a field shows it if its probability reaches the threshold.

    Rules that decide each field by itself have none: with `argmax` a field shows its likeliest location, with
    `field_f1` the set of locations with the best expected F1.

    Args:
        kind: how it was fitted (see `fit`).
        thresholds: one for each location; 0 if the kind has none, just above 1 if no field may show the location.
        fallback: what an empty field gets: `none`, the location whose probability is `nearest` to its threshold, or the
            `likeliest`.
        at_most: how many locations a field may show; those furthest above their thresholds are kept.
        scaling: of the probabilities to frequencies, for a fitted rule that decides each field by itself.
        fitted_on: number of fields of the fit; None if nothing was fitted, and in older files.
        never: indices of locations that no field is given, because the network had no examples of them.

    Example:
        >>> probabilities = np.array([[0.45, 0.1], [0.4, 0.2], [0.9, 0.3]])
        >>> Rule(kind="fixed", thresholds=(0.5, 0.2)).apply(probabilities)
        array([[False, False],
               [False,  True],
               [ True,  True]])
        >>> Rule(kind="fixed", thresholds=(0.5, 0.2), fallback="nearest", at_most=1).apply(probabilities)
        array([[ True, False],
               [False,  True],
               [ True, False]])
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: Annotated[str, BeforeValidator(present_rule), AfterValidator(RULES.checked)]
    thresholds: tuple[Annotated[float, Field(ge=0, le=UNREACHABLE)], ...]
    fallback: Fallback = "none"
    at_most: Annotated[int, Field(ge=1)] | None = None
    scaling: Scaling | None = None
    fitted_on: Annotated[int, Field(ge=0)] | None = None
    never: tuple[Annotated[int, Field(ge=0)], ...] = ()

    @model_validator(mode="after")
    def _agree(self) -> Rule:
        known: RuleKind = RULES[self.kind]
        if (self.scaling is not None) != (known.by_field and known.fitted):
            raise ValueError("a scaling is for fitted rules that decide each field by itself, such as field_f1")
        if self.scaling is not None and len(self.scaling.offsets) != len(self.thresholds):
            raise ValueError("the scaling and the thresholds differ in number")
        if max(self.never, default=-1) >= len(self.thresholds):
            raise ValueError("never has an index beyond the locations")
        return self

    def apply(self, probabilities: Floats) -> Bools:
        """Choose the locations of each field from probabilities, shape (N, K) → (N, K), bool.

        Raises:
            CellocateError: the rule is for another number of locations, or values are outside 0 to 1.
        """
        if probabilities.shape[-1] != len(self.thresholds):
            raise CellocateError(
                f"a rule for {len(self.thresholds)} locations, but the table has {probabilities.shape[-1]} columns",
                mend="Use a rule that was fitted to this vocabulary.",
            )
        check_probabilities(probabilities)
        probabilities = _without(probabilities, self.never)
        known: RuleKind = RULES[self.kind]
        # in the probabilities' own precision, or .57 in single would not reach a threshold of .57 in double
        values = probabilities if self.scaling is None else self.scaling.apply(probabilities)
        above = values - np.asarray(self.thresholds, values.dtype)
        above[:, list(self.never)] = -np.inf  # also where a threshold is 0
        labels: Bools = known.function(values.astype(np.float64)) if known.by_field else above >= 0
        labels[:, list(self.never)] = False
        if self.fallback != "none":
            empty = ~labels.any(axis=1)
            labels[empty] = likeliest((above if self.fallback == "nearest" else probabilities)[empty])
        if self.at_most is not None:
            labels &= _ranks(np.where(labels, above, -np.inf)) < self.at_most
        return labels

    @property
    def applied_thresholds(self) -> tuple[float, ...] | None:
        """The threshold of each location; None if the rule has none."""
        return None if RULES[self.kind].by_field else self.thresholds


def _without(values: Floats, columns: Sequence[int]) -> Floats:
    if not columns:
        return values
    values = values.copy()
    values[:, list(columns)] = 0
    return values


def _ranks(values: Floats) -> Ints:
    """Rank each value in its row, 0 for the highest; of equal values the first is higher."""
    order = np.argsort(-values, axis=1, kind="stable")
    ranks: Ints = np.argsort(order, axis=1, kind="stable")
    return ranks
