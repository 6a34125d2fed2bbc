"""Whether models predict labels well enough to judge them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cellocate.evaluation.bootstrap import Clusters, bootstrap, percentiles
from cellocate.explain.audit.label_doubts import calibrate, frequencies, log_likelihood

LOW_SKILL = 0.2
"""Below this skill, a fifth or more of all fields are suspect, most of them wrongly (docs/decisions/0040)."""


class Skill(NamedTuple):
    """How much better probabilities predict labels than frequencies do: 0, no better; 1, perfectly.

    Args:
        score: of all fields.
        low: lower end of its 95% interval.
        high: upper end.
        n: number of fields.
    """

    score: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        return f"skill {self.score:.2f} (95% interval {self.low:.2f} to {self.high:.2f}; no skill is 0; n = {self.n:,})"


def skill_score(
    probabilities: NDArray[np.floating[Any]], truth: NDArray[np.bool_], groups: Sequence[str] | None = None
) -> Skill:
    """The logarithmic skill score of held-out probabilities over the frequency of each location.

    1 - L / L₀, where L is the log-likelihood of all labels by the probabilities, calibrated as in `judge_labels`, and
    L₀ that by the frequency of each location. The interval is a bootstrap of groups.

    Args:
        probabilities: of N held-out fields, shape (N, K).
        truth: their labels, shape (N, K), bool, neither all True nor all False.
        groups: a group for each field; fields of one group are not independent.

    References:
        Murphy, Winkler. A General Framework for Forecast Verification. Monthly Weather Review 115 (1987).
        https://doi.org/10.1175/1520-0493(1987)115<1330:AGFFFV>2.0.CO;2
        McFadden. Conditional logit analysis of qualitative choice behavior (1974), where it is ρ².

    Example:
        >>> truth = np.eye(2, dtype=bool)[[0, 1] * 50]
        >>> predicted = np.where(truth, 0.9, 0.1)
        >>> skill_score(predicted, truth).score > 0.8, skill_score(predicted[:, ::-1], truth).score < 0.01
        (True, True)
    """
    ours = log_likelihood(np.clip(calibrate(probabilities, truth), 1e-4, 1 - 1e-4), truth)
    theirs = log_likelihood(frequencies(truth), truth)
    clusters = Clusters(len(truth), groups)
    sums = clusters.sums(np.stack([ours, theirs], axis=1)).astype(np.float64)

    def score(weights: NDArray[np.int64]) -> NDArray[np.float64]:
        of, without = (weights @ sums).T
        return np.asarray(1 - of / without)

    low, high = percentiles(bootstrap(score, clusters))
    return Skill(float(1 - ours.sum() / theirs.sum()), low, high, len(truth))
