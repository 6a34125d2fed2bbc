"""Measure a model, or a table of predictions, on labelled fields, and write all that is worth keeping."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellocate import decision
from cellocate.collection import Collection, left_out, of_fields, read_labels, usable
from cellocate.collection.derive import restricted
from cellocate.collection.identity import parts_met
from cellocate.collection.splits import held_out_leaks, refuse_other_challenge
from cellocate.errors import CellocateError
from cellocate.evaluation import evaluate
from cellocate.files import new_folder
from cellocate.images.views import Turns
from cellocate.networks import Model, load
from cellocate.prediction import assumptions, predict_collection, with_turns
from cellocate.report.evaluated import Evaluated
from cellocate.report.folder import write_figures
from cellocate.report.page import write_report


@dataclass(frozen=True)
class Choices:
    """What to evaluate and how.

    Args:
        part: only the fields of this part of the model's split: train, validation or test.
        skip_bad: leave faulty fields out instead of refusing the collection.
        overwrite: replace what is in the folder.
        views: how fields are turned, where not as the model has it (see `cellocate.prediction.with_turns`).
        device: where to run the network; the fastest there is, unless given.
        progress: called with the number of fields after each batch.
    """

    part: str | None = None
    skip_bad: bool = False
    overwrite: bool = False
    views: Turns | None = None
    device: str | None = None
    progress: Callable[[int], object] | None = None


def assess_model(
    model_folder: str | Path, collection: Collection, out: str | Path, choices: Choices | None = None
) -> Evaluated:
    """Predict the labelled fields of a collection and measure the predictions.

    Args:
        model_folder: with `model.json`; learning curves are taken from `history.csv` beside the folder.
        collection: labelled fields.
        out: folder to write: `metrics.json`, `per_class.csv`, `predictions.csv`, `figures/`, `report.html`.
        choices: what to evaluate and how.

    Raises:
        CellocateError: the model or the collection cannot be used together.
    """
    choices = choices or Choices()
    model, said = with_turns(load(model_folder, device=choices.device), choices.views)
    if choices.part is not None:
        collection = _part(collection, model.card.fields, choices.part)
    collection, inspection = usable(collection, model.card.channels, labelled=True, skip_bad=choices.skip_bad)
    if collection.vocabulary is not None and set(model.vocabulary.names) < set(collection.vocabulary.names):
        collection = restricted(collection, model.vocabulary)  # a specialist's
    if collection.vocabulary is None or collection.vocabulary.names != model.vocabulary.names:
        raise CellocateError(
            f"labels of another vocabulary than the model's {model.vocabulary.name}",
            where=collection.folder,
            mend="Give labels that the model knows, with --labels and --vocabulary.",
        )
    if choices.part is None:
        refuse_other_challenge(model.card.provenance.challenges, model.card.fields, collection)
    near = held_out_leaks(Path(model_folder).parent / "split.csv", collection)
    skipped = [left_out(inspection.problems)] if inspection.problems else []
    with new_folder(out, overwrite=choices.overwrite, inputs=(model_folder, *collection.places)) as aside:
        probabilities = predict_collection(model, collection, progress=choices.progress)
        decided = model.card.rule.apply(probabilities)
        history = Path(model_folder).parent / "history.csv"
        evaluated = Evaluated(
            collection=collection,
            truth=collection.truth(),
            decided=decided,
            probabilities=probabilities,
            metrics={"part": choices.part, **_metrics(model, collection, probabilities)},
            card=model.card,
            history=pd.read_csv(history) if history.is_file() else None,
            warnings=(*skipped, *said, *_warnings(model, collection), *near, *assumptions(model, collection)),
        )
        decision.write_table(aside / "predictions.csv", collection.ids, probabilities, decided, model.vocabulary)
        _write(aside, evaluated)
    return evaluated


def assess_table(
    predictions: str | Path, labels: str | Path, out: str | Path, *, vocabulary: str | None, overwrite: bool
) -> Evaluated:
    """Measure a table of predictions: probabilities, or decided locations (`Id,Predicted`).

    Probabilities are decided at .5 where the table has no column `Locations`.

    Args:
        predictions: `Id` and one column per location, or `Id,Predicted`; its fields are those that are measured.
        labels: label table that has all of these fields.
        out: folder to write: `metrics.json`, `per_class.csv`, `figures/`, `report.html`.
        vocabulary: of the labels, where it is not the challenge's own.
        overwrite: replace what is in the folder.

    Raises:
        CellocateError: a table cannot be read, or a field has no labels.
    """
    table = read_labels(labels, vocabulary)
    probabilities, thresholds = None, None
    if decision.is_decided(predictions):
        ids, decided = decision.read_decided(predictions, table.vocabulary)
        warnings: tuple[str, ...] = ()
    else:
        ids, probabilities = decision.read_probabilities(predictions, table.vocabulary)
        found = decision.read_locations(predictions, table.vocabulary)
        rule = decision.Rule(kind="fixed", thresholds=(0.5,) * len(table.vocabulary))
        decided, thresholds = (rule.apply(probabilities), rule.thresholds) if found is None else (found, None)
        at_half = "locations were decided at a threshold of .5; 'cellocate decide' fits a better rule"
        warnings = (at_half,) if found is None else ()
    table = of_fields(table, ids, Path(labels))
    truth = table.truth(ids)
    lacking = len(table.table) - len(ids)
    if lacking > 0:
        warnings = (*warnings, f"{lacking} of {len(table.table)} labelled fields have no prediction")
    metrics = evaluate(truth, decided, table.vocabulary, probabilities=probabilities, thresholds=thresholds)
    with new_folder(out, overwrite=overwrite, inputs=(predictions, labels)) as aside:
        evaluated = Evaluated(None, truth, decided, probabilities, metrics, warnings=warnings)
        _write(aside, evaluated)
    return evaluated


def _part(collection: Collection, fields: dict[str, tuple[str, ...]], part: str) -> Collection:
    lacking = sorted(set(fields.get(part, ())) - set(collection.ids))
    if lacking or not fields.get(part):
        what = f"the model's {part} part has no fields"
        if lacking:
            what = f"{len(lacking)} fields of the model's {part} part are not in the collection, such as {lacking[0]}"
        raise CellocateError(what, where=collection.folder, mend="Give the collection that the model was trained on.")
    return collection.subset(fields[part])


def _metrics(model: Model, collection: Collection, probabilities: NDArray[np.float32]) -> dict[str, Any]:
    """Every figure over all fields and, where training used some, apart over those that it learnt and never met."""
    truth, rule, groups = collection.truth(), model.card.rule, collection.group().to_numpy(dtype=str)
    part_of = _parts_met(model, collection)
    started = np.isin(collection.ids, model.card.fields.get("start", ()))
    seen = np.array([part == "train" for part in part_of])
    unseen = np.array([part not in ("train", "validation") for part in part_of]) & ~started

    def over(chosen: NDArray[np.bool_]) -> dict[str, Any]:
        values = probabilities[chosen]
        return evaluate(
            truth[chosen],
            rule.apply(values),
            model.vocabulary,
            probabilities=values,
            thresholds=rule.parted_by,
            groups=list(groups[chosen]),
        )

    metrics = over(np.ones(len(truth), dtype=bool))
    if seen.any():
        metrics["seen"] = over(seen)
        metrics["unseen"] = over(unseen) if unseen.any() else None
    return metrics


def _warnings(model: Model, collection: Collection) -> list[str]:
    said, part_of = [], _parts_met(model, collection)
    before = set(model.card.fields.get("start", ()))
    used = {
        "was trained on": [part == "train" for part in part_of],
        "chose its epoch and thresholds by": [part == "validation" for part in part_of],
        "got its first weights from": [field in before for field in collection.ids],
    }
    for use, is_so in used.items():
        met = [field for field, has_met in zip(collection.ids, is_so, strict=True) if has_met]
        if met:
            named = ", ".join(met[:3]) + (f" and {len(met) - 3} more" if len(met) > 3 else "")
            said.append(f"{len(met)} of {len(collection)} fields are ones that the model {use}: {named}")
    return said


def _parts_met(model: Model, collection: Collection) -> list[str | None]:
    return parts_met(model.card.fields, model.card.originals, collection.fields)


def _write(folder: Path, evaluated: Evaluated) -> None:
    (folder / "metrics.json").write_text(json.dumps(evaluated.metrics, indent=2) + "\n", encoding="utf-8")
    pd.DataFrame(evaluated.metrics["per_class"]).to_csv(folder / "per_class.csv", index=False)
    write_figures(folder / "figures", evaluated)
    write_report(folder / "report.html", evaluated)
