"""Scores of rankings, which need probabilities but no threshold.

Fields for each location are ranked by scikit-learn; locations for each field here, as scikit-learn's loop over fields
takes seconds for 12,000 of them.
"""

from __future__ import annotations

import numpy as np

from cellocate.arrays import Bools, Doubles, Floats

_AT_ONCE = 4096  # fields, so that the table of pairs stays small


def ranking_scores(truth: Bools, probabilities: Floats) -> dict[str, float]:
    """Rank the locations of each field by probability, and score where the true ones stand.

    - `label_ranking_average_precision`: for each true location, the share of true ones among those ranked as high or
      higher; its mean over a field's true locations, then over fields. 1 is best. A field with no location, or with
      all, counts 1.
    - `coverage_error`: how many locations from the top include all true ones, on average. The mean number of true
      locations is best, and K worst. A field with no location counts 0.
    - `ranking_loss`: the share of pairs of a true and a false location in the wrong order, on average; 0 is best. A
      field without such a pair counts 0.

    Equal probabilities count as the wrong order. Definitions are those of scikit-learn.

    Args:
        truth: shape (N, K), bool.
        probabilities: shape (N, K).

    References:
        Tsoumakas, Katakis, Vlahavas. Mining Multi-label Data. Data Mining and Knowledge Discovery Handbook (2010).
        https://doi.org/10.1007/978-0-387-09823-4_34

    Example:
        >>> ranking_scores(np.array([[True, False, False]]), np.array([[0.5, 0.9, 0.1]]))
        {'label_ranking_average_precision': 0.5, 'coverage_error': 2.0, 'ranking_loss': 0.5}
    """
    starts = range(0, len(truth), _AT_ONCE)
    parts = [_of_fields(truth[i : i + _AT_ONCE], probabilities[i : i + _AT_ONCE]) for i in starts]
    precision, coverage, loss = (float(column.mean()) for column in np.concatenate(parts, axis=1))
    return {"label_ranking_average_precision": precision, "coverage_error": coverage, "ranking_loss": loss}


def average_precisions(truth: Bools, probabilities: Floats) -> Doubles:
    """Average precision of each location, shape (K,); NaN if it does not occur."""
    from sklearn import metrics as sk  # slow to import, and no help or refusal waits for it

    found = np.full(truth.shape[1], np.nan)
    for k in np.flatnonzero(truth.any(axis=0)):
        found[k] = sk.average_precision_score(truth[:, k], probabilities[:, k])
    return found


def roc_areas(truth: Bools, probabilities: Floats) -> Doubles:
    """Area under the ROC curve of each location, shape (K,); NaN if no field shows it, or all do.

    It is the probability that a field with the location ranks above one without it; .5 is chance.
    """
    from sklearn import metrics as sk

    found = np.full(truth.shape[1], np.nan)
    for k in np.flatnonzero(truth.any(axis=0) & ~truth.all(axis=0)):
        found[k] = sk.roc_auc_score(truth[:, k], probabilities[:, k])
    return found


def micro_scores(truth: Bools, probabilities: Floats) -> dict[str, float | None]:
    """Average precision and area under the ROC curve of all N·K pairs together; None where undefined."""
    from sklearn import metrics as sk

    t, p = truth.ravel(), probabilities.ravel()
    return {
        "micro_average_precision": float(sk.average_precision_score(t, p)) if t.any() else None,
        "micro_roc_auc": float(sk.roc_auc_score(t, p)) if t.any() and not t.all() else None,
    }


def _of_fields(truth: Bools, probabilities: Floats) -> Doubles:
    """Precision, coverage and loss of each field, shape (3, N)."""
    above = probabilities[:, None, :] >= probabilities[:, :, None]  # field, location, as high as that or higher
    rank = above.sum(axis=2)
    true_rank = (above & truth[:, None, :]).sum(axis=2)
    true, false = truth.sum(axis=1), (~truth).sum(axis=1)
    precision = np.where(truth, true_rank / rank, 0).sum(axis=1) / np.maximum(true, 1)
    precision[(true == 0) | (false == 0)] = 1
    coverage = np.where(truth, rank, 0).max(axis=1)
    swapped = np.where(truth, rank - true_rank, 0).sum(axis=1)
    return np.stack([precision, coverage, swapped / np.maximum(true * false, 1)])
