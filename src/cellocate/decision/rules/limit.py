"""The most locations that a rule may give one field."""

from __future__ import annotations

from cellocate.arrays import Bools

LARGEST_SET = 5
"""The most locations that any image of the train sets of 2018 (31,072 images) and 2021 (21,806) shows."""


def label_limit(truth: Bools) -> int:
    """The most locations that a rule gives one field: 5, as in the challenges, or more if these labels show more.

    Args:
        truth: labels of fields, shape (N, K), bool.

    Example:
        >>> label_limit(np.ones((2, 3), bool)), label_limit(np.ones((2, 8), bool))
        (5, 8)
    """
    return max(LARGEST_SET, int(truth.sum(axis=1).max(initial=0)))
