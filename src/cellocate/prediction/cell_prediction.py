"""Predict single cells: by themselves, inside their field, or both combined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cellocate.arrays import Floats
from cellocate.cells.flags import protein_flags
from cellocate.cells.masks import MaskFolder
from cellocate.collection import Collection, bags_of
from cellocate.collection.collection import CELL
from cellocate.collection.emptiness import PROTEIN
from cellocate.decision import Predictions
from cellocate.errors import CellocateError
from cellocate.images.rle import label_image
from cellocate.networks import Model
from cellocate.prediction.field_prediction import predict_bags, predict_collection


def combine_with_fields(cells: Predictions, ids: Sequence[str], fields: Floats) -> Predictions:
    """Combine predictions of cells with those of their fields (see `combine_probabilities`).

    Args:
        cells: by themselves.
        ids: of the fields, in any order.
        fields: their probabilities, shape (F, K).

    Raises:
        CellocateError: the field of a cell is missing.
    """
    row, own = {field: i for i, field in enumerate(ids)}, cells.fields or []
    if lacking := sorted(set(own) - set(row)):
        what = f"no probabilities for {len(lacking)} of the {len(set(own))} fields, such as {lacking[0]}"
        raise CellocateError(what, mend="Give a table of all fields that have cells.")
    both = replace(
        cells, probabilities=combine_probabilities(cells.probabilities, fields[[row[field] for field in own]])
    )
    return both if cells.rule is None else both.decide(cells.rule)


def combine_probabilities(cells: Floats, fields: Floats) -> NDArray[np.float32]:
    """Combine the probabilities of cells and of their fields: √(p_cell · p_field).

    It ranks like the product of both, which the runner-up of the 2021 challenge used, and stays on the scale of either,
    so that thresholds of fields keep their meaning. A cell without probabilities (nan) gets its field's.

    Args:
        cells: shape (N, K).
        fields: of the field of each cell, shape (N, K).

    Example:
        >>> combine_probabilities(np.array([[0.9, 0.9, np.nan]]), np.array([[0.4, 0.0, 0.5]])).round(2).tolist()
        [[0.6000000238418579, 0.0, 0.5]]
    """
    return np.where(np.isnan(cells), fields, np.sqrt(cells * fields)).astype(np.float32)


def predict_cells(
    model: Model,
    cells: Collection,
    *,
    alone: bool = False,
    batch_size: int = 32,
    progress: Callable[[int], object] | None = None,
) -> Predictions:
    """Predict every cell of a collection of cells.

    A model that learnt from bags predicts each cell and its field, and the two are combined by `combine_probabilities`;
    any other model predicts each cell by itself.

    Args:
        model: which predicts.
        cells: with the columns field and cell.
        alone: do not combine cells with their fields.
        batch_size: how many cells are read and predicted at once.
        progress: called with a number of cells, or of fields if these are predicted too, after each batch.

    Raises:
        CellocateError: these are no cells, or one cannot be predicted.
    """
    bags = bags_of(cells)
    numbers = [_number(cell, value) for cell, value in zip(cells.ids, cells.fields[CELL], strict=True)]
    if alone or model.card.bag is None:
        found = predict_collection(model, cells, batch_size=batch_size, progress=progress)
    else:
        fields, by_themselves = predict_bags(model, bags, batch_size=batch_size, progress=progress)
        found = combine_with_fields(by_themselves, fields.ids, fields.probabilities)
    return replace(found, cells=numbers)


def predict_within(
    model: Model,
    collection: Collection,
    masks: MaskFolder,
    fields: Predictions,
    *,
    by_map: bool = True,
    progress: Callable[[int], object] | None = None,
) -> Predictions:
    """Predict the cells of fields with a model of whole fields, which needs no training on cells.

    Args:
        model: whose head has an activation map.
        collection: fields, each with a mask of its cells.
        masks: of the cells.
        fields: the model's predictions of these fields.
        by_map: combine the mean of the activation map inside each cell (`Model.predict_within`) with the field;
            otherwise each cell gets its field's probabilities.
        progress: called with 1 after each field.

    Raises:
        CellocateError: the head has no activation map; a label image is missing or of another size than its field.
    """
    masks.require(collection.ids)
    ids: list[str] = []
    of: list[str] = []
    numbers: list[int] = []
    notes: list[str] = []
    found: list[Floats] = [np.zeros((0, len(model.vocabulary)), np.float32)]
    for field, whole in zip(collection.ids, fields.probabilities, strict=True):
        shape, own = masks.read(field, collection.shape(field))
        within = np.full((len(own), len(whole)), np.nan)
        labels = label_image(dict(enumerate(own.values(), start=1)), *shape)
        if by_map and own:
            pixels, pixel_size = collection.read(field, model.card.channels)
            within = model.predict_within(pixels, labels, pixel_size)
        if PROTEIN in collection.channels:
            protein, _ = collection.read(field, (PROTEIN,))
            notes += protein_flags(protein[0], labels)
        ids += [f"{field}_{number}" for number in own]
        of += [field] * len(own)
        numbers += list(own)
        found.append(combine_probabilities(within, np.broadcast_to(whole, within.shape)))
        if progress is not None:
            progress(1)
    probabilities = np.concatenate(found).astype(np.float32)
    return Predictions.from_rule(
        ids, probabilities, model.vocabulary, model.card.rule, fields=of, cells=numbers, notes=notes
    )


def _number(cell: str, value: object) -> int:
    text = str(value)
    if not (text.isascii() and text.isdigit()):
        what = f"cell number {text[:20]!r} is not a number"
        raise CellocateError(what, where=cell, mend="Number the column cell from 1.")
    return int(text)
