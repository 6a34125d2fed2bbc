"""Predict the fields of a collection, which are read ahead while the network works."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from cellocate.collection import CellBags, Collection, are_cells, at_edge
from cellocate.collection.collection import FIELD
from cellocate.counted import counted
from cellocate.decision import Predictions
from cellocate.errors import CellocateError
from cellocate.networks import Embedded, Model
from cellocate.prediction.cell_notes import notes_of_bags, notes_of_cells

Tiles = NDArray[np.float32]
_FIELDS = 64  # whose cells are held in memory together


def predict_collection(
    model: Model, collection: Collection, *, batch_size: int = 32, progress: Callable[[int], object] | None = None
) -> Predictions:
    """Predict every field, or cell, of a collection, in its order.

    Args:
        model: which predicts.
        collection: fields that have all of the model's channels (see `cellocate.collection.usable_fields`).
        batch_size: how many fields are read and predicted at once.
        progress: called with the number of fields after each batch.

    Raises:
        CellocateError: a file cannot be decoded, or a pixel size is impossible.
    """
    if model.references is not None:
        return predict_and_embed(model, collection, batch_size=batch_size, progress=progress)[0]
    notes: dict[str, str] = {}
    batches = _tiles(model, collection, batch_size, progress, notes)
    found = [model.predict_tiles(tiles, batch_size=batch_size) for tiles in batches]
    probabilities = np.concatenate([np.zeros((0, len(model.vocabulary)), np.float32), *found])
    return _predictions(model, collection, probabilities, notes)


def predict_and_embed(
    model: Model, collection: Collection, *, batch_size: int = 32, progress: Callable[[int], object] | None = None
) -> tuple[Predictions, Embedded]:
    """Predict as `predict_collection` does, and give the features of every field, or cell, as well."""
    notes: dict[str, str] = {}
    parts = [model.embed_tiles([], batch_size=batch_size)]
    for tiles in _tiles(model, collection, batch_size, progress, notes):
        parts.append(model.embed_tiles(tiles, batch_size=batch_size))
    found = Embedded(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))
    score = None if model.references is None else model.references.ood_score(found.features, found.brightness)
    return _predictions(model, collection, found.probabilities, notes, ood_score=score), found


def _predictions(
    model: Model,
    collection: Collection,
    probabilities: NDArray[np.float32],
    notes: Mapping[str, str],
    ood_score: NDArray[np.float32] | None = None,
) -> Predictions:
    return Predictions.from_rule(
        collection.ids,
        probabilities,
        model.vocabulary,
        model.card.rule,
        ood_score=ood_score,
        fields=[str(field) for field in collection.fields[FIELD]] if are_cells(collection) else None,
        notes=[notes[i] for i in collection.ids],
    )


def predict_bags(
    model: Model, bags: CellBags, *, batch_size: int = 32, progress: Callable[[int], object] | None = None
) -> tuple[Predictions, Predictions]:
    """Predict fields from all of their cells, and each of these cells by itself, in the order of `bags.cells`.

    Args:
        model: one that learnt from bags.
        bags: whose cells have all of the model's channels.
        batch_size: how many cells are read and predicted at once.
        progress: called with a number of fields after each batch.

    Raises:
        CellocateError: the model did not learn from bags; a file cannot be decoded, or a pixel size is impossible.
    """
    row = {cell: i for i, cell in enumerate(bags.cells.ids)}
    edge = 1.0 if model.card.bag is None else model.card.bag.edge
    weights = np.where(at_edge(bags.cells), edge, 1.0).astype(np.float32)
    fields = [np.zeros((0, len(model.vocabulary)), np.float32)]
    cells = np.zeros((len(row), len(model.vocabulary)), np.float32)
    for start in range(0, len(bags.members), _FIELDS):
        some = [bags.members[field] for field in bags.fields.ids[start : start + _FIELDS]]
        ids = [cell for members in some for cell in members]
        rows = [row[cell] for cell in ids]
        _, found = predict_and_embed(model, bags.cells.subset(ids), batch_size=batch_size)
        fields.append(model.pool_cells(found, weights[rows], [len(members) for members in some]))
        cells[rows] = found.probabilities
        if progress is not None:
            progress(len(some))
    notes = dict(zip(bags.fields.ids, notes_of_bags(bags), strict=True))
    of_cells = _predictions(model, bags.cells, cells, notes_of_cells(bags.cells))
    return _predictions(model, bags.fields, np.concatenate(fields), notes), of_cells


def _tiles(
    model: Model,
    collection: Collection,
    batch_size: int,
    progress: Callable[[int], object] | None,
    notes: dict[str, str],
) -> Iterator[list[Tiles]]:
    """Prepare batches of fields for the network; the note on each field goes into `notes`."""
    channels, scale = model.card.channels, model.scale
    single = are_cells(collection)
    if single:
        notes.update(notes_of_cells(collection))  # their flags know what lies around them, which their pixels do not

    def prepare(field: str) -> Tiles:
        try:
            pixels, pixel_size = collection.read(field, channels, scale)
            if not single:
                notes[field] = model.emptiness_note(pixels, pixel_size)
            return model.prepare(pixels, pixel_size)
        except CellocateError as error:
            raise error.at(error.where or f"field {field}") from None

    for tiles in _read_ahead(prepare, collection.ids, batch_size):
        yield tiles
        if progress is not None:
            progress(len(tiles))


def assumptions(model: Model, collection: Collection) -> list[str]:
    """What a prediction assumes about a collection (origin, content, pixel sizes), as sentences."""
    unknown = [field for field in collection.ids if collection.pixel_size(field) is None]
    span = model.card.pixel_size * model.card.size
    sentences = [*_of_other_origin(model, collection), *_of_other_images(model, collection)]
    if unknown:
        sentences.append(
            f"the pixel size of {len(unknown)} of {counted(len(collection), collection.unit)} is unknown; each is "
            f"assumed to span {span:.0f} µm, like the model's own fields (set it with --pixel-size)"
        )
    known_otherwise = len(unknown) < len(collection) and not collection.pixel_size_assumed
    if model.card.pixel_size_assumed and known_otherwise:
        sentences.append(
            f"the model's own pixel size, {model.card.pixel_size:.3g} µm, is assumed from the Human Protein Atlas's "
            f"usual field of {span:.0f} µm"
        )
    return sentences + _of_another_depth(model, collection)


def _of_another_depth(model: Model, collection: Collection) -> list[str]:
    """Note that fields of the training's camera may be so dim that fewer bits were inferred for them."""
    learnt, shown = min(model.card.bits, default=8), {bits for i in collection.ids if (bits := collection.bits(i))}
    if not shown or learnt <= max(shown) or model.card.intensity != "depth":
        return []
    what = f"{model.card.name} was trained on {learnt}-bit counts, but these are read as {max(shown)}-bit counts"
    return [f"{what}. If one camera took both, write bits: {learnt} into collection.yaml next to the images"]


