"""Evaluate a submission to the 2021 challenge against true cells."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from cellocate.assessment.true_cells import TrueCells, read_true_cells
from cellocate.cells.field_notes import format_notes, group_notes
from cellocate.decision.submissions import read_kaggle2021
from cellocate.errors import CellocateError
from cellocate.evaluation import Instances, evaluate_instances
from cellocate.vocabulary import get_vocabulary


class EvaluatedCells(NamedTuple):
    """The scores of a submission (see `evaluate_instances`), and warnings."""

    metrics: dict[str, Any]
    warnings: tuple[str, ...]


def evaluate_cells(predictions: str | Path, truth: str | Path, *, vocabulary: str | None = None) -> EvaluatedCells:
    """Evaluate a submission to the 2021 challenge, and check it on the way.

    Args:
        predictions: the submission; its fields are evaluated.
        truth: the cells of all of these fields (see `read_true_cells`).
        vocabulary: of the labels; hpa19 by default.

    Raises:
        CellocateError: a file cannot be read, or a field of the submission has no truth or another size.
    """
    words = get_vocabulary(vocabulary or "hpa19")
    known = read_true_cells(truth, words)
    true: dict[str, Instances] = {}
    predicted: dict[str, Instances] = {}
    for field, cells in read_kaggle2021(predictions, words):
        true[field] = _truth_of(field, cells.shape, known, predictions)
        predicted[field] = cells.instances
    metrics, warnings = evaluate_instances(true, predicted, words), []
    if lacking := len(known.ids) - len(true):
        warnings.append(f"{lacking} of {len(known.ids)} fields with true cells have no prediction")
    score, blind = metrics["instance_map"], metrics["instance_map_of_predicting_everything"]
    if score is not None and score <= blind:
        what = "is no better than naming every location for every cell"
        warnings.append(f"mean average precision {score:.3f} {what} ({blind:.3f})")
    return EvaluatedCells(metrics, (*warnings, *format_notes(group_notes(known.notes))))


def _truth_of(field: str, shape: tuple[int, int], known: TrueCells, predictions: str | Path) -> Instances:
    if field not in known.ids:
        what = f"field {field} has no truth"
        raise CellocateError(what, where=predictions, mend="Give the true cells of all its fields with --labels.")
    true = known.read(field)
    if true.shape != shape:
        sizes = f"{shape[1]} × {shape[0]} px, and its true cells lie on {true.shape[1]} × {true.shape[0]}"
        what = f"ImageWidth and ImageHeight of {field} are {sizes}"
        raise CellocateError(what, where=predictions, mend="Write masks at the size of the images.")
    return true.instances
