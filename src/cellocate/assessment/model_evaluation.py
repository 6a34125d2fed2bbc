"""Evaluate a model on labelled fields."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pandas as pd

from cellocate.assessment.contamination import contamination_warnings, split_part_of, training_counts, training_subsets
from cellocate.assessment.evaluated import Evaluated
from cellocate.assessment.map_choice import explain_targets
from cellocate.assessment.prediction_evaluation import NAMES, align_predictions, evaluate_predictions, threshold_notes
from cellocate.collection import (
    CellBags,
    Collection,
    LabelledCollection,
    bags_of,
    describe_skipped,
    usable_fields,
    values_of,
)
from cellocate.collection.camera_depth import with_depth
from cellocate.collection.filters import restrict_labels
from cellocate.collection.splits import held_out_leaks, part_of, refuse_other_challenge
from cellocate.decision import Predictions
from cellocate.errors import CellocateError
from cellocate.networks import Model
from cellocate.networks.model_card import with_blank_landmarks
from cellocate.prediction import assumptions, predict_bags, predict_collection, prediction_warnings


def evaluate_model(
    model: Model,
    collection: Collection,
    *,
    part: str | None = None,
    by: Sequence[str] = (),
    baseline: Model | Predictions | None = None,
    names: tuple[str, str] = NAMES,
    maps: bool = False,
    skip_bad: bool = False,
    progress: Callable[[int], object] | None = None,
) -> Evaluated:
    """Predict the labelled fields of a collection and evaluate the predictions; nothing is written.

    Args:
        model: if it has a folder, `history.csv` and `split.csv` are read from the run around it.
        collection: labelled fields.
        part: only the fields of this part of the model's split: train, validation or test.
        by: columns of the collection; each of their values is scored as well. `part` is that of the model's split,
            unless the collection has such a column.
        baseline: another model, or predictions, to compare with on the same fields.
        names: of the model and of the baseline.
        maps: show where the model looked, in some fields.
        skip_bad: leave faulty fields out instead of refusing the collection.
        progress: called with the number of fields after each batch.

    Raises:
        CellocateError: the model and the collection, or the two models, cannot be used together.

    Example:
        >>> model = cellocate.load("run/model")  # doctest: +SKIP
        >>> evaluated = evaluate_model(model, cellocate.open_collection("images"))  # doctest: +SKIP
        >>> evaluated.metrics["macro_f1"]  # doctest: +SKIP
        0.61
    """
    models = [model, baseline] if isinstance(baseline, Model) else [model]
    if len({each.card.bag is None for each in models}) > 1:
        mend = f"Compare with a table that 'predict' wrote with the model {names[1]}."
        raise CellocateError("a model that pools the cells of a field, and one that does not", mend=mend)
    notes: list[str] = []
    if part is not None:
        collection, depth = with_depth(collection)  # by all of its fields
        notes += depth
    bags = None
    if model.card.bag is not None:
        if maps:
            mend = "Leave --maps out; 'cellocate explain' shows cells one by one."
            raise CellocateError("maps of a model that pools the cells of a field", mend=mend)
        bags = bags_of(collection)
    whole = chosen = collection if bags is None else bags.fields
    if part is not None:
        chosen, missing = part_of(whole, model.card.fields, part, skip_missing=skip_bad)
        notes += missing
    images = chosen if bags is None else bags.subset(chosen.ids).cells
    channels = tuple(dict.fromkeys(channel for each in models for channel in each.card.channels))
    images = with_blank_landmarks(images, [each.card for each in models])
    images, inspection = usable_fields(images, channels, labelled=True, skip_bad=skip_bad)
    if inspection.problems:
        notes.append(describe_skipped(inspection.problems, inspection.unit))
    bags = None if bags is None else bags_of(images)
    labelled = _in_vocabulary((images if bags is None else bags.fields).labelled(), models)
    if part is None:
        for each in models:
            refuse_other_challenge(each.card.provenance.challenges, each.card.fields, labelled)
    run = None if model.folder is None else model.folder.parent
    leaks = [] if run is None else held_out_leaks(run / "split.csv", labelled)
    if "part" in by and "part" not in labelled.fields:
        parts = [part or "" for part in split_part_of(model, labelled)]
        labelled = replace(labelled, fields=labelled.fields.assign(part=parts))
    for column in by:
        values_of(labelled, column)  # before the long work
    of_baseline: list[str] = []
    if isinstance(baseline, Predictions):
        baseline = align_predictions(baseline, labelled, names[1])
        of_baseline = threshold_notes(baseline)
    predictions = _predict(model, labelled, bags, progress)
    if isinstance(baseline, Model):
        other = _predict(baseline, labelled, bags, progress)
        of_baseline = _warnings(baseline, labelled, images, other)
        baseline = other
    evaluated = evaluate_predictions(
        predictions,
        labelled,
        by=by,
        baseline=baseline,
        names=names,
        subsets=training_subsets(model, labelled),
        trained=training_counts(model, whole.without(inspection.problems, skip_bad=True)),
    )
    warnings = [
        *notes,
        *leaks,
        *inspection.notes,
        *_warnings(model, labelled, images, predictions),
        *evaluated.warnings,
    ]
    return replace(
        evaluated,
        metrics={"part": part, **evaluated.metrics},
        bags=bags,
        card=model.card,
        history=pd.read_csv(run / "history.csv") if run is not None and (run / "history.csv").is_file() else None,
        warnings=(*warnings, *[f"{names[1]}: {text}" for text in of_baseline]),
        explained=explain_targets(model, evaluated) if maps else (),
    )


def _predict(
    model: Model, fields: LabelledCollection, bags: CellBags | None, progress: Callable[[int], object] | None
) -> Predictions:
    if bags is None:
        return predict_collection(model, fields, progress=progress)
    return predict_bags(model, bags, progress=progress)[0]


def _in_vocabulary(collection: LabelledCollection, models: Sequence[Model]) -> LabelledCollection:
    """The collection with the model's labels, if its own labels include them."""
    vocabulary = models[0].vocabulary
    if set(vocabulary.names) < set(collection.vocabulary.names):
        collection = restrict_labels(collection, vocabulary)  # a specialist's
    if collection.vocabulary.names != vocabulary.names:
        raise CellocateError(
            f"labels of another vocabulary than the model's {vocabulary.name}",
            where=collection.folder,
            mend="Give labels that the model knows, with --labels and --vocabulary.",
        )
    for other in models[1:]:
        if other.vocabulary.names != vocabulary.names:
            what = f"a model of other locations than {vocabulary.name}"
            raise CellocateError(what, where=other.title, mend="Compare models of one vocabulary.")
    return collection


def _warnings(model: Model, fields: LabelledCollection, images: Collection, predictions: Predictions) -> list[str]:
    used = contamination_warnings(model, fields)
    return [*used, *assumptions(model, images), *prediction_warnings(model, predictions)]
