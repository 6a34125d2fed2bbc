"""What single cells show: looked at by themselves, inside their field, or both together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellocate.cells.flags import notes_on_protein
from cellocate.cells.masks import CellMasks
from cellocate.collection import Collection, bags_of
from cellocate.collection.collection import CELL, FIELD
from cellocate.collection.emptiness import PROTEIN
from cellocate.errors import CellocateError
from cellocate.images.rle import label_image
from cellocate.networks import Model
from cellocate.prediction.fields import predict_bags, predict_collection
from cellocate.prediction.notes import notes_of_cells

Probabilities = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class PredictedCells:
    """Probabilities of single cells.

    Args:
        ids: of N cells.
        fields: the field of each.
        cells: the number of each in its field.
        probabilities: shape (N, K).
        notes: why nothing can be said about a cell; mostly empty, and none where nobody looked.
    """

    ids: list[str]
    fields: list[str]
    cells: list[int]
    probabilities: NDArray[np.float32]
    notes: list[str] | None = None

    @cached_property
    def _rows(self) -> dict[str, dict[int, int]]:
        rows: dict[str, dict[int, int]] = {}
        for row, (field, number) in enumerate(zip(self.fields, self.cells, strict=True)):
            rows.setdefault(field, {})[number] = row
        return rows

    def of(self, field: str, numbers: Sequence[int]) -> NDArray[np.float32]:
        """The probabilities of these cells of a field, shape (n, K); 0 for a cell of which nothing is known.

        Raises:
            CellocateError: the field has another cell than these.
        """
        rows = self._rows.get(field, {})
        if other := sorted(set(rows) - set(numbers)):
            what = f"cell {other[0]} of field {field} is not in its label image"
            raise CellocateError(what, mend="Give the label images that the cells were cut out by.")
        nothing = np.zeros(self.probabilities.shape[1], np.float32)
        return np.array([self.probabilities[rows[n]] if n in rows else nothing for n in numbers], np.float32)

    def together(self, ids: Sequence[str], probabilities: Probabilities) -> PredictedCells:
        """The same with what their fields show taken into account, by `with_fields`.

        Args:
            ids: of the fields, in any order.
            probabilities: of these, shape (fields, K).

        Raises:
            CellocateError: the field of a cell is not among them.
        """
        row = {field: i for i, field in enumerate(ids)}
        if lacking := sorted(set(self.fields) - set(row)):
            what = f"no probabilities of {len(lacking)} of the {len(set(self.fields))} fields, such as {lacking[0]}"
            raise CellocateError(what, mend="Give a table of all fields that have cells.")
        of_fields = probabilities[[row[field] for field in self.fields]]
        return replace(self, probabilities=with_fields(self.probabilities, of_fields))


def with_fields(cells: Probabilities, fields: Probabilities) -> NDArray[np.float32]:
    """What a cell shows by itself and what its field shows, as one: √(p_cell · p_field).

    It ranks as the product of both, by which the second of the 2021 challenge combined them, and stays on the scale of
    either, so that thresholds of fields mean something. A cell of which nothing is known (nan) is given its field's.

    Args:
        cells: shape (N, K).
        fields: of the field of each cell, shape (N, K).

    Example:
        >>> with_fields(np.array([[0.9, 0.9, np.nan]]), np.array([[0.4, 0.0, 0.5]])).round(2).tolist()
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
) -> PredictedCells:
    """Predict the cells of a collection of such.

    A model that learnt from labels of fields says what each cell shows and what its field does, which `with_fields`
    makes one; any other is shown each cell by itself.

    Args:
        model: which predicts.
        cells: with the columns field and cell.
        alone: leave out what such a model says of the fields.
        batch_size: how many cells are read and predicted at once.
        progress: called with a number of cells, or of fields where these are predicted too, as they are done.

    Raises:
        CellocateError: these are no cells, or one cannot be predicted.
    """
    bags = bags_of(cells)
    ids, of = cells.ids, [str(field) for field in cells.fields[FIELD]]
    numbers = [_number(cell, value) for cell, value in zip(ids, cells.fields[CELL], strict=True)]
    notes = list(notes_of_cells(cells).values())
    if alone or model.card.bag is None:
        said = predict_collection(model, cells, batch_size=batch_size, progress=progress)
        return PredictedCells(ids, of, numbers, said, notes)
    fields, said = predict_bags(model, bags, batch_size=batch_size, progress=progress)
    return PredictedCells(ids, of, numbers, said, notes).together(bags.fields.ids, fields)


def predict_within(
    model: Model,
    collection: Collection,
    masks: CellMasks,
    fields: Probabilities,
    *,
    by_map: bool = True,
    progress: Callable[[int], object] | None = None,
) -> PredictedCells:
    """Predict the cells of fields with a model of whole fields, which need not have learnt any cell.

    Args:
        model: whose head has an activation map.
        collection: fields, each with a mask of its cells.
        masks: of the cells.
        fields: what the model says of these fields, shape (N, K).
        by_map: take the mean of the activation map inside each cell (`Model.predict_within`), together with the field;
            otherwise each cell is given what its field shows.
        progress: called with 1 after each field.

    Raises:
        CellocateError: the head has no activation map; a label image is missing or of another size than its field.
    """
    masks.require(collection.ids)
    ids: list[str] = []
    of: list[str] = []
    numbers: list[int] = []
    notes: list[str] = []
    said: list[Probabilities] = [np.zeros((0, len(model.vocabulary)), np.float32)]
    for field, whole in zip(collection.ids, fields, strict=True):
        shape, found = masks.read(field, collection.shape(field))
        within = np.full((len(found), len(whole)), np.nan)
        labels = label_image(dict(enumerate(found.values(), start=1)), *shape)
        if by_map and found:
            pixels, pixel_size = collection.read(field, model.card.channels)
            within = model.predict_within(pixels, labels, pixel_size)
        if PROTEIN in collection.channels:
            protein, _ = collection.read(field, (PROTEIN,))
            notes += notes_on_protein(protein[0], labels)
        ids += [f"{field}_{number}" for number in found]
        of += [field] * len(found)
        numbers += list(found)
        said.append(with_fields(within, np.broadcast_to(whole, within.shape)))
        if progress is not None:
            progress(1)
    return PredictedCells(ids, of, numbers, np.concatenate(said).astype(np.float32), notes or None)


def _number(cell: str, value: object) -> int:
    text = str(value)
    if not (text.isascii() and text.isdigit()):
        raise CellocateError(f"a cell of no number: {text[:20]!r}", where=cell, mend="Number the column cell from 1.")
    return int(text)
