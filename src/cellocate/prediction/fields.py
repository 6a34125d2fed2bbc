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
from cellocate.collection.emptiness import note_on
from cellocate.counted import counted
from cellocate.decision import silenced
from cellocate.errors import CellocateError
from cellocate.networks import Look, Model
from cellocate.prediction.notes import notes_of_bags, notes_of_cells

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
    return _probabilities(model, _tiles(model, collection, batch_size, progress), batch_size)


def _probabilities(model: Model, batches: Iterator[list[Tiles]], batch_size: int) -> NDArray[np.float32]:
    said = [model.predict_tiles(tiles, batch_size=batch_size) for tiles in batches]
    return np.concatenate([np.zeros((0, len(model.vocabulary)), np.float32), *said])


def look_at_collection(
    model: Model,
    collection: Collection,
    *,
    batch_size: int = 32,
    progress: Callable[[int], object] | None = None,
    notes: dict[str, str] | None = None,
) -> Look:
    """Probabilities as `predict_collection` gives them, features, shape (N, D), and light of fields.

    Into `notes`, where it is given, goes what `note_on` says of each field.
    """
    looks = [model.look_at_tiles([], batch_size=batch_size)]
    for tiles in _tiles(model, collection, batch_size, progress, notes):
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
    """What is predicted of N fields.

    Args:
        probabilities: shape (N, K).
        ood_score: how far fields are out of distribution, shape (N,), above 1 where so; None where the model
            cannot tell.
        notes: why nothing can be said about a field, or nothing sure (see `collection.emptiness`); mostly empty.
    """

    probabilities: NDArray[np.float32]
    ood_score: NDArray[np.float32] | None
    notes: list[str]

    def decided(self, model: Model) -> NDArray[np.bool_]:
        """The locations by the model's rule, shape (N, K); none of fields that show nothing."""
        return silenced(model.card.rule.apply(self.probabilities), self.notes, model.vocabulary)


def predict_and_compare(
    model: Model,
    collection: Collection,
    *,
    batch_size: int = 32,
    progress: Callable[[int], object] | None = None,
) -> Compared:
    """As `predict_collection`, with out-of-distribution scores, where the model has them, and which show nothing."""
    if isinstance(collection, Bags):
        said = predict_collection(model, collection, batch_size=batch_size, progress=progress)
        return Compared(said, None, notes_of_bags(collection))
    found: dict[str, str] = {}
    if model.references is None:  # such as of several networks, which have no features of one kind
        said = _probabilities(model, _tiles(model, collection, batch_size, progress, found), batch_size)
        return Compared(said, None, [found[field] for field in collection.ids])
    look = look_at_collection(model, collection, batch_size=batch_size, progress=progress, notes=found)
    ood_score = model.references.ood_score(look.features, look.light)
    return Compared(look.probabilities, ood_score, [found[field] for field in collection.ids])


def _tiles(
    model: Model,
    collection: Collection,
    batch_size: int,
    progress: Callable[[int], object] | None,
    notes: dict[str, str] | None = None,
) -> Iterator[list[Tiles]]:
    channels, scale = model.card.channels, model.scale
    if notes is not None and are_cells(collection):
        notes.update(notes_of_cells(collection))  # their flags know what lies around them, which their pixels do not
        notes = None

    def prepare(field: str) -> Tiles:
        try:
            pixels, pixel_size = collection.read(field, channels, scale)
            if notes is not None:
                notes[field] = note_on(dict(zip(channels, pixels, strict=True)), pixel_size)
            return model.prepare(pixels, pixel_size)
        except CellocateError as error:
            raise error.at(error.where or f"field {field}") from None

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
    """What predicting a collection takes for granted, in sentences for the user: its origin, contents, pixel sizes."""
    unknown = [field for field in collection.ids if collection.pixel_size(field) is None]
    span = model.card.pixel_size * model.card.size
    said = [*_of_other_origin(model, collection), *_of_other_images(model, collection)]
    if unknown:
        said.append(
            f"the pixel size of {len(unknown)} of {counted(len(collection), collection.unit)} is unknown; each is "
            f"assumed to span {span:.0f} µm, as the model's own fields (--pixel-size sets it)"
        )
    known_otherwise = len(unknown) < len(collection) and not collection.pixel_size_assumed
    if model.card.pixel_size_assumed and known_otherwise:
        said.append(
            f"the model's own pixel size, {model.card.pixel_size:.3g} µm, is assumed from the Human Protein Atlas's "
            f"usual field of {span:.0f} µm"
        )
    return said + _of_another_depth(model, collection)


def _of_another_depth(model: Model, collection: Collection) -> list[str]:
    """Whether fields of the training's camera may be so dim that they are taken for counts of fewer bits."""
    learnt, shown = min(model.card.bits, default=8), {bits for i in collection.ids if (bits := collection.bits(i))}
    if not shown or learnt <= max(shown) or model.card.intensity != "depth":
        return []
    what = f"{model.card.name} was trained on {learnt}-bit counts, and these are read as {max(shown)}-bit counts"
    return [f"{what}. If one camera took both, write bits: {learnt} into collection.yaml beside the images"]


def _of_other_origin(model: Model, collection: Collection) -> list[str]:
    """Whether a model of simulated cells is shown other images, and its score on real ones where it has one."""
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
    """Whether cells are shown to a model of fields, or fields to one of cells, as far as both tell."""
    learnt, shown = "cell" if model.card.bag is not None else model.card.unit, shown_at_once(collection)
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
    """Batches of prepared fields; the next batch is being read while one is used, and no more than that."""
    with ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1)) as pool:
        waiting: deque[list[Future[Tiles]]] = deque()
        for start in range(0, len(ids), size):
            waiting.append([pool.submit(prepare, field) for field in ids[start : start + size]])
            if len(waiting) > 1:
                yield [future.result() for future in waiting.popleft()]
        for batch in waiting:
            yield [future.result() for future in batch]
