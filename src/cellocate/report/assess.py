"""Measure a model, or a table of predictions, on labelled fields, and write all that is worth keeping."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from cellocate import decision
from cellocate.choices import Turns
from cellocate.collection import Collection, bags_of, left_out, of_fields, read_labels, usable, values_of
from cellocate.collection.depth import with_depth
from cellocate.collection.derive import restricted
from cellocate.collection.splits import held_out_leaks, refuse_other_challenge
from cellocate.errors import CellocateError
from cellocate.evaluation import by_column, evaluate
from cellocate.files import new_folder
from cellocate.networks import Model, load
from cellocate.prediction import assumptions, cautions, with_turns
from cellocate.report.beside import set_beside
from cellocate.report.evaluated import Evaluated
from cellocate.report.folder import write_figures
from cellocate.report.limits import without_skill
from cellocate.report.looked import look_where
from cellocate.report.met import met_before, metrics_apart, of_part, parts_of, trained_counts
from cellocate.report.page import write_report
from cellocate.report.predicted import Predicted, predict, read_predicted
from cellocate.report.tables import write_tables


@dataclass(frozen=True)
class Choices:
    """What to evaluate and how.

    Args:
        part: only the fields of this part of the model's split: train, validation or test.
        skip_bad: leave faulty fields out instead of refusing the collection.
        overwrite: replace what is in the folder.
        tta: how fields are turned, where not as the model has it (see `cellocate.prediction.with_turns`).
        device: where to run the network; the fastest there is, unless given.
        progress: called with the number of fields after each batch.
        by: columns of the collection (or of the label table); the figures are given for each value in them as well.
            For a model `part` is that of its split, unless there is such a column.
        beside: another model's folder, or a table of predictions, to compare with on the same fields.
        maps: show where the model looked, in some fields.
    """

    part: str | None = None
    skip_bad: bool = False
    overwrite: bool = False
    tta: Turns | None = None
    device: str | None = None
    progress: Callable[[int], object] | None = None
    by: tuple[str, ...] = ()
    beside: Path | None = None
    maps: bool = False


def assess_model(
    model_folder: str | Path, collection: Collection, out: str | Path, choices: Choices | None = None
) -> Evaluated:
    """Predict the labelled fields of a collection and measure the predictions.

    Args:
        model_folder: with `model.json`; learning curves are taken from `history.csv` beside the folder.
        collection: labelled fields.
        out: folder to write: `metrics.json`, tables, `predictions.csv`, `figures/`, `report.html`.
        choices: what to evaluate and how.

    Raises:
        CellocateError: the model or the collection cannot be used together.
    """
    choices = choices or Choices()
    model, turned = with_turns(load(model_folder, device=choices.device), choices.tta)
    depth: tuple[str, ...] = ()
    if choices.part is not None:
        collection, depth = with_depth(collection)  # by all of its fields
    whole, beside = collection, choices.beside
    other = load(beside, device=choices.device) if beside is not None and beside.is_dir() else None
    if model.card.bag is not None:
        _refuse_maps(choices)
        collection = whole = bags_of(collection)
    if choices.part is not None:
        collection = of_part(collection, model.card.fields, choices.part)
    channels = dict.fromkeys((*model.card.channels, *(other.card.channels if other else ())))
    collection, inspection = usable(collection, tuple(channels), labelled=True, skip_bad=choices.skip_bad)
    if collection.vocabulary is not None and set(model.vocabulary.names) < set(collection.vocabulary.names):
        collection = restricted(collection, model.vocabulary)  # a specialist's
    if collection.vocabulary is None or collection.vocabulary.names != model.vocabulary.names:
        raise CellocateError(
            f"labels of another vocabulary than the model's {model.vocabulary.name}",
            where=collection.folder,
            mend="Give labels that the model knows, with --labels and --vocabulary.",
        )
    if other is not None and other.vocabulary.names != model.vocabulary.names:
        what = f"a model of other locations than {model.vocabulary.name}"
        raise CellocateError(what, where=choices.beside, mend="Compare models of one vocabulary.")
    for each in (model, other):
        if each is None or choices.part is not None:
            continue
        refuse_other_challenge(each.card.provenance.challenges, each.card.fields, collection)
    near = held_out_leaks(Path(model_folder).parent / "split.csv", collection)
    skipped = [left_out(inspection.problems, inspection.unit)] if inspection.problems else []
    columns = {column: _column(collection, column, model) for column in choices.by}
    inputs = (model_folder, choices.beside, *collection.places)
    with new_folder(out, overwrite=choices.overwrite, inputs=inputs) as aside:
        predicted = predict(model_folder, model, collection, choices.progress)
        second = _second(choices, other, collection)
        history = Path(model_folder).parent / "history.csv"
        metrics = metrics_apart(
            model, collection, predicted, trained_counts(model, whole.without(inspection.problems, skip_bad=True))
        )
        assert predicted.probabilities is not None  # a model gives them
        doubted = cautions(model, predicted.probabilities, collection.unit)
        read = (*depth, *inspection.notes, *assumptions(model, collection))
        said = (*skipped, *turned, *met_before(model, collection), *near, *read, *doubted)
        said = (*said, *predicted.warnings)
        evaluated = _evaluated(predicted, second, collection, {"part": choices.part, **metrics}, columns)
        evaluated = replace(
            evaluated,
            collection=collection,
            card=model.card,
            history=pd.read_csv(history) if history.is_file() else None,
            warnings=(*said, *evaluated.warnings),
        )
        if choices.maps:
            evaluated = replace(evaluated, explained=look_where(model, evaluated))
        decision.write_table(
            aside / "predictions.csv", collection.ids, predicted.probabilities, predicted.decided, model.vocabulary
        )
        _write(aside, evaluated)
    return evaluated


def assess_table(
    predictions: str | Path,
    labels: str | Path,
    out: str | Path,
    choices: Choices | None = None,
    *,
    vocabulary: str | None = None,
) -> Evaluated:
    """Measure a table of predictions: probabilities, or decided locations (`Id,Predicted`).

    Probabilities are decided at .5 where the table has no column `Locations`.

    Args:
        predictions: `Id` and one column per location, or `Id,Predicted`; its fields are those that are measured.
        labels: label table that has all of these fields; where one of its further columns says which of them are not
            independent (antibody, plate), intervals go by it.
        out: folder to write: `metrics.json`, tables, `figures/`, `report.html`.
        choices: `by`, `beside` and `overwrite`; the others are for models.
        vocabulary: of the labels, where it is not the challenge's own.

    Raises:
        CellocateError: a table cannot be read, or a field has no labels.
    """
    choices, table = choices or Choices(), read_labels(labels, vocabulary)
    if is_model(choices.beside):
        what = "a model, which needs images, beside a table"
        raise CellocateError(what, where=choices.beside, mend="Give a table of what the model predicts.")
    predicted = read_predicted(predictions, table.vocabulary)
    table = of_fields(table, predicted.ids, Path(labels))
    truth = table.truth(predicted.ids)
    fields = Collection(Path(labels).parent, table.format.layout, table.table, table.vocabulary).subset(predicted.ids)
    columns = {column: _column(fields, column) for column in choices.by}
    second = _second(choices, None, fields)
    metrics = evaluate(
        truth,
        predicted.decided,
        table.vocabulary,
        probabilities=predicted.probabilities,
        thresholds=predicted.thresholds,
        groups=list(fields.group()),
    )
    evaluated = _evaluated(predicted, second, fields, metrics, columns)
    lacking = len(table.table) - len(truth)
    said = (f"{lacking} of {len(table.table)} labelled fields have no prediction",) if lacking > 0 else ()
    evaluated = replace(evaluated, warnings=(*predicted.warnings, *said, *evaluated.warnings))
    with new_folder(out, overwrite=choices.overwrite, inputs=(predictions, labels, choices.beside)) as aside:
        _write(aside, evaluated)
    return evaluated


def _refuse_maps(choices: Choices) -> None:
    if choices.maps:
        mend = "Leave --maps out; 'cellocate explain' shows cells one by one."
        raise CellocateError("maps of a model that brings the cells of a field together", mend=mend)


def is_model(path: Path | None) -> bool:
    """Whether what is to stand beside is a model's folder, and not a table."""
    return path is not None and path.is_dir()


