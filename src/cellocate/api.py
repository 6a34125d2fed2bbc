"""The functions of `import cellocate`: each step as one function.

`data` may be a folder, a file, a table or a `Collection`; `model` the folder of a model or a run, or a `Model`. Doubts
about a result are `CellocateWarning`s.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cellocate.choices import DEFAULT_RECIPE, Challenge, Part
from cellocate.collection import Collection, open_collection
from cellocate.errors import CellocateError, CellocateWarning
from cellocate.files import refuse_existing
from cellocate.images import FIELD_SPAN

if TYPE_CHECKING:
    from cellocate.assessment import Evaluated
    from cellocate.decision import Predictions
    from cellocate.networks import Model
    from cellocate.training import Recipe


def simulate(
    out: str | Path,
    *,
    fields: int,
    size: int = 512,
    span: float = FIELD_SPAN,
    labels: str | Path = "real",
    layout: Challenge = "kaggle2018",
    vocabulary: str | None = None,
    depth: int = 8,
    variability: float = 0.08,
    seed: int = 0,
    overwrite: bool = False,
    workers: int = 1,
) -> Collection:
    """Draw fields of simulated cells with exact labels and masks into a new folder, and open them.

    Args:
        out: the folder.
        fields: how many.
        size: side of a field in pixels, 64 or more.
        span: side of a field in µm, whatever its size in pixels.
        labels: "real" (frequencies of the 2018 training set), "balanced", or a label table to follow.
        layout: files and labels as in the challenge of 2018 (hpa28) or 2021 (hpa19).
        vocabulary: of the labels, if it is not the layout's.
        depth: bits of a pixel, 8 or 16.
        variability: share of the cells that do not show a location of their field, 0 to 1.
        seed: the same seed gives the same files.
        overwrite: replace earlier simulated cells in `out`.
        workers: processes. A script with several must guard its code with `if __name__ == "__main__":`.

    Raises:
        CellocateError: an argument is out of range, or the folder is not empty.

    Example:
        >>> cellocate.simulate("simulated", fields=4, size=64)
        <Collection of 4 fields (kaggle2018): red, green, blue, yellow; labels of hpa28>
    """
    from cellocate import phantom

    phantom.simulate(
        Path(out),
        fields=fields,
        size=size,
        span=span,
        labels=labels,
        layout=layout,
        vocabulary=vocabulary,
        depth=depth,
        variability=variability,
        seed=seed,
        overwrite=overwrite,
        workers=workers,
    )
    return open_collection(out)


def train(
    data: str | Path | Collection,
    out: str | Path,
    recipe: str | Path | Recipe = DEFAULT_RECIPE,
    *,
    settings: Mapping[str, object] | None = None,
    split: str | Path | None = None,
    skip_bad: bool = False,
    overwrite: bool = False,
) -> Model:
    """Train a model on labelled fields or cells, following a recipe.

    Args:
        data: labelled images.
        out: the folder of the run; the model is saved in `out/model`.
        recipe: the name of a recipe, a YAML file, or a `Recipe`.
        settings: changes to the recipe, such as `{"training.epochs": 5}`.
        split: a `split.csv` with the parts; if None, the recipe draws them.
        skip_bad: leave faulty fields out.
        overwrite: replace an earlier run in `out`.

    Raises:
        CellocateError: the images, the labels, the recipe or the folder cannot be used.
        KeyboardInterrupt: training was interrupted; `cellocate train DATA --out RUN --resume` continues it.

    Example:
        >>> small = {"training.epochs": 1, "data.size": 64, "network.backbone": "test_resnet"}
        >>> model = cellocate.train("phantoms", "runs/first", settings=small)  # doctest: +ELLIPSIS
        kaggle2018: 28 train, 6 validation, 6 test fields
        ...
        >>> model.vocabulary.name
        'hpa28'
    """
    from cellocate.training import Recipe, load_recipe
    from cellocate.training.fit import train as train_one
    from cellocate.training.prepare import Options

    if not isinstance(recipe, Recipe):
        recipe = load_recipe(recipe, [f"{key}={_yaml(value)}" for key, value in (settings or {}).items()])
    elif settings:
        raise CellocateError("settings need the name or file of a recipe", mend="Leave out settings, or give a name.")
    parts = None if split is None else Path(split)
    how = Options(split=parts, skip_bad=skip_bad, overwrite=overwrite, say=_print_or_warn)
    model = train_one(_collection(data), recipe, out, how)
    if model is None:
        raise CellocateError("this is a helper process without a model", mend="Use the model in the first process.")
    return model


def predict(
    model: str | Path | Model,
    data: str | Path | Collection,
    *,
    part: Part | None = None,
    skip_bad: bool = False,
    batch_size: int = 32,
) -> Predictions:
    """Predict the locations in every field, or in every cell of a collection of cells.

    Args:
        model: the model. For arrays, use `Model.predict`.
        data: images with the model's channels.
        part: predict only this part of the model's split.
        skip_bad: leave faulty fields out.
        batch_size: number of images per batch.

    Raises:
        CellocateError: the images lack a channel, a file is damaged, or a pixel size is impossible.

    Example:
        >>> found = cellocate.predict("run", "phantoms", part="test")
        >>> found.probabilities.shape
        (6, 28)
        >>> found.save("predictions.csv")
    """
    from cellocate.collection import are_cells, describe_skipped, usable_fields
    from cellocate.collection.camera_depth import with_depth
    from cellocate.collection.splits import part_of
    from cellocate.networks.model_card import with_blank_landmarks
    from cellocate.prediction import assumptions, predict_cells, predict_collection, prediction_warnings

    loaded, collection, notes = _model(model), _collection(data), list[str]()
    if part is not None:
        collection, of_depth = with_depth(collection)  # before fields are left out
        collection, missing = part_of(collection, loaded.card.fields, part, skip_missing=skip_bad)
        notes += [*of_depth, *missing]
    collection = with_blank_landmarks(collection, [loaded.card])
    collection, inspection = usable_fields(collection, loaded.card.channels, labelled=False, skip_bad=skip_bad)
    if inspection.problems:
        notes.append(describe_skipped(inspection.problems, inspection.unit))
    predict_all = predict_cells if are_cells(collection) or loaded.card.bag is not None else predict_collection
    found = predict_all(loaded, collection, batch_size=batch_size)
    _warn([*notes, *inspection.notes, *assumptions(loaded, collection), *prediction_warnings(loaded, found)])
    return found


def evaluate(
    model: str | Path | Model,
    data: str | Path | Collection,
    out: str | Path | None = None,
    *,
    part: Part | None = None,
    by: Sequence[str] = (),
    baseline: str | Path | Model | Predictions | None = None,
    skip_bad: bool = False,
    overwrite: bool = False,
) -> Evaluated:
    """Measure a model on labelled fields; with `out`, also write metrics, tables, figures and a report.

    Args:
        model: the model to measure.
        data: labelled images.
        out: a new folder for `metrics.json`, `report.html` and more.
        part: only this part of the model's split; "test" has the fields kept aside.
        by: columns of the collection; the scores are also given for each of their values.
        baseline: another model, or predictions, to compare with on the same fields.
        skip_bad: leave faulty fields out.
        overwrite: replace an earlier evaluation in `out`.

    Raises:
        CellocateError: the model and the images cannot be used together, or there are no labels.

    Example:
        >>> evaluated = cellocate.evaluate("run", "phantoms", part="test")
        >>> evaluated.n, 0 <= evaluated.metrics["macro_f1"] <= 1
        (6, True)
    """
    from cellocate.assessment.model_evaluation import evaluate_model

    other = _model(baseline) if isinstance(baseline, str | Path) else baseline
    collection = _collection(data)
    if out is not None:
        refuse_existing(Path(out).resolve(), overwrite=overwrite, inputs=collection.places)
    evaluated = evaluate_model(_model(model), collection, part=part, by=by, baseline=other, skip_bad=skip_bad)
    _warn(evaluated.warnings)
    if out is not None:
        from cellocate.report import write_evaluation

        write_evaluation(evaluated, out, overwrite=overwrite, inputs=collection.places)
    return evaluated


def find_cells(
    data: str | Path | Collection,
    out: str | Path,
    *,
    segmenter: str = "classical",
    masks: str | Path | None = None,
    size: int = 256,
    skip_bad: bool = False,
    overwrite: bool = False,
    workers: int = 1,
) -> Collection:
    """Find the cells in every field, measure them, and cut them out as a collection of single cells.

    Args:
        data: images with a nuclear channel. For one field as an array, use `cellocate.cells.segmentation.segment`.
        out: a new folder for `masks/`, crops in `crops/` and measurements in `cells.csv`.
        segmenter: "classical", "multinucleate", or one that you installed.
        masks: a folder with your own masks, in place of a segmenter.
        size: side of each crop in pixels.
        skip_bad: leave faulty fields out.
        overwrite: replace an earlier result in `out`.
        workers: processes. A script with several must guard its code with `if __name__ == "__main__":`.

    Raises:
        CellocateError: there is no nuclear channel, no cell is found, a file is damaged, or the folder is not empty.

    Example:
        >>> cells = cellocate.find_cells("phantoms", "my_cells")
        >>> cells.unit, len(cells) > 40
        ('cell', True)
    """
    import pandas as pd

    from cellocate.cells.conversion import convert
    from cellocate.cells.crops import CropSettings
    from cellocate.cells.cutting import CellPlan
    from cellocate.cells.field_notes import format_notes
    from cellocate.cells.segmenters import get_segmenter
    from cellocate.collection.faulty_fields import SKIPPED
    from cellocate.counted import counted

    collection = _collection(data)
    plan = CellPlan(
        Path(out),
        collection.channels,
        CropSettings(size),
        None if masks is None else Path(masks),
        None if masks is not None else get_segmenter(segmenter).segment,
        skip_bad=skip_bad,
    )
    converted = convert(collection, plan, workers=workers, overwrite=overwrite)
    _warn(format_notes(converted.summary["notes"]))
    if left_out := converted.summary["fields_skipped"]:
        faults = pd.read_csv(plan.out / SKIPPED, dtype=str)[["id", "what"]].head(3)
        named = ", ".join(f"{field} ({what})" for field, what in faults.itertuples(index=False))
        _warn([f"left out {counted(left_out, 'faulty field')}: {named}; {plan.out / SKIPPED} lists them"])
    return converted.cells


def _collection(data: str | Path | Collection) -> Collection:
    opened = data if isinstance(data, Collection) else open_collection(data)
    _warn(opened.notes, stacklevel=4)
    return opened


def _model(model: str | Path | Model) -> Model:
    from cellocate.networks import load

    if not isinstance(model, str | Path):
        return model
    run = Path(model) / "model"
    return load(run if run.is_dir() else model)


def _warn(notes: Iterable[str], stacklevel: int = 3) -> None:
    for note in notes:
        warnings.warn(CellocateWarning(note), stacklevel=stacklevel)


def _print_or_warn(line: str) -> None:
    """Print a line of a training, or warn the caller of `train`, four functions above."""
    kind, _, text = line.partition(": ")
    if kind in ("note", "warning"):
        _warn([text], stacklevel=6)
    else:
        print(line)


def _yaml(value: object) -> str:
    import yaml

    return yaml.safe_dump(value, default_flow_style=True, width=10_000).removesuffix("\n").removesuffix("\n...")
