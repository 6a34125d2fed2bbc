"""The set of locations of each field with the best expected F1."""

from __future__ import annotations

import numpy as np

from cellocate.arrays import Bools, Doubles
from cellocate.decision.rules.kinds import rule


@rule("field_f1", "the locations that together have the best expected F1", by_field=True)
def best_sets(probabilities: Doubles) -> Bools:
    """For each field the set with the best expected F1, with locations assumed independent.

    This suits F1 of each field, averaged over fields, and not macro F1, which needs each location decided over all
    fields (`expected_f1`). The best set holds the likeliest locations; their number is found by trying all, with the
    exact distribution of hits and misses. An empty set scores 1 if nothing is true.

    Args:
        probabilities: shape (N, K), as near to frequencies as possible.

    Returns:
        Shape (N, K), bool.

    References:
        Lewis. Evaluating and optimizing autonomous text classification systems. SIGIR 1995.
        https://doi.org/10.1145/215206.215366
        Jansche. A Maximum Expected Utility Framework for Binary Sequence Labeling. ACL 2007.
        https://aclanthology.org/P07-1093

    Example:
        >>> best_sets(np.array([[0.9, 0.4, 0.1], [0.45, 0.4, 0.1], [0.1, 0.1, 0.1]]))
        array([[ True, False, False],
               [ True,  True, False],
               [False, False, False]])
    """
    order = np.argsort(-probabilities, axis=1, kind="stable")
    expected = expected_f1_of_likeliest(np.take_along_axis(probabilities, order, axis=1))
    count = expected.argmax(axis=1)
    ranks = np.argsort(order, axis=1, kind="stable")
    chosen: Bools = ranks < count[:, None]
    return chosen


def expected_f1_of_likeliest(falling: Doubles) -> Doubles:
    """Expected F1 of keeping the first 0, 1, … K of independent locations, shape (N, K + 1).

    Example:
        >>> expected_f1_of_likeliest(np.array([[0.5, 0.5]])).round(3)
        array([[0.25 , 0.417, 0.583]])
    """
    classes = falling.shape[1]
    above = _counts(falling)
    below = _counts(falling[:, ::-1])[::-1]
    expected = [below[0][:, 0]]
    for kept in range(1, classes + 1):
        hits, missed = np.arange(kept + 1)[:, None], np.arange(classes - kept + 1)[None]
        f1 = 2 * hits / (kept + hits + missed)
        expected.append(((above[kept] @ f1) * below[kept]).sum(axis=1))
    return np.stack(expected, axis=1)


def _counts(probabilities: Doubles) -> list[Doubles]:
    """Probability of each number of events among the first 0, 1, … K, shapes (N, 1), (N, 2), … (N, K + 1)."""
    counts = [np.ones((len(probabilities), 1))]
    for p in probabilities.T[:, :, None]:
        nothing = np.zeros((len(p), 1))
        counts.append(np.hstack([counts[-1] * (1 - p), nothing]) + np.hstack([nothing, counts[-1] * p]))
    return counts
