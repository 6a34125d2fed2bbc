"""Predictions of labelled fields, measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellocate.assessment.baseline import compare_with
from cellocate.assessment.evaluated import Evaluated
from cellocate.collection import Collection, values_of
from cellocate.decision import Predictions
from cellocate.errors import CellocateError
from cellocate.evaluation import by_column, evaluate

NAMES = ("predictions", "baseline")


def evaluate_predictions(
    predictions: Predictions,
    collection: Collection,
    *,
    by: Sequence[str] = (),
    baseline: Predictions | None = None,
    names: tuple[str, str] = NAMES,
) -> Evaluated:
    """Measure predictions of labelled fields, which need no images.

    Args:
        predictions: of these fields, and perhaps of others.
        collection: labelled fields.
        by: columns of the collection; the figures are given for each value in them as well.
        baseline: other predictions of these fields, to compare with.
        names: of the predictions and of the baseline.

    Raises:
        CellocateError: a field has no prediction or no labels, or there is no such column.
    """
    own = aligned(predictions, collection, names[0])
    metrics = measure(collection.truth(), own, list(collection.group()))
    values = {column: values_of(collection, column) for column in by}
    other = None if baseline is None else aligned(baseline, collection, names[1])
    return assemble(own, collection, metrics, values, other, names, note_on_rule(predictions), note_on_rule(baseline))


def measure(
    truth: NDArray[np.bool_], predictions: Predictions, groups: Sequence[str], trained: list[int] | None = None
) -> dict[str, Any]:
    """Every figure (see `cellocate.evaluation.evaluate`); `trained` counts the training fields of each location."""
    return evaluate(
        truth,
        predictions.labels,
        predictions.vocabulary,
        probabilities=predictions.probabilities if predictions.has_probabilities else None,
        thresholds=None if predictions.rule is None else predictions.rule.parted_by,
        groups=list(groups),
        trained=trained,
    )


def assemble(
    predictions: Predictions,
    collection: Collection,
    metrics: dict[str, Any],
    values: Mapping[str, Sequence[str]],
    baseline: Predictions | None,
    names: tuple[str, str],
    warnings: Sequence[str],
    of_baseline: Sequence[str] = (),
) -> Evaluated:
    """The evaluation of predictions whose overall figures are known.

    Args:
        predictions: of the collection's fields, in its order.
        collection: labelled fields.
        metrics: their figures.
        values: of each field, by column, by which the figures are given as well.
        baseline: other predictions of the same fields.
        names: of the predictions and of the baseline.
        warnings: for the user.
        of_baseline: warnings about the baseline.
    """
    truth, groups = collection.truth(), list(collection.group())
    known = predictions.probabilities if predictions.has_probabilities else None
    by = {
        column: by_column(truth, predictions.labels, predictions.vocabulary, of, probabilities=known, groups=groups)
        for column, of in values.items()
    }
    return Evaluated(
        predictions,
        truth,
        metrics,
        collection,
        warnings=(
            *warnings,
            *without_skill(metrics, collection.unit),
            *[f"{names[1]}: {x}" for x in of_baseline],
        ),
        by=by,
        comparison=None if baseline is None else compare_with(predictions, baseline, truth, groups, names),
    )


def aligned(predictions: Predictions, collection: Collection, name: str) -> Predictions:
    """The predictions of a collection's fields, in its order; `name` is said where one has none."""
    try:
        return predictions.subset(collection.ids)
    except CellocateError as error:
        raise CellocateError(error.what, where=name, mend=error.mend) from None


def note_on_rule(predictions: Predictions | None) -> list[str]:
    """Whether the labels were chosen at a threshold of .5."""
    if predictions is None or predictions.rule is None or predictions.rule.kind != "fixed":
        return []
    return ["locations were decided at a threshold of .5; 'cellocate decide' fits a better rule"]


def without_skill(metrics: Mapping[str, Any], unit: str) -> list[str]:
    """Sentences for the user where scores are no better than those of predictions that take no skill."""
    found = []
    score, blind = metrics["macro_f1"], metrics["macro_f1_of_predicting_everything"]
    if score <= blind:
        found.append(f"macro F1 {score:.3f} is no better than naming every location for every {unit} ({blind:.3f})")
    score, blind = metrics["macro_average_precision"], metrics["macro_average_precision_of_chance"]
    if score is not None and score <= blind:
        found.append(f"macro average precision {score:.3f} is no better than chance ({blind:.3f})")
    return found
