"""Evaluate predictions of labelled fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cellocate.arrays import Bools
from cellocate.assessment.baseline_comparison import compare_with
from cellocate.assessment.evaluated import Evaluated
from cellocate.collection import Collection, LabelledCollection, values_of
from cellocate.decision import Predictions
from cellocate.errors import CellocateError
from cellocate.evaluation import by_column, evaluate

NAMES = ("predictions", "baseline")


def evaluate_predictions(
    predictions: Predictions,
    collection: LabelledCollection,
    *,
    by: Sequence[str] = (),
    baseline: Predictions | None = None,
    names: tuple[str, str] = NAMES,
    subsets: Mapping[str, Bools] | None = None,
    trained: list[int] | None = None,
) -> Evaluated:
    """Evaluate predictions of labelled fields; images are not needed.

    Args:
        predictions: of these fields, and perhaps of others.
        collection: N labelled fields.
        by: columns of the collection; each of their values is scored as well.
        baseline: other predictions of these fields, to compare with.
        names: of the predictions and of the baseline.
        subsets: fields to score separately as well, shape (N,) each, by name.
        trained: how many training fields show each location, if known.

    Raises:
        CellocateError: a field has no prediction or no labels, or there is no such column.
    """
    found = align_predictions(predictions, collection, names[0])
    truth, groups = collection.truth(), collection.group().to_numpy(dtype=str)
    rule = found.rule

    def measure(rows: Bools) -> dict[str, Any]:
        known = found.probabilities[rows] if found.has_probabilities else None
        thresholds = None if rule is None else rule.applied_thresholds
        return evaluate(
            truth[rows],
            found.labels[rows],
            found.vocabulary,
            probabilities=known,
            thresholds=thresholds,
            groups=list(groups[rows]),
            trained=trained,
        )

    metrics = measure(np.ones(len(truth), dtype=bool))
    metrics |= {name: measure(rows) if rows.any() else None for name, rows in (subsets or {}).items()}
    scores, of = found.probabilities if found.has_probabilities else None, list(groups)
    tables = {
        column: by_column(
            truth, found.labels, found.vocabulary, values_of(collection, column), probabilities=scores, groups=of
        )
        for column in by
    }
    comparison = None
    if baseline is not None:
        comparison = compare_with(found, align_predictions(baseline, collection, names[1]), truth, of, names)
    warnings = tuple(no_skill_warnings(metrics, collection.unit))
    return Evaluated(found, truth, metrics, collection, warnings=warnings, by=tables, comparison=comparison)


def align_predictions(predictions: Predictions, collection: Collection, name: str) -> Predictions:
    """Put predictions into the order of a collection's fields; the error for a missing one gives `name`."""
    try:
        return predictions.subset(collection.ids)
    except CellocateError as error:
        raise CellocateError(error.what, where=name, mend=error.mend) from None


def threshold_notes(predictions: Predictions) -> list[str]:
    """Note that labels were chosen at a threshold of .5."""
    if predictions.rule is None or predictions.rule.kind != "fixed":
        return []
    return ["locations were chosen at a threshold of .5; 'cellocate decide' fits a better rule"]


def no_skill_warnings(metrics: Mapping[str, Any], unit: str) -> list[str]:
    """Warn about scores that are no better than without skill."""
    found = []
    score, blind = metrics["macro_f1"], metrics["macro_f1_of_predicting_everything"]
    if score <= blind:
        found.append(f"macro F1 {score:.3f} is no better than naming every location for every {unit} ({blind:.3f})")
    score, blind = metrics["macro_average_precision"], metrics["macro_average_precision_of_chance"]
    if score is not None and score <= blind:
        found.append(f"macro average precision {score:.3f} is no better than chance ({blind:.3f})")
    return found
