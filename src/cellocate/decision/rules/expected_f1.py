"""The threshold of each location with the best expected F1."""

from __future__ import annotations

import numpy as np

from cellocate.arrays import Bools, Doubles, Floats
from cellocate.decision.rules.kinds import rule
from cellocate.decision.rules.scaling import fit_scaling
from cellocate.decision.rules.single import single_threshold, thresholds_of_absent

HALF_WAY = 10  # locations of all fields together, at which that of unseen ones is halfway from .5 to the single one


@rule("expected_f1", "a threshold for each location, by the F1 to be expected of scaled probabilities")
def expected_thresholds(probabilities: Floats, truth: Bools) -> Doubles:
    """For each location, the best threshold for F1 if its probabilities, once scaled, are frequencies.

    Macro F1 is a mean over locations, so each is decided by itself, over all fields: the best is to keep the fields
    whose (true) probability is at least half of the best possible F1. F1 counted on the truth jumps with a single
    field; the F1 expected from all probabilities does not, so this rule needs few fields per location. A location that
    never occurs takes the `single` threshold, drawn towards .5 if few fields show anything (with n labels in all, it
    weighs n/(n+10)), within the limit of `thresholds_of_absent`.

    Args:
        probabilities: shape (N, K).
        truth: shape (N, K), bool; some location occurs.

    Returns:
        Thresholds of the unscaled probabilities, shape (K,).

    References:
        Lipton, Elkan, Naryanaswamy. Optimal Thresholding of Classifiers to Maximize F1 Measure. ECML PKDD 2014.
        https://doi.org/10.1007/978-3-662-44851-9_15
        Ye, Chai, Lee, Chieu. Optimizing F-measures: A Tale of Two Approaches. ICML 2012. arXiv:1206.4625

    Example:
        >>> p = np.repeat([[0.1], [0.9]], 500, axis=0)
        >>> t = np.concatenate([np.arange(500) < 50, np.arange(500) < 450])[:, None]
        >>> expected_thresholds(p, t).round(2)  # F1 is .9
        array([0.45])
    """
    scaling = fit_scaling(probabilities, truth)
    scaled, occurs = scaling.apply(probabilities), truth.any(axis=0)
    thresholds = scaling.undo(np.array([best_expected_f1(q) / 2 for q in scaled.T]))
    known = truth.sum()
    shared = float((known * single_threshold(probabilities, truth) + HALF_WAY * 0.5) / (known + HALF_WAY))
    return np.where(occurs, thresholds, thresholds_of_absent(probabilities, shared))


def best_expected_f1(probabilities: Doubles) -> float:
    """The best of 2 E[hits] / (kept + E[positives]) over all thresholds, for one location's fields, shape (N,).

    Example:
        >>> best_expected_f1(np.array([0.5, 1.0, 0.0]))
        0.8571428571428571
    """
    falling = np.sort(probabilities)[::-1]
    hits = np.cumsum(falling)
    return float((2 * hits / (np.arange(1, len(hits) + 1) + hits[-1])).max())
