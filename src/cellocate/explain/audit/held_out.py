"""Predictions by models that were not trained on the predicted fields."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cellocate.collection import Collection, LabelledCollection
from cellocate.collection.identity import split_parts_of
from cellocate.decision.probability_tables import read_probabilities
from cellocate.errors import CellocateError
from cellocate.networks import Model
from cellocate.prediction import predict_collection

_MEND = "Train with 'cellocate train --fold all', which holds out each field once."


class HeldOutPredictions(NamedTuple):
    """Predictions of fields by models that were not trained on them.

    Args:
        ids: of N fields.
        probabilities: shape (N, K), in the collection's vocabulary.
        ood_score: shape (N,), above 1 out of distribution, NaN if unknown.
        cause: why the other fields of the collection have none.
    """

    ids: list[str]
    probabilities: NDArray[np.float64]
    ood_score: NDArray[np.float64]
    cause: str = "every model was trained on them"


def predict_held_out(
    models: Sequence[Model], collection: LabelledCollection, progress: Callable[[int], object] | None = None
) -> HeldOutPredictions:
    """Predict each field with the models that were not trained on it, and average the predictions.

    Fields that all models were trained on are left out.

    Args:
        models: models with the collection's vocabulary, such as those of the folds of a split.
        collection: labelled fields.
        progress: called with a number of fields as they are predicted.

    Raises:
        CellocateError: a model has another vocabulary, or no field was held out.
    """
    shape = (len(models), len(collection), len(collection.vocabulary))
    probabilities, ood_score = np.full(shape, np.nan), np.full(shape[:2], np.nan)
    for i, model in enumerate(models):
        if model.vocabulary.names != collection.vocabulary.names:
            what = f"{model.title} has other locations than the labels"
            raise CellocateError(what, where=collection.folder, mend="Use the collection that it was trained on.")
        rows = np.flatnonzero(~_trained_on(model, collection))
        if not len(rows):
            continue
        some = collection.subset([collection.ids[row] for row in rows])
        found = predict_collection(model, some, progress=progress)
        probabilities[i, rows] = found.probabilities
        if found.ood_score is not None:
            ood_score[i, rows] = found.ood_score
    kept = np.flatnonzero(~np.isnan(probabilities).all(axis=(0, 2)))
    if not len(kept):
        raise CellocateError(
            f"every {collection.unit} was trained on by every model", where=collection.folder, mend=_MEND
        )
    ids = [collection.ids[row] for row in kept]
    return HeldOutPredictions(ids, _means(probabilities[:, kept]), _means(ood_score[:, kept]))


def read_held_out(tables: Sequence[str | Path], collection: LabelledCollection) -> HeldOutPredictions:
    """Read predictions of held-out fields from tables, and average those of fields in several tables.

    Args:
        tables: as `predict` writes them.
        collection: labelled fields; those in no table are left out.

    Raises:
        CellocateError: a table cannot be read, or has no field of the collection.
    """
    row = {field: i for i, field in enumerate(collection.ids)}
    read = np.full((len(tables), len(row), len(collection.vocabulary)), np.nan)
    for i, table in enumerate(tables):
        ids, probabilities = read_probabilities(table, collection.vocabulary)
        known = [j for j, field in enumerate(ids) if field in row]
        if not known:
            raise CellocateError(
                f"no {collection.unit} of the collection",
                where=table,
                mend="Check that its ids are those of the collection.",
            )
        read[i, [row[ids[j]] for j in known]] = probabilities[known]
    kept = np.flatnonzero(~np.isnan(read).all(axis=(0, 2)))
    ids = [collection.ids[k] for k in kept]
    return HeldOutPredictions(ids, _means(read[:, kept]), np.full(len(kept), np.nan), "no table has them")


def _trained_on(model: Model, collection: Collection) -> NDArray[np.bool_]:
    """Which fields, under any id, a model or its initial weights were trained on."""
    used = {"train": (*model.card.fields.get("train", ()), *model.card.fields.get("start", ()))}
    parts = split_parts_of(used, model.card.originals, collection.fields)
    return np.array([part is not None for part in parts], dtype=bool)


def _means(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean over the first axis without NaN; NaN where all are."""
    known = ~np.isnan(values)
    count = known.sum(axis=0)
    total = np.where(known, values, 0).sum(axis=0)
    return np.asarray(np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0), np.float64)
