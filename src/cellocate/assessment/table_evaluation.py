"""Evaluate a table of predictions against a table of labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from cellocate.assessment.baseline_comparison import short_names
from cellocate.assessment.evaluated import Evaluated
from cellocate.assessment.prediction_evaluation import NAMES, evaluate_predictions, threshold_notes
from cellocate.collection import Collection, labels_for, read_labels
from cellocate.decision import read_predictions
from cellocate.errors import CellocateError


def evaluate_table(
    predictions: str | Path,
    labels: str | Path,
    *,
    vocabulary: str | None = None,
    by: Sequence[str] = (),
    baseline: str | Path | None = None,
) -> Evaluated:
    """Evaluate a table of predictions: probabilities, or predicted locations (`Id,Predicted`).

    Without a column `Locations`, the labels are the locations with a probability of at least .5.

    Args:
        predictions: `Id` and one column per location, or `Id,Predicted`; its fields are evaluated.
        labels: label table with all of these fields; if a column such as antibody or plate groups them, intervals are
            resampled by group.
        vocabulary: of the labels, if it is not the challenge's own.
        by: columns of the label table; each of their values is scored as well.
        baseline: another table of predictions, to compare with.

    Raises:
        CellocateError: a table cannot be read, or a field has no labels.
    """
    if baseline is not None and Path(baseline).is_dir():
        what = "a table cannot be compared with a model, which needs images"
        raise CellocateError(what, where=baseline, mend="Give a table of what the model predicts.")
    table = read_labels(labels, vocabulary)
    found = read_predictions(predictions, table.vocabulary)
    table = labels_for(table, found.ids, Path(labels))
    table.truth(found.ids)  # refuses fields without labels
    fields = (
        Collection(Path(labels).parent, table.format.layout, table.table, table.vocabulary).subset(found.ids).labelled()
    )
    other = None if baseline is None else read_predictions(baseline, table.vocabulary)
    names = NAMES if baseline is None else short_names(predictions, baseline)
    evaluated = evaluate_predictions(found, fields, by=by, baseline=other, names=names)
    lacking, notes = len(table.table) - len(found), threshold_notes(found)
    if lacking > 0:
        notes.append(f"{lacking} of {len(table.table)} labelled fields have no prediction")
    of_baseline = [f"{names[1]}: {text}" for text in threshold_notes(other)] if other is not None else []
    return replace(evaluated, collection=None, warnings=(*notes, *evaluated.warnings, *of_baseline))  # without images
