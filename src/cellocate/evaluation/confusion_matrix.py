"""The multi-label confusion matrix."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellocate.arrays import Bools, Doubles
from cellocate.vocabulary import Vocabulary

NONE = "none"
"""The name of the last row (fields with no location) and column (a location with nothing in its place)."""


def confusion(truth: Bools, predicted: Bools) -> NDArray[np.int64]:
    """Count confusions: rows are true locations, columns predicted ones, and the last of each is none.

    A location that is both true and predicted counts on the diagonal. For the other labels of a field:

    - if some true ones were missed and some false ones predicted, each missed one counts under each false one;
    - if some were missed and none is false, each missed one counts under none;
    - if none was missed and some are false, each true one counts under each false one, or none does if the field has no
      location.

    For fields with one true and one predicted location, it is the plain confusion matrix.

    Args:
        truth: shape (N, K), bool.
        predicted: predicted labels, shape (N, K), bool.

    Returns:
        Counts, shape (K + 1, K + 1).

    References:
        Heydarian, Doyle, Samavi. MLCM: Multi-Label Confusion Matrix. IEEE Access 10 (2022).
        https://doi.org/10.1109/ACCESS.2022.3151048

    Example:
        >>> truth, predicted = np.array([[True, True, False]]), np.array([[True, False, True]])
        >>> confusion(truth, predicted).tolist()  # the second was taken for the third
        [[1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    """
    k = truth.shape[1]
    hits, missed, false = truth & predicted, truth & ~predicted, predicted & ~truth
    misses, falsehoods, empty = _any(missed), _any(false), ~_any(truth)
    matrix = np.zeros((k + 1, k + 1), dtype=np.int64)
    swapped, added = misses & falsehoods, ~misses & falsehoods
    matrix[:k, :k] = np.diag(hits.sum(axis=0)) + _pairs(missed[swapped], false[swapped])
    matrix[:k, :k] = matrix[:k, :k] + _pairs(truth[added], false[added])
    matrix[:k, k] = missed[misses & ~falsehoods].sum(axis=0)
    matrix[k, :k] = false[empty].sum(axis=0)
    matrix[k, k] = (empty & ~falsehoods).sum()
    return matrix


def per_cent(matrix: NDArray[np.int64]) -> Doubles:
    """Each row of a confusion matrix in per cent of its sum; a row of zeros stays zero."""
    return np.asarray(100 * matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1), np.float64)


def confusion_table(matrix: NDArray[np.int64], vocabulary: Vocabulary) -> pd.DataFrame:
    """A confusion matrix with names: true locations down (`truth`), predicted ones across."""
    names = [*vocabulary.names, NONE]
    return pd.DataFrame(matrix, index=pd.Index(names, name="truth"), columns=names)


def misclassifications(matrix: NDArray[np.int64], vocabulary: Vocabulary, count: int = 20) -> pd.DataFrame:
    """The most frequent confusions: `truth`, `decided`, `fields`, `per_cent` of its row.

    Args:
        matrix: as `confusion` gives it.
        vocabulary: of K locations.
        count: maximum number of rows.
    """
    names, shares = np.array([*vocabulary.names, NONE], dtype=object), per_cent(matrix)
    wrong = matrix.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:count]
    rows, columns = np.unravel_index(order[wrong.ravel()[order] > 0], wrong.shape)
    return pd.DataFrame(
        {
            "truth": names[rows],
            "decided": names[columns],
            "fields": wrong[rows, columns],
            "per_cent": shares[rows, columns],
        }
    )


def _any(marks: Bools) -> Bools:
    return np.asarray(marks.any(axis=1))


def _pairs(rows: Bools, columns: Bools) -> NDArray[np.int64]:
    # in double precision, which BLAS multiplies a hundred times faster than whole numbers, and exact below 2^53
    product = rows.T.astype(np.float64) @ columns.astype(np.float64)
    return np.asarray(product, np.int64)
