"""Soft labels of cells: what a network that was not trained on them says of those labels that their field has."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cellocate.collection import LabelledCollection
from cellocate.decision import read_probabilities
from cellocate.errors import CellocateError


def soften_labels(cells: LabelledCollection, tables: Sequence[Path]) -> NDArray[np.float32]:
    """Labels between 0 and 1: the cell's own label (that of its field) times its probability.

    What the field does not show no cell shows; what it shows, a cell shows as surely as was predicted. The tables are
    to be of networks that were not trained on these cells, such as those of folds on their validation parts, or they
    repeat what was learnt by heart. A cell of which no table tells keeps its labels; of one that several tell of, the
    mean is taken.

    Args:
        cells: with the labels of their fields.
        tables: of probabilities, as `predict` writes them.

    Returns:
        Shape (N, K), float32.

    Raises:
        CellocateError: a table cannot be read, or none tells of any of these cells.
    """
    truth = cells.truth().astype(np.float32)
    row = {cell: i for i, cell in enumerate(cells.ids)}
    sums, counts = np.zeros_like(truth), np.zeros((len(truth), 1), np.float32)
    for table in tables:
        ids, probabilities = read_probabilities(table, cells.vocabulary)
        known = [i for i, cell in enumerate(ids) if cell in row]
        rows = [row[ids[i]] for i in known]
        sums[rows] += probabilities[known].astype(np.float32)
        counts[rows] += 1
    if not counts.any():
        what = "the soft labels are of none of the training cells"
        raise CellocateError(what, where=tables[0], mend="Predict the same collection, with 'cellocate predict'.")
    return np.where(counts > 0, truth * sums / np.maximum(counts, 1), truth)
