"""Overlap of evaluated fields with the training data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cellocate.arrays import Bools
from cellocate.collection import Collection
from cellocate.collection.identity import split_parts_of

if TYPE_CHECKING:
    from cellocate.networks import Model


def training_subsets(model: Model, collection: Collection) -> dict[str, Bools]:
    """The fields that the model was trained on (`seen`), and those held out (`unseen`); empty if all are held out."""
    parts = split_part_of(model, collection)
    seen = np.array([part == "train" for part in parts], dtype=bool)
    used = np.array([part in ("train", "validation") for part in parts]) | np.array(_started(model, collection))
    return {"seen": seen, "unseen": ~used} if seen.any() else {}


def training_counts(model: Model, whole: Collection) -> list[int] | None:
    """How many training fields show each location; None unless the collection has all of them."""
    ids = model.card.fields.get("train", ())
    if not ids or whole.vocabulary is None or whole.vocabulary.names != model.vocabulary.names:
        return None
    if not set(ids) <= set(whole.ids) or any(labels is None for labels in whole.fields.loc[list(ids), "labels"]):
        return None
    return [int(n) for n in whole.subset(ids).labelled().truth().sum(axis=0)]


def contamination_warnings(model: Model, collection: Collection) -> list[str]:
    """Warn about each use that the model's training made of some of the fields."""
    found, part_of = [], split_part_of(model, collection)
    uses = {
        "was trained on": [part == "train" for part in part_of],
        "chose its epoch and thresholds on": [part == "validation" for part in part_of],
        "started from weights trained on": _started(model, collection),
    }
    for use, is_so in uses.items():
        if ids := [field for field, used in zip(collection.ids, is_so, strict=True) if used]:
            named = ", ".join(ids[:3]) + (f" and {len(ids) - 3} more" if len(ids) > 3 else "")
            found.append(f"the model {use} {len(ids)} of {len(collection)} {collection.unit}s: {named}")
    return found


def _started(model: Model, collection: Collection) -> list[bool]:
    """Whether the model's initial weights were trained on each field, under whatever id."""
    start = {"train": model.card.fields.get("start", ())}
    return [part is not None for part in split_parts_of(start, model.card.originals, collection.fields)]


def split_part_of(model: Model, collection: Collection) -> list[str | None]:
    """The part of the model's split that each field belongs to, if any."""
    return split_parts_of(model.card.fields, model.card.originals, collection.fields)
