"""`cellocate evaluate`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cellocate.choices import Part, TtaKind
from cellocate.cli import options
from cellocate.cli.open_data import open_data, require_paths
from cellocate.cli.options import option
from cellocate.counted import counted
from cellocate.model_files import require_model
from cellocate.rounded import json_text

if TYPE_CHECKING:
    from cellocate.assessment import Evaluated
    from cellocate.collection import Collection


def evaluate(
    out: options.OutFolder,
    model: Annotated[Path | None, typer.Argument(metavar="MODEL", help="Folder of a model.")] = None,
    data: Annotated[Path | None, typer.Argument(metavar="DATA", help="Labelled images.")] = None,
    part: Annotated[
        Part | None, option("Only this part of the model's split. 'test' has the fields kept aside.")
    ] = None,
    predictions: Annotated[
        Path | None,
        option(
            "Instead of a model: table of probabilities, table Id,Predicted, or a submission to the 2021 "
            "challenge. For the last, --labels are the true cells: the folder truth of simulated fields, or a table "
            "ID,ImageWidth,ImageHeight,Label,Mask.",
            "FILE",
        ),
    ] = None,
    sample: Annotated[
        Path | None, option("Sample submission: refuse --predictions that the challenge would refuse.", "FILE")
    ] = None,
    by: Annotated[
        list[str] | None,
        option("Also give the scores for each value of this column, such as cell_line (repeatable).", "COLUMN"),
    ] = None,
    compare_to: Annotated[
        Path | None, option("Compare with another model or table on the same fields.", "OTHER")
    ] = None,
    maps: Annotated[bool, option("Also show what predictions are based on, as 'explain' does.", name="--maps")] = False,
    images: options.Images = options.IMAGES,
    skip_bad: options.SkipBad = False,
    overwrite: options.Overwrite = False,
    tta: options.Tta = None,
    device: options.Device = None,
    as_json: Annotated[bool, option("Print metrics.json.", name="--json")] = False,
) -> None:
    """Measure a model on labelled images, or measure a table of predictions.

    Writes metrics.json, report.html, tables and figures to FOLDER.

    Examples: cellocate evaluate runs/first/model my_images --part test --out scores;
    cellocate evaluate --predictions predictions.csv --labels train.csv --out scores;
    cellocate evaluate runs/first/model my_images --compare-to runs/second/model --out scores
    """
    from cellocate.cli.console import note
    from cellocate.evaluation import SMALL
    from cellocate.files import refuse_existing

    if sample is not None and predictions is None:
        raise typer.BadParameter("--sample checks a submission given with --predictions, and there is none")
    labels, vocabulary = images.labels, images.vocabulary
    inputs: tuple[Path | None, ...] = (model, data, predictions, labels, compare_to)
    refuse_existing(out, overwrite=overwrite, inputs=inputs)
    if predictions is not None and labels is not None and model is None:
        of_models: dict[str, object] = {
            "--part": part,
            "--maps": maps,
            "--tta": tta,
            "--skip-bad": skip_bad,
            "--device": device,
        }
        of_images = {"--pixel-size": images.pixel_size, "--channels": images.channels, "--z": images.z}
        _refuse(of_models | of_images, "a table of predictions, which has no images")
        require_paths(predictions, labels)
        if vocabulary is not None:
            from cellocate.vocabulary import get_vocabulary

            get_vocabulary(vocabulary)
        from cellocate.assessment import evaluate_table
        from cellocate.decision.submissions import is_kaggle2021, validate_submission

        if sample is not None:
            validate_submission(predictions, sample)
        if is_kaggle2021(predictions):
            _refuse({"--by": by, "--compare-to": compare_to}, "a submission of 2021")
            _evaluate_cells(predictions, labels, out, vocabulary=vocabulary, overwrite=overwrite, as_json=as_json)
            return
        evaluated = evaluate_table(predictions, labels, vocabulary=vocabulary, by=by or (), baseline=compare_to)
    elif model is not None and data is not None and predictions is None:
        from cellocate.collection import values_of

        require_model(model, data)
        if compare_to is not None and not compare_to.is_file():
            require_model(compare_to)
        collection = open_data(data, images)
        for column in set(by or ()) - {"part"}:  # the parts are in the model
            values_of(collection, column)
        inputs += collection.places
        choices: dict[str, Any] = {"part": part, "by": by or (), "maps": maps, "skip_bad": skip_bad}
        evaluated = _evaluate_model(model, collection, compare_to, tta, device, choices)
    else:
        raise typer.BadParameter("give MODEL and DATA, or --predictions and --labels")
    from cellocate.report import write_evaluation

    write_evaluation(evaluated, out, overwrite=overwrite, inputs=inputs)
    note(*evaluated.warnings)
    if evaluated.n < SMALL:
        note(f"n = {evaluated.n}: the scores of so few {evaluated.unit}s are unreliable")
    if as_json:
        print(json_text(evaluated.metrics))
    else:
        print_scores(evaluated)
        if evaluated.comparison is not None:
            print(evaluated.comparison.sentence)
        print(f"report in {out / 'report.html'}")


def _refuse(options: dict[str, object], what: str) -> None:
    if given := [name for name, value in options.items() if value]:
        raise typer.BadParameter(f"{given[0]} does not work with {what}")


def _evaluate_model(
    folder: Path,
    collection: Collection,
    compare_to: Path | None,
    tta: TtaKind | None,
    device: str | None,
    choices: dict[str, Any],
) -> Evaluated:
    from cellocate.assessment import short_names
    from cellocate.assessment.model_evaluation import evaluate_model
    from cellocate.cli.console import progress
    from cellocate.decision import read_predictions
    from cellocate.networks import load
    from cellocate.prediction import override_tta

    model, notes = override_tta(load(folder, device=device), tta)
    models = 1
    if compare_to is not None:
        models += compare_to.is_dir()
        baseline = load(compare_to, device=device) if models == 2 else read_predictions(compare_to, model.vocabulary)
        choices = {**choices, "baseline": baseline, "names": short_names(folder, compare_to)}
    with progress("predicting", len(collection) * models) as advance:
        evaluated = evaluate_model(model, collection, progress=advance, **choices)
    return replace(evaluated, warnings=(*notes, *evaluated.warnings))


def _evaluate_cells(
    predictions: Path, truth: Path, out: Path, *, vocabulary: str | None, overwrite: bool, as_json: bool
) -> None:
    from cellocate.assessment import evaluate_cells
    from cellocate.cli.console import note
    from cellocate.report import write_evaluated_cells

    evaluated = evaluate_cells(predictions, truth, vocabulary=vocabulary)
    write_evaluated_cells(evaluated, out, predictions.name, overwrite=overwrite, inputs=(predictions, truth))
    metrics = evaluated.metrics
    note(*evaluated.warnings)
    if as_json:
        print(json_text(metrics))
        return
    line = f"{counted(metrics['cells'], 'cell')} in {counted(metrics['n'], 'field')}: "
    if metrics["instance_map"] is None:
        line += "no cell shows a location, so there is no mean average precision"
    else:
        low, high = metrics["instance_map_interval"]
        blind = metrics["instance_map_of_predicting_everything"]
        line += f"mean average precision {metrics['instance_map']:.3f} (95% interval {low:.3f} to {high:.3f}; "
        occur = len(metrics["per_class"]) - len(metrics["absent"])
        line += f"{blind:.3f} by predicting every location for every cell), "
        line += f"over the {occur} of {len(metrics['per_class'])} locations that occur"
    print(line)
    print(f"report in {out / 'report.html'}")


def print_scores(evaluated: Evaluated) -> None:
    """Print the main scores, each with n."""
    for name, figures in (("", evaluated.metrics), *evaluated.split.items()):
        print(_line(counted(figures["n"], f"{name} {evaluated.unit}".lstrip()), figures))


def _line(what: str, figures: dict[str, Any] | Any) -> str:  # noqa: ANN401 # a mapping read from metrics
    low, high = figures["macro_f1_interval"]
    line = f"{what}: macro F1 {figures['macro_f1']:.3f} (95% interval {low:.3f} to {high:.3f})"
    if figures["absent"]:
        line += f", {figures['macro_f1_present']:.3f} over the {len(figures['per_class']) - len(figures['absent'])}"
        line += f" of {len(figures['per_class'])} locations that occur"
    if figures["macro_average_precision"] is not None:
        chance = figures["macro_average_precision_of_chance"]
        line += f"; macro average precision {figures['macro_average_precision']:.3f} (chance {chance:.3f})"
    return line
