"""Thresholds by least squares on a smooth F1."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from cellocate.arrays import Bools, Doubles, Floats
from cellocate.decision.rules.kinds import rule

STEEPNESS, DECAY = 50.0, 1e-5


def soft_f1(probabilities: Floats, truth: Bools, thresholds: Doubles) -> Doubles:
    """F1 of each location with sigmoid(50 (p − threshold)) in place of a decision, shape (K,).

    Example:
        >>> soft_f1(np.array([[0.1], [0.9]]), np.array([[False], [True]]), np.array([0.5])).round(3)
        array([1.])
    """
    soft = expit(STEEPNESS * (probabilities - thresholds))
    both = soft.sum(axis=0) + truth.sum(axis=0) + 1e-6
    return np.asarray(2 * (soft * truth).sum(axis=0) / both, dtype=np.float64)


@rule("soft_f1", "a threshold for each location, by least squares on a smooth F1 of the validation part")
def soft_thresholds(probabilities: Floats, truth: Bools) -> Doubles:
    """The thresholds with the least sum of squares of 1 − soft F1, as the public kernels of 2018 fitted them.

    The search starts at .5 and is drawn back there by a weight of 1e-5. It is local: a location whose probabilities are
    all far below .5 has no slope there and keeps .5, as does one that never occurs.

    References:
        Shlepchenko (iafoss). Pretrained ResNet34 with RGBY. Kaggle, 2018 (`fit_val`).
        https://www.kaggle.com/code/iafoss/pretrained-resnet34-with-rgby-0-460-public-lb

    Example:
        >>> soft_thresholds(np.array([[0.2], [0.4]]), np.array([[False], [True]])).round(1)
        array([0.3])
    """
    from scipy.optimize import least_squares  # slow to import

    classes = truth.shape[1]
    own = np.eye(classes)  # each location's F1 depends on its own threshold alone

    def misses(thresholds: Doubles) -> Doubles:
        return np.concatenate([soft_f1(probabilities, truth, thresholds) - 1, DECAY * (thresholds - 0.5)])

    def slopes(thresholds: Doubles) -> Doubles:
        return np.concatenate([own * _slope(probabilities, truth, thresholds), DECAY * own])

    found = least_squares(misses, np.full(classes, 0.5), jac=slopes, bounds=(0, 1))
    return np.asarray(found.x, dtype=np.float64)


def _slope(probabilities: Floats, truth: Bools, thresholds: Doubles) -> Doubles:
    soft = expit(STEEPNESS * (probabilities - thresholds))
    falls = STEEPNESS * soft * (1 - soft)
    both = soft.sum(axis=0) + truth.sum(axis=0) + 1e-6
    f1 = 2 * (soft * truth).sum(axis=0) / both
    return np.asarray((f1 * falls.sum(axis=0) - 2 * (falls * truth).sum(axis=0)) / both, dtype=np.float64)
