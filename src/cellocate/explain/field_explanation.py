"""Explain one field or cell: maps of the evidence for locations, and the effect of each stain and compartment."""

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
from cellocate.decision import clear_empty
from cellocate.explain.evidence_maps import map_tiles
from cellocate.explain.occlusion import compartments, occlude
from cellocate.images import TTA
from cellocate.networks import Model
from cellocate.prediction.cell_notes import notes_of_cells


@dataclass(frozen=True, eq=False)
class FieldExplanation:
    """What a prediction is based on.

    Args:
        id: of the field.
        probabilities: of all K locations, shape (K,).
        predicted: indices of the predicted locations.
        locations: indices of the L explained locations.
        maps: evidence for each of them, shape (L, h, w), at the network's resolution; 0 where there is none.
        occluded: the effect of each stain and compartment, from `occlude`.
        note: why the prediction may be unreliable (see `cellocate.collection.emptiness`); usually "".
    """

    id: str
    probabilities: NDArray[np.float32]
    predicted: tuple[int, ...]
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
    """Explain the prediction of a model for a field or cell given as an array.

    Args:
        model: the model. Maps and occlusions do without its test-time augmentation.
        pixels: shape (C, H, W), channels in the order of `model.card.channels`, as `Model.predict` takes them.
        pixel_size: µm per px.
        id: of the field.
        locations: indices of the locations to explain; the predicted ones if None.
        method: of the maps (see `cellocate.explain.evidence_maps.map_tiles`).
        labels: label images of nuclei (None if unknown) and cells, shape (H, W) each, for occlusion by compartment.
        note: why the prediction may be unreliable; if None, `note_on` judges the pixels.

    Raises:
        CellocateError: the pixels do not suit the model.
    """
    probabilities = model.predict_tiles([model.prepare(pixels, pixel_size)])
    if note is None:
        note = model.emptiness_note(np.asarray(pixels), pixel_size)
    predicted = tuple(
        int(k) for k in np.flatnonzero(clear_empty(model.card.rule.apply(probabilities), [note], model.vocabulary)[0])
    )
    wanted = predicted if locations is None else tuple(locations)
    once = model.with_tta(TTA())
    tiles, scale = once.prepare(pixels, pixel_size), model.card.scale()
    height, width = pixels.shape[1:]
    maps = np.zeros((0, *scale.shape(height, width, pixel_size)), np.float32)
    if wanted:
        maps = scale.whole(map_tiles(model, tiles, wanted, method), height, width, pixel_size)
    masks = None if labels is None else _masks(model, labels, height, width, pixel_size)
    occluded = occlude(once, tiles, wanted, masks)
    return FieldExplanation(id, probabilities[0], predicted, wanted, maps, occluded, note)


def explain_collection_field(
    model: Model,
    collection: Collection,
    field: str,
    *,
    locations: Sequence[int] | None = None,
    method: MapMethod = "gradients",
    labels: tuple[Labels | None, Labels] | None = None,
) -> FieldExplanation:
    """Explain the prediction of a model for a field or cell of a collection, as `explain_field` does."""
    pixels, pixel_size = collection.read(field, model.card.channels)
    note = notes_of_cells(collection.subset([field]))[field] if are_cells(collection) else None
    return explain_field(
        model, pixels, pixel_size, id=field, locations=locations, method=method, labels=labels, note=note
    )


def _masks(
    model: Model, labels: tuple[Labels | None, Labels], height: int, width: int, pixel_size: float | None
) -> dict[str, NDArray[np.bool_]]:
    """Masks of the compartments on the tiles, at the network's resolution, where an edge may be one pixel wide."""
    scale = model.card.scale()
    cells = scale.label_tiles(labels[1], height, width, pixel_size)
    nuclei = [None] * len(cells) if labels[0] is None else scale.label_tiles(labels[0], height, width, pixel_size)
    found = [compartments(n, c, model.card.pixel_size) for n, c in zip(nuclei, cells, strict=True)]
    return {name: np.stack([tile[name] for tile in found]) for name in found[0]}
