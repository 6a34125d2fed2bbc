"""Calibrated probabilities: of the fields given 70%, 70% show the location."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from pydantic import BaseModel, ConfigDict, model_validator

from cellocate.arrays import Bools, Doubles, Floats, Ints
from cellocate.choices import CalibrationKind
from cellocate.decision.crossfit import cross_fitted
from cellocate.decision.logistic import fit_logistic, logits, sigmoid
from cellocate.errors import CellocateError

_MAX_SLOPE = 20.0
_SPREAD = 0.25  # of a location's intercept and slope around those of all


class Calibration(BaseModel):
    """A straight line for the logits of each location.

    Args:
        kind: `temperature`: one slope for all and no intercept; `per_class`: both for each location.
        slopes: shape (K,), positive, so that the order of fields stays.
        intercepts: shape (K,).

    Example:
        >>> Calibration(kind="temperature", slopes=(0.5,), intercepts=(0.0,)).apply(np.array([[0.9]])).round(3)
        array([[0.75]])
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: CalibrationKind
    slopes: tuple[float, ...]
    intercepts: tuple[float, ...]

    @model_validator(mode="after")
    def _agree(self) -> Calibration:
        if len(self.slopes) != len(self.intercepts):
            raise ValueError("slopes and intercepts differ in number")
        if not all(0 < slope < np.inf for slope in self.slopes) or not np.isfinite(self.intercepts).all():
            raise ValueError("slopes must be positive numbers, intercepts numbers")
        return self

    def apply(self, probabilities: Floats) -> Doubles:
        """Calibrate probabilities, shape (N, K).

        Raises:
            CellocateError: they have another number of locations.
        """
        if probabilities.shape[-1] != len(self.slopes):
            raise CellocateError(
                f"a calibration for {len(self.slopes)} locations, but the table has {probabilities.shape[-1]} columns",
                mend="Use a rule that was fitted to this vocabulary.",
            )
        return sigmoid(logits(probabilities) * self.slopes + self.intercepts)


def fit_calibration(
    kind: CalibrationKind, probabilities: Floats, truth: Bools, folds: Ints
) -> tuple[Calibration, Doubles]:
    """Fit a calibration, and cross-fit it on the same fields.

    - `temperature`: the one slope with the least log loss over all locations (Guo et al. 2017, arXiv:1706.04599).
    - `per_class`: an intercept and a slope for each location (Platt 1999), drawn towards the temperature, so that a
      rare location stays close to the others.

    Args:
        kind: which.
        probabilities: from a network that was not trained on these fields, shape (N, K).
        truth: shape (N, K), bool.
        folds: of each field, shape (N,) (see `cellocate.decision.crossfit.assign_folds`).

    Returns:
        The calibration fitted to all fields, and the probabilities of each field calibrated without its fold, (N, K).
    """

    def fit(of: Floats, known: Bools) -> Callable[[Floats], Doubles]:
        return _fitted(kind, of, known).apply

    return _fitted(kind, probabilities, truth), cross_fitted(fit, probabilities, truth, folds)


def _fitted(kind: CalibrationKind, probabilities: Floats, truth: Bools) -> Calibration:
    values, classes = logits(probabilities), truth.shape[1]
    slope = _slope(values, truth)
    if kind == "temperature":
        return Calibration(kind=kind, slopes=(slope,) * classes, intercepts=(0.0,) * classes)
    prior, ones = np.array([0.0, slope]), np.ones(len(values))
    lines = [fit_logistic(np.stack([ones, values[:, k]], axis=1), truth[:, k], prior, _SPREAD) for k in range(classes)]
    intercepts, slopes = np.array(lines).T
    # a negative slope would reverse the order of fields, and that would be another rule
    return Calibration(
        kind=kind, slopes=tuple(np.maximum(slopes, 1e-3).tolist()), intercepts=tuple(intercepts.tolist())
    )


def _slope(values: Doubles, truth: Bools) -> float:
    from scipy.optimize import minimize_scalar  # slow to import

    def loss(log_slope: float) -> float:
        scaled = values * np.exp(log_slope)
        return float(np.logaddexp(0, scaled).sum() - scaled[truth].sum())

    ends = (-np.log(_MAX_SLOPE), np.log(_MAX_SLOPE))
    return float(np.exp(minimize_scalar(loss, bounds=ends, method="bounded").x))
