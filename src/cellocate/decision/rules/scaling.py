"""Scale probabilities towards frequencies, as the rules of expected F1 need them."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat
from scipy.special import expit, logit

from cellocate.arrays import Bools, Doubles, Floats, Ints
from cellocate.decision.logistic import CLIP, logits

_MIN_SLOPE = 0.1
_BY_CHANCE = 0.01  # of the labels
_STEP = 0.02  # between distinct logits in the fit, so that its time does not grow with the fields


class Scaling(BaseModel):
    """Platt's scaling with one slope for all locations: logit q = slope · logit p + offset of the location.

    Example:
        >>> Scaling(slope=1, offsets=(0.0,)).apply(np.array([[0.25]])).round(3)
        array([[0.25]])
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    slope: Annotated[FiniteFloat, Field(gt=0)]
    offsets: tuple[FiniteFloat, ...]

    def apply(self, probabilities: Floats) -> Doubles:
        """Scale probabilities, shape (N, K)."""
        return np.asarray(expit(self.slope * logits(probabilities) + np.array(self.offsets)), dtype=np.float64)

    def undo(self, scaled: Doubles) -> Doubles:
        """The lowest probability of each location that is scaled to this value, shape (K,)."""
        found = expit((logit(scaled) - np.array(self.offsets)) / self.slope)
        return np.where(found > CLIP * (1 + 1e-9), found, 0.0)  # values below scale to the same


def fit_scaling(probabilities: Floats, truth: Bools) -> Scaling:
    """Fit the scaling by maximum likelihood with standard normal priors, so that rare locations stay near the others.

    logit q = (1 + a) · logit p + b + c of the location; the priors of a, b and each c are normal around 0 with a
    deviation of 1. So a location with few fields takes the slope and the offset of all, and without any field the
    probabilities stay as they are.

    One label in a hundred is assumed to be random, as often as its location occurs. Otherwise a few fields at 0 or 1
    against their labels, such as images on which a network failed, would flatten the slope for all (decision 0019).

    Args:
        probabilities: shape (N, K).
        truth: shape (N, K), bool.

    References:
        Platt. Probabilistic Outputs for Support Vector Machines. Advances in Large Margin Classifiers (1999).
        Gelman, Hill. Data Analysis Using Regression and Multilevel/Hierarchical Models (2007), chapter 14.
        https://doi.org/10.1017/CBO9780511790942

    Example:
        >>> too_low = np.full((1000, 1), 0.2)
        >>> fit_scaling(too_low, np.arange(1000)[:, None] < 400).apply(too_low)[0].round(2)
        array([0.4])
    """
    from scipy.optimize import minimize  # slow to import

    n, classes = truth.shape
    x, k, true, false = _counted(logits(probabilities), truth)
    by_chance = (_BY_CHANCE * (truth.sum(axis=0) + 1) / (n + 2))[k]

    def loss(parameters: Doubles) -> tuple[float, Doubles]:
        a, b, c = parameters[0], parameters[1], parameters[2:]
        q = expit((1 + a) * x + b + c[k])
        seen = by_chance + (1 - _BY_CHANCE) * q  # how likely a label is
        value = 0.5 * (parameters**2).sum() - (true * np.log(seen) + false * np.log1p(-seen)).sum()
        slope = (false / (1 - seen) - true / seen) * (1 - _BY_CHANCE) * q * (1 - q)
        by_class = np.bincount(k, slope, classes)
        gradient = np.concatenate([[slope @ x, by_class.sum()], by_class]) + parameters
        return float(value) / n, gradient / n

    start = np.zeros(2 + classes)
    bounds = [(_MIN_SLOPE - 1, None)] + [(None, None)] * (len(start) - 1)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    return Scaling(slope=float(1 + found[0]), offsets=tuple((found[1] + found[2:]).tolist()))


def _counted(values: Doubles, truth: Bools) -> tuple[Doubles, Ints, Doubles, Doubles]:
    """Merge fields of one location with nearly equal logits: mean logit, location, and number of true and false."""
    classes = values.shape[1]
    step = np.round(values / _STEP).astype(np.int64) * classes + np.arange(classes)
    kinds, which, size = np.unique(step, return_inverse=True, return_counts=True)
    true = np.asarray(np.bincount(which.ravel(), truth.ravel(), len(kinds)), np.float64)
    mean: Doubles = np.bincount(which.ravel(), values.ravel(), len(kinds)) / size
    return mean, np.asarray(kinds % classes, np.intp), true, size - true