def _evaluated(
    predicted: Predicted,
    second: Predicted | None,
    fields: Collection,
    metrics: dict[str, Any],
    columns: dict[str, list[str]],
) -> Evaluated:
    """The evaluation of what is predicted for labelled fields, without what only a model's has."""
    truth, vocabulary, groups = fields.truth(), fields.vocabulary, list(fields.group())
    assert vocabulary is not None  # there is truth
    by = {
        column: by_column(
            truth, predicted.decided, vocabulary, values, probabilities=predicted.probabilities, groups=groups
        )
        for column, values in columns.items()
    }
    beside = None if second is None else set_beside(predicted, second, truth, vocabulary, groups)
    warnings = without_skill(metrics, fields.unit)
    if second is not None and beside is not None:
        warnings += [f"{beside.b}: {text}" for text in second.warnings]
    return Evaluated(
        None, truth, predicted.decided, predicted.probabilities, metrics, warnings=tuple(warnings), by=by, beside=beside
    )


def _second(choices: Choices, other: Model | None, fields: Collection) -> Predicted | None:
    """What is to stand beside, for the same fields."""
    if choices.beside is None:
        return None
    if other is None:
        assert fields.vocabulary is not None  # they are labelled
        return read_predicted(choices.beside, fields.vocabulary).of(fields.ids)
    found = predict(choices.beside, other, fields, choices.progress)
    return replace(found, warnings=(*met_before(other, fields), *assumptions(other, fields), *found.warnings))


def _column(fields: Collection, column: str, model: Model | None = None) -> list[str]:
    """The values of a column, by field; empty where there is none."""
    if column == "part" and model is not None and column not in fields.fields:
        return [part or "" for part in parts_of(model, fields)]
    return values_of(fields, column)


def _write(folder: Path, evaluated: Evaluated) -> None:
    write_tables(folder, evaluated)
    write_figures(folder / "figures", evaluated)
    write_report(folder / "report.html", evaluated)
