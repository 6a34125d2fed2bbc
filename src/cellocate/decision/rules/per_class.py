"""A threshold for each location by its own F1: plain, shrunk towards a shared one, or stabilised by resampling."""

from __future__ import annotations

import numpy as np

from cellocate.arrays import Bools, Doubles, Floats
from cellocate.decision.rules.kinds import rule
from cellocate.decision.rules.single import single_threshold, thresholds_of_absent
from cellocate.decision.rules.sweep import Sorted

HALF_WAY = 5  # fields that show a location, at which its threshold is halfway to the shared one
RESAMPLES = 50
FACTOR = 0.7


@rule("per_class", "a threshold for each location, fitted on the validation part")
def best_thresholds(probabilities: Floats, truth: Bools) -> Doubles:
    """For each location the threshold with its best F1, halfway between two neighbouring probabilities.

    A location that never occurs takes the `single` threshold. Of equally good thresholds the middle one is taken. Both
    hold for all thresholds below as well.

    Args:
        probabilities: shape (N, K).
        truth: shape (N, K), bool; some location occurs.

    Returns:
        Thresholds, shape (K,).

    Example:
        >>> best_thresholds(np.array([[0.2, 0.6], [0.4, 0.8]]), np.array([[False, True], [True, True]])).round(2)
        array([0.3, 0.3])
    """
    single = single_threshold(probabilities, truth)
    columns = zip(probabilities.T, truth.T, strict=True)
    return np.array([Sorted(p).sweep(t).best() if t.any() else single for p, t in columns])


@rule("shrunk", "a threshold for each location, near a shared one if it is rare, fitted on the validation part")
def shrunk_thresholds(probabilities: Floats, truth: Bools) -> Doubles:
    """The best threshold of each location, drawn towards the `single` one, the more so the rarer it is.

    If n fields show a location, its own threshold weighs n/(n+5), as the mean of n observations does against a prior
    that is worth 5 of them (James-Stein shrinkage). The 5 was measured (docs/decisions/0019).

    References:
        Efron, Morris. Data Analysis Using Stein's Estimator and its Generalizations. JASA 70 (1975).
        https://doi.org/10.1080/01621459.1975.10479864

    Example:
        >>> p, t = np.array([[0.2, 0.7], [0.4, 0.8]]), np.array([[False, False], [True, True]])
        >>> best_thresholds(p, t).round(3), single_threshold(p, t), shrunk_thresholds(p, t).round(3)
        (array([0.3 , 0.75]), 0.31, array([0.308, 0.383]))
    """
    own, shared = best_thresholds(probabilities, truth), single_threshold(probabilities, truth)
    support = truth.sum(axis=0)
    return np.asarray((support * own + HALF_WAY * shared) / (support + HALF_WAY))


@rule("bagged", "a threshold for each location, the median over resamples of the validation part")
def bagged_thresholds(probabilities: Floats, truth: Bools) -> Doubles:
    """For each location the median of its best thresholds on 50 bootstrap resamples of the fields.

    The best threshold jumps from one gap between probabilities to another with a single field; the median does not.
    Unlike the mean, it depends only on the order of the fields. The draw is the same each time.

    References:
        Breiman. Bagging Predictors. Machine Learning 24 (1996). https://doi.org/10.1007/BF00058655

    Example:
        >>> p, t = np.array([[0.2], [0.4], [0.8]]), np.array([[False], [True], [True]])
        >>> bool(0.2 < bagged_thresholds(p, t)[0] < 0.6)
        True
    """
    n = len(truth)
    single = single_threshold(probabilities, truth)
    weights = np.random.default_rng(0).multinomial(n, np.full(n, 1 / n), size=RESAMPLES).astype(np.float64)

    def median(p: Floats, t: Bools) -> float:
        by_probability = Sorted(p)
        drawn = [by_probability.sweep(t, w).best() for w in weights if w[t].any()]
        return float(np.quantile(drawn, 0.5, method="lower")) if drawn else single

    found = np.array([median(p, t) for p, t in zip(probabilities.T, truth.T, strict=True)])
    return np.where(truth.any(axis=0), found, thresholds_of_absent(probabilities, single))


@rule(
    "scaled",
    "a threshold for each location, fitted on the validation part and lowered by the factor .7",
    fallback="likeliest",
)
def scaled_thresholds(probabilities: Floats, truth: Bools) -> Doubles:
    """The best threshold of each location times .7, as the runner-up of the 2018 challenge (WAIR) used.

    Their empty fields get the likeliest location.

    References:
        Ouyang, Winsnes, Hjelmare, et al. Analysis of the Human Protein Atlas Image Classification competition. Nature
        Methods 16 (2019). https://doi.org/10.1038/s41592-019-0658-6

    Example:
        >>> scaled_thresholds(np.array([[0.2], [0.8]]), np.array([[False], [True]])).round(3)
        array([0.35])
    """
    return FACTOR * best_thresholds(probabilities, truth)
