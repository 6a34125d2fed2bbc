"""Soft labels of cells: the labels of their field, weighted by out-of-fold predictions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cellocate.collection import LabelledCollection
from cellocate.decision import read_probabilities
from cellocate.errors import CellocateError


def soften_labels(cells: LabelledCollection, tables: Sequence[Path]) -> NDArray[np.float32]:
    """Labels between 0 and 1: the cell's label (that of its field) times its predicted probability.

    A cell never gets a location that its field lacks. The tables must come from networks that were not trained on these
    cells, such as folds on their validation parts; otherwise they repeat what was memorised. A cell in no table keeps
    its labels; several tables are averaged.

    Args:
        cells: cells with the labels of their fields.
        tables: tables of probabilities, as `predict` writes them.

    Returns:
        Shape (N, K), float32.

    Raises:
        CellocateError: a table cannot be read, or none contains any of these cells.
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
        what = "the soft labels contain none of the training cells"
        raise CellocateError(what, where=tables[0], mend="Predict the same collection, with 'cellocate predict'.")
    return np.where(counts > 0, truth * sums / np.maximum(counts, 1), truth)
