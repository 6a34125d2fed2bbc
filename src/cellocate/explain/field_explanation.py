"""One field, or cell, explained: maps of the locations asked for, and what each stain and compartment adds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellocate.cells.masks import Labels
from cellocate.choices import MapMethod
from cellocate.collection import Collection, are_cells
from cellocate.collection.emptiness import note_on
from cellocate.decision import silenced
from cellocate.explain.evidence_maps import map_tiles
from cellocate.explain.occlusion import compartments, occlude
from cellocate.images import TTA
from cellocate.networks import Model
from cellocate.prediction.notes import notes_of_cells


@dataclass(frozen=True, eq=False)
class FieldExplanation:
    """Why a network says what it says of a field.

    Args:
        id: of the field.
        probabilities: of all K locations, shape (K,).
        decided: indices of the locations decided on.
        locations: indices of the L locations explained.
        maps: what speaks for each of them, shape (L, h, w), the field at the network's resolution; 0 where nothing
            does.
        occluded: what happens to each when something is taken away, from `occlude`.
        note: why nothing, or nothing sure, can be said of the field (see `cellocate.collection.emptiness`); mostly "".
    """

    id: str
    probabilities: NDArray[np.float32]
    decided: tuple[int, ...]
    locations: tuple[int, ...]
    maps: NDArray[np.float32]
    occluded: pd.DataFrame
    note: str = ""


def explain_field(
    model: Model,
    pixels: NDArray[Any],
    pixel_size: float | None = None,
    *,
    id: str = "",
    locations: Sequence[int] | None = None,
    method: MapMethod = "gradients",
    labels: tuple[Labels | None, Labels] | None = None,
    note: str | None = None,
) -> FieldExplanation:
    """Explain what a model says of a field, or of a cell, that is an array.

    Args:
        model: which is asked. Maps and occlusions are of one look at each tile, whatever the model's views.
        pixels: shape (C, H, W), channels in the order of `model.card.channels`, as `Model.predict` takes them.
        pixel_size: µm per px.
        id: of the field.
        locations: indices of those to explain; those decided on unless given.
        method: of the maps (see `cellocate.explain.evidence_maps.map_tiles`).
        labels: label images of nuclei (None where they are not known) and cells, shape (H, W) each, for occlusion by
            compartment.
        note: what is known of a cell, which its pixels alone do not tell; else `note_on` judges them.

    Raises:
        CellocateError: the pixels are not what the model takes.
    """
    probabilities = model.predict_tiles([model.prepare(pixels, pixel_size)])
    if note is None:
        note = note_on(dict(zip(model.card.channels, np.asarray(pixels), strict=True)), pixel_size)
    decided = tuple(
        int(k) for k in np.flatnonzero(silenced(model.card.rule.apply(probabilities), [note], model.vocabulary)[0])
    )
    wanted = decided if locations is None else tuple(locations)
    once = model.with_tta(TTA())
    tiles, scale = once.prepare(pixels, pixel_size), model.card.scale()
    height, width = pixels.shape[1:]
    maps = np.zeros((0, *scale.shape(height, width, pixel_size)), np.float32)
    if wanted:
        maps = scale.whole(map_tiles(model, tiles, wanted, method), height, width, pixel_size)
    masks = None if labels is None else _masks(model, labels, height, width, pixel_size)
    return FieldExplanation(id, probabilities[0], decided, wanted, maps, occlude(once, tiles, wanted, masks), note)


def explain_collection_field(
    model: Model,
    collection: Collection,
    field: str,
    *,
    locations: Sequence[int] | None = None,
    method: MapMethod = "gradients",
    labels: tuple[Labels | None, Labels] | None = None,
) -> FieldExplanation:
    """The same of a field, or cell, of a collection."""
    pixels, pixel_size = collection.read(field, model.card.channels)
    note = notes_of_cells(collection.subset([field]))[field] if are_cells(collection) else None
    return explain_field(
        model, pixels, pixel_size, id=field, locations=locations, method=method, labels=labels, note=note
    )


def _masks(
    model: Model, labels: tuple[Labels | None, Labels], height: int, width: int, pixel_size: float | None
) -> dict[str, NDArray[np.bool_]]:
    """Where each compartment is on the tiles; told at the network's resolution, at which an edge may be a pixel."""
    scale = model.card.scale()
    cells = scale.label_tiles(labels[1], height, width, pixel_size)
    nuclei = [None] * len(cells) if labels[0] is None else scale.label_tiles(labels[0], height, width, pixel_size)
    found = [compartments(n, c, model.card.pixel_size) for n, c in zip(nuclei, cells, strict=True)]
    return {name: np.stack([tile[name] for tile in found]) for name in found[0]}
