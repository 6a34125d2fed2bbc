"""Sets of locations with a guaranteed share of missed locations (conformal risk control)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from cellocate.arrays import Bools, Doubles, Floats
from cellocate.counted import counted
from cellocate.decision.rules import Rule
from cellocate.errors import CellocateError


class Guarantee(BaseModel):
    """The guarantee of a rule.

    Args:
        missed: on average over new fields, a set misses at most this share of the field's locations.
        units: groups (or fields, each its own group) that the guarantee rests on.
        size: mean number of locations in a set.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    missed: float = Field(gt=0, lt=1)
    units: int = Field(ge=1)
    size: float = Field(ge=0)

    def __str__(self) -> str:
        return (
            f"on average each set contains at least {1 - self.missed:.0%} of a field's locations, provided new images "
            f"resemble these ({counted(self.units, 'group')}); average set size {self.size:.1f}"
        )


class Guaranteed(NamedTuple):
    """A rule with one threshold, and its guarantee."""

    rule: Rule
    guarantee: Guarantee


def fit_guaranteed(
    probabilities: Floats, truth: Bools, missed: float, groups: Sequence[str] | None = None
) -> Guaranteed:
    """The highest threshold whose sets miss at most a given share of the locations.

    With n fields whose sets miss the shares L of their locations, it is the highest with (ΣL + 1) / (n + 1) ≤ missed.
    If all fields are exchangeable, that holds for a new field, on average over draws of these fields and the new one,
    however bad the network is. Fields of one antibody or plate are not: their mean counts as one, and the guarantee is
    for the mean over the fields of a new antibody. It covers all locations together: a rare one may be missed more
    often. Fields without locations are left out.

    Args:
        probabilities: with nothing fitted to these fields, shape (N, K).
        truth: shape (N, K), bool.
        missed: share of a field's locations that may be missed, between 0 and 1.
        groups: of the fields; fields of a group are not independent.

    Raises:
        CellocateError: the share is not between 0 and 1, or there are too few groups to guarantee it.

    References:
        Angelopoulos, Bates, Fisch, Lei, Schuster. Conformal risk control. ICLR 2024. arXiv:2208.02814.

    Example:
        >>> p, truth = np.arange(1, 100)[:, None] / 100, np.ones((99, 1), bool)
        >>> fit_guaranteed(p, truth, missed=0.1).rule.thresholds  # 9 of 99 are missed, and the new field counts as well
        (0.1,)
    """
    if not 0 < missed < 1:
        raise CellocateError(f"a share of missed locations of {missed:g}", mend="Give 0 to 1, such as 0.1.")
    rows = np.flatnonzero(truth.any(axis=1))
    member = rows if groups is None else np.asarray(groups)[rows]
    _, of, fields = np.unique(member, return_inverse=True, return_counts=True)
    allowed = missed * (len(fields) + 1) - 1
    if allowed < 0:
        raise CellocateError(
            f"{len(fields)} groups of fields with locations cannot guarantee to miss at most {missed:.3g}",
            mend=f"Give at least {int(np.ceil(1 / missed - 1 - 1e-9))} groups, or a larger share.",
        )
    p, shown = probabilities[rows], truth[rows]
    weights = np.repeat(1 / (shown.sum(axis=1) * fields[of])[:, None], truth.shape[1], axis=1)[shown]
    threshold = _highest(p[shown].astype(np.float64), weights, allowed)
    rule = Rule(kind="single", thresholds=(threshold,) * truth.shape[1])
    size = float(rule.apply(probabilities).sum(axis=1).mean())
    return Guaranteed(rule, Guarantee(missed=missed, units=len(fields), size=size))


def _highest(p: Doubles, weights: Doubles, allowed: float) -> float:
    """The highest threshold with no more than the allowed weight of true locations below it."""
    order = np.argsort(p, kind="stable")
    different, first = np.unique(p[order], return_index=True)
    below = np.concatenate([[0.0], np.cumsum(weights[order])])[first]
    return float(different[np.flatnonzero(below <= allowed + 1e-12)[-1]])
