"""Cross-fitting: apply what was fitted to fields outside the fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from cellocate.arrays import Bools, Doubles, Floats, Ints
from cellocate.collection.splits.stratify import stratify_rows
from cellocate.errors import CellocateError

Fit = Callable[[Floats, Bools], Callable[[Floats], Doubles]]

FOLDS = 5


def assign_folds(truth: Bools, groups: Sequence[str] | None = None, *, seed: int = 0) -> Ints:
    """Assign fields to 5 folds (fewer if there are fewer groups), balanced by location, groups kept together.

    Args:
        truth: shape (N, K), bool.
        groups: of the fields (antibody, plate); fields of a group are not independent.
        seed: of the draw.

    Returns:
        The fold of each field, shape (N,).

    Raises:
        CellocateError: there are fewer than two groups.

    Example:
        >>> truth = np.repeat(np.eye(2, dtype=bool), 10, axis=0)
        >>> np.bincount(assign_folds(truth)).tolist()
        [4, 4, 4, 4, 4]
    """
    names = np.arange(len(truth)) if groups is None else np.asarray(groups)
    different, member = np.unique(names, return_inverse=True)
    if len(different) < 2:
        raise CellocateError("cross-fitting needs at least two groups of fields", mend="Give fields of several groups.")
    shown = np.zeros((len(different), truth.shape[1]), dtype=bool)
    np.logical_or.at(shown, member, truth)
    count = min(FOLDS, len(different))
    sizes = [len(different) // count + (fold < len(different) % count) for fold in range(count)]
    return stratify_rows(shown, sizes, seed)[member]


def cross_fitted(fit: Fit, probabilities: Floats, truth: Bools, folds: Ints) -> Doubles:
    """Transform the probabilities of each fold by a fit to the other folds.

    Args:
        fit: takes probabilities, shape (..., N, K), and truth, shape (N, K); returns a function of probabilities.
        probabilities: shape (..., N, K), fields before the last axis.
        truth: shape (N, K), bool.
        folds: of each field, shape (N,).

    Returns:
        Shape (N, K).
    """
    values = np.empty(truth.shape)
    for fold in np.unique(folds):
        held = folds == fold
        fitted = fit(probabilities[..., ~held, :], truth[~held])
        values[held] = fitted(probabilities[..., held, :])
    return values
