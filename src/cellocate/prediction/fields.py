"""A model over the fields of a collection, read ahead while the network works."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cellocate.collection import Bags, Collection, are_cells, at_edge, shown_at_once
from cellocate.collection.collection import FIELD
from cellocate.counted import counted
from cellocate.errors import CellocateError
from cellocate.networks import Look, Model

Tiles = NDArray[np.float32]
_FIELDS = 64  # whose cells are held in memory together


def predict_collection(
    model: Model,
    collection: Collection,
    *,
    batch_size: int = 32,
    progress: Callable[[int], object] | None = None,
) -> NDArray[np.float32]:
    """Probabilities of every location for every field.

    Args:
        model: what predicts.
        collection: fields that have all of the model's channels (see `cellocate.collection.usable`), or bags of cells.
        batch_size: how many fields are read and predicted at once.
        progress: called with the number of fields after each batch.

    Returns:
        Shape (N, K), float32, in the collection's order.

    Raises:
        CellocateError: a file cannot be decoded, or a pixel size is impossible.
    """
    if isinstance(collection, Bags):
        return predict_bags(model, collection, batch_size=batch_size, progress=progress).fields
    probabilities = [np.zeros((0, len(model.vocabulary)), np.float32)]
    for tiles in _tiles(model, collection, batch_size, progress):
        probabilities.append(model.predict_tiles(tiles, batch_size=batch_size))
    return np.concatenate(probabilities)


def look_at_collection(
    model: Model,
    collection: Collection,
    *,
    batch_size: int = 32,
    progress: Callable[[int], object] | None = None,
) -> Look:
    """Probabilities as `predict_collection` gives them, and features, shape (N, D), of the fields of a collection."""
    looks = [model.look_at_tiles([], batch_size=batch_size)]
    for tiles in _tiles(model, collection, batch_size, progress):
        looks.append(model.look_at_tiles(tiles, batch_size=batch_size))
    return Look(*(np.concatenate(parts) for parts in zip(*looks, strict=True)))


class OfBags(NamedTuple):
    """Probabilities of fields, shape (N, K), and of their cells, shape (M, K), in the order of `Bags.cells`."""

    fields: NDArray[np.float32]
    cells: NDArray[np.float32]


def predict_bags(
    model: Model,
    bags: Bags,
    *,
    batch_size: int = 32,
    progress: Callable[[int], object] | None = None,
) -> OfBags:
    """Probabilities of fields from all of their cells, and of each of these cells by itself.

    Args:
        model: one that learnt bags.
        bags: whose cells have all of the model's channels.
        batch_size: how many cells are read and predicted at once.
        progress: called with a number of fields as they are done.

    Raises:
        CellocateError: the model has not learnt bags; a file cannot be decoded, or a pixel size is impossible.
    """
    row = {cell: i for i, cell in enumerate(bags.cells.ids)}
    edge = 1.0 if model.card.bag is None else model.card.bag.edge
    weights = np.where(at_edge(bags.cells), edge, 1.0).astype(np.float32)
    fields = [np.zeros((0, len(model.vocabulary)), np.float32)]
    cells = np.zeros((len(row), len(model.vocabulary)), np.float32)
    for start in range(0, len(bags), _FIELDS):
        some = [bags.members[field] for field in bags.ids[start : start + _FIELDS]]
        ids = [cell for members in some for cell in members]
        rows = [row[cell] for cell in ids]
        look = look_at_collection(model, bags.cells.subset(ids), batch_size=batch_size)
        fields.append(model.fields_of(look, weights[rows], [len(members) for members in some]))
        cells[rows] = look.probabilities
        if progress is not None:
            progress(len(some))
    return OfBags(np.concatenate(fields), cells)


class Compared(NamedTuple):
    """Probabilities, shape (N, K), and how unlike fields are to those of the training, shape (N,), above 1 where so."""

    probabilities: NDArray[np.float32]
    unlike: NDArray[np.float32] | None


def predict_and_compare(
    model: Model,
    collection: Collection,
    *,
    batch_size: int = 32,
    progress: Callable[[int], object] | None = None,
) -> Compared:
    """As `predict_collection`, and how unlike each field is, where the model can tell."""
    if model.references is None:
        return Compared(predict_collection(model, collection, batch_size=batch_size, progress=progress), None)
    look = look_at_collection(model, collection, batch_size=batch_size, progress=progress)
    return Compared(look.probabilities, model.references.unlike(look.features))


def _tiles(
    model: Model, collection: Collection, batch_size: int, progress: Callable[[int], object] | None
) -> Iterator[list[Tiles]]:
    channels, scale = model.card.channels, model.scale

    def prepare(field: str) -> Tiles:
        try:
            return model.prepare(*collection.read(field, channels, scale))
        except CellocateError as error:
            raise CellocateError(error.what, where=error.where or f"field {field}", mend=error.mend) from None

    for tiles in _read_ahead(prepare, collection.ids, batch_size):
        yield tiles
        if progress is not None:
            progress(len(tiles))


def of_part(model: Model, collection: Collection, part: str) -> Collection:
    """The fields of a part of a model's split; of single cells, those of its fields.

    Raises:
        CellocateError: there are none.
    """
    wanted = set(model.card.fields.get(part, ()))
    own = collection.fields[FIELD].astype(str) if are_cells(collection) else collection.ids
    ids = [i for i, field in zip(collection.ids, own, strict=True) if wanted & {i, field}]
    if not ids:
        what = f"no {collection.unit} of the model's {part} part"
        raise CellocateError(what, where=collection.folder, mend="Give the collection that the model was trained on.")
    return collection.subset(ids)


def assumptions(model: Model, collection: Collection) -> list[str]:
    """What predicting a collection takes for granted, in sentences for the user: what it shows, and pixel sizes."""
    unknown = [field for field in collection.ids if collection.pixel_size(field) is None]
    span = model.card.pixel_size * model.card.size
    said = _of_other_images(model, collection)
    if unknown:
        said.append(
            f"the pixel size of {len(unknown)} of {counted(len(collection), collection.unit)} is unknown; each is "
            f"assumed to span {span:.0f} µm, as the model's own fields (--pixel-size sets it)"
        )
    if model.card.pixel_size_assumed and len(unknown) < len(collection):
        said.append(
            f"the model's own pixel size, {model.card.pixel_size:.3g} µm, is assumed from the Human Protein Atlas's "
            f"usual field of {span:.0f} µm"
        )
    return said


def _of_other_images(model: Model, collection: Collection) -> list[str]:
    """Whether cells are shown to a model of fields, or fields to one of cells, as far as both tell."""
    learnt, shown = "cell" if model.card.bag is not None else model.card.unit, shown_at_once(collection)
    if learnt is None or learnt == shown:
        return []
    if learnt == "cell":
        what, mend = "single cells, and is shown whole fields", "cut out their cells with 'cellocate cells'"
    else:
        what, mend = "whole fields, and is shown single cells", "give it the fields that they are of"
    name, where = model.card.name, collection.folder
    return [f"{name} learnt from {what} of {where}: what it says of them may mean nothing; {mend}"]


def _read_ahead(prepare: Callable[[str], Tiles], ids: Sequence[str], size: int) -> Iterator[list[Tiles]]:
    """Batches of prepared fields; the next batch is being read while one is used, and no more than that."""
    with ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1)) as pool:
        waiting: deque[list[Future[Tiles]]] = deque()
        for start in range(0, len(ids), size):
            waiting.append([pool.submit(prepare, field) for field in ids[start : start + size]])
            if len(waiting) > 1:
                yield [future.result() for future in waiting.popleft()]
        for batch in waiting:
            yield [future.result() for future in batch]
