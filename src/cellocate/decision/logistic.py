"""Logits, and logistic regression with a normal prior."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logit

from cellocate.arrays import Bools, Doubles, Floats

CLIP = 1e-6  # tables have six decimals


def logits(probabilities: Floats) -> Doubles:
    """Logits of probabilities of any shape, clipped to a millionth from 0 and 1, as tables have six decimals."""
    return np.asarray(logit(np.clip(probabilities.astype(np.float64), CLIP, 1 - CLIP)))


def sigmoid(values: Doubles) -> Doubles:
    """Probabilities of logits."""
    return np.asarray(expit(values))


def fit_logistic(features: Doubles, truth: Bools, prior: Doubles, spread: float) -> Doubles:
    """Fit a logistic regression with a normal prior around given weights.

    Few positives leave the weights near the prior, many override it.

    Args:
        features: shape (N, P); a column of ones for an intercept.
        truth: shape (N,), bool.
        prior: weights without any data, shape (P,).
        spread: standard deviation of the prior.

    Returns:
        The likeliest weights, shape (P,).

    Example:
        >>> fit_logistic(np.ones((0, 2)), np.zeros(0, bool), prior=np.array([0.0, 1.0]), spread=1)
        array([0., 1.])
    """
    from scipy.optimize import minimize  # slow to import

    def loss(weights: Doubles) -> tuple[float, Doubles]:
        values, away = features @ weights, (weights - prior) / spread
        cost = np.logaddexp(0, values).sum() - values[truth].sum() + 0.5 * (away**2).sum()
        return float(cost), features.T @ (sigmoid(values) - truth) + away / spread

    return np.asarray(minimize(loss, prior, jac=True, method="L-BFGS-B").x, dtype=np.float64)