def _of_other_origin(model: Model, collection: Collection) -> list[str]:
    """Note that a model of simulated cells gets other images."""
    if not model.card.provenance.simulated or collection.simulated:
        return []
    own = {field for part in model.card.fields.values() for field in part}
    if own.issuperset(collection.fields[FIELD] if are_cells(collection) else collection.ids):
        return []  # its own simulated fields, given without their folder truth
    known = "it has no score on real images"
    if real := model.card.scores.get("real"):
        known = f"on real images its macro F1 is {real['macro_f1']:.3f} (n = {real['n']:,})"
    return [f"{model.title} was trained on simulated cells, and {known}: do not rely on its answers for these images"]


def _of_other_images(model: Model, collection: Collection) -> list[str]:
    """Note that a model of fields gets cells, or one of cells fields."""
    learnt, shown = "cell" if model.card.bag is not None else model.card.unit, collection.unit
    if learnt is None or learnt == shown:
        return []
    trained, given, mend = "whole fields", "single cells", "use the original fields"
    if learnt == "cell":
        trained, given, mend = "single cells", "whole fields", "cut out the cells with 'cellocate cells'"
    return [
        f"{model.title} was trained on {trained}, but {collection.folder} contains {given}: do not rely on these "
        f"predictions; {mend}"
    ]


def _read_ahead(prepare: Callable[[str], Tiles], ids: Sequence[str], size: int) -> Iterator[list[Tiles]]:
    """Yield batches of prepared fields while the next one is being read."""
    with ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1)) as pool:
        waiting: deque[list[Future[Tiles]]] = deque()
        for start in range(0, len(ids), size):
            waiting.append([pool.submit(prepare, field) for field in ids[start : start + size]])
            if len(waiting) > 1:
                yield [future.result() for future in waiting.popleft()]
        for batch in waiting:
            yield [future.result() for future in batch]
