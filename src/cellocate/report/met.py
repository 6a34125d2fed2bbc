"""What a model has met before of the fields that it is measured on, and the figures apart for these."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellocate.collection import Collection, LabelledCollection
from cellocate.collection.identity import parts_met
from cellocate.counted import counted
from cellocate.errors import CellocateError
from cellocate.evaluation import evaluate
from cellocate.networks import Model
from cellocate.report.predicted import Predicted


def of_part(collection: Collection, fields: dict[str, tuple[str, ...]], part: str) -> Collection:
    """The fields of a part of the model's split.

    Raises:
        CellocateError: it has none, or the collection lacks some.
    """
    lacking = sorted(set(fields.get(part, ())) - set(collection.ids))
    if lacking or not fields.get(part):
        what = f"the model's {part} part has no {collection.unit}s"
        if lacking:
            some = counted(len(lacking), collection.unit)
            what = f"{some} of the model's {part} part not in the collection, such as {lacking[0]}"
        raise CellocateError(what, where=collection.folder, mend="Give the collection that the model was trained on.")
    return collection.subset(fields[part])


def metrics_apart(
    model: Model, collection: LabelledCollection, predicted: Predicted, trained: list[int] | None
) -> dict[str, Any]:
    """Every figure over all fields and, where training used some, apart over those that it learnt and never met."""
    truth, rule, groups = collection.truth(), model.card.rule, collection.group().to_numpy(dtype=str)
    part_of = parts_of(model, collection)
    started = np.array(_started(model, collection), dtype=bool)
    seen = np.array([part == "train" for part in part_of])
    unseen = np.array([part not in ("train", "validation") for part in part_of]) & ~started

    def over(chosen: NDArray[np.bool_]) -> dict[str, Any]:
        return evaluate(
            truth[chosen],
            predicted.decided[chosen],
            model.vocabulary,
            probabilities=None if predicted.probabilities is None else predicted.probabilities[chosen],
            thresholds=rule.parted_by,
            groups=list(groups[chosen]),
            trained=trained,
        )

    metrics = over(np.ones(len(truth), dtype=bool))
    if seen.any():
        metrics["seen"] = over(seen)
        metrics["unseen"] = over(unseen) if unseen.any() else None
    return metrics


def trained_counts(model: Model, whole: Collection) -> list[int] | None:
    """How many training fields show each location, where all of them are in the collection."""
    ids = model.card.fields.get("train", ())
    if not ids or whole.vocabulary is None or whole.vocabulary.names != model.vocabulary.names:
        return None
    if not set(ids) <= set(whole.ids) or any(labels is None for labels in whole.fields.loc[list(ids), "labels"]):
        return None
    return [int(n) for n in whole.subset(ids).labelled().truth().sum(axis=0)]


def met_before(model: Model, collection: Collection) -> list[str]:
    """A sentence for each use that the model has made of some of the fields."""
    said, part_of = [], parts_of(model, collection)
    used = {
        "was trained on": [part == "train" for part in part_of],
        "chose its epoch and thresholds by": [part == "validation" for part in part_of],
        "got its first weights from": _started(model, collection),
    }
    for use, is_so in used.items():
        met = [field for field, has_met in zip(collection.ids, is_so, strict=True) if has_met]
        if met:
            named = ", ".join(met[:3]) + (f" and {len(met) - 3} more" if len(met) > 3 else "")
            said.append(f"{len(met)} of {len(collection)} {collection.unit}s are ones that the model {use}: {named}")
    return said


def _started(model: Model, collection: Collection) -> list[bool]:
    """Whether the model's first weights learnt from each field, under whatever id it has here."""
    start = {"train": model.card.fields.get("start", ())}
    return [part is not None for part in parts_met(start, model.card.originals, collection.fields)]


def parts_of(model: Model, collection: Collection) -> list[str | None]:
    """The part of the model's split that each field is of, if any."""
    return parts_met(model.card.fields, model.card.originals, collection.fields)
