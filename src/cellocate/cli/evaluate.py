"""`cellocate evaluate`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from cellocate.cli import options

if TYPE_CHECKING:
    from cellocate.report import Evaluated


def evaluate(
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Folder to write.")],
    model: Annotated[Path | None, typer.Argument(metavar="[MODEL]", help="Folder of a model.")] = None,
    data: Annotated[Path | None, typer.Argument(metavar="[DATA]", help="Folder with labelled images.")] = None,
    part: Annotated[
        Literal["train", "validation", "test"] | None, typer.Option(help="Only this part of the model's split.")
    ] = None,
    predictions: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Measure this table instead: probabilities, or Id,Predicted.")
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN", help="The figures also for each value of this column (such as cell_line, part)."
        ),
    ] = None,
    beside: Annotated[
        Path | None, typer.Option(metavar="OTHER", help="Compare with this model, or table, on the same fields.")
    ] = None,
    labels: options.LabelTable = None,
    vocabulary: options.VocabularyName = None,
    pixel_size: options.PixelSize = None,
    skip_bad: options.SkipBad = False,
    overwrite: options.Overwrite = False,
    device: options.Device = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print metrics.json.")] = False,
) -> None:
    """Measure a model on labelled images, or a table of predictions; writes metrics.json and report.html.

    Examples: cellocate evaluate runs/first/model my_images --part test --out scores;
    cellocate evaluate --predictions predictions.csv --labels train.csv --out scores;
    cellocate evaluate runs/first/model my_images --beside runs/second/model --by cell_line --out scores
    """
    from cellocate.cli.console import note, progress

    if predictions is not None and labels is not None and model is None:
        from cellocate.report.assess import Choices, assess_table

        choices = Choices(overwrite=overwrite, by=tuple(by or ()), beside=beside)
        evaluated = assess_table(predictions, labels, out, choices, vocabulary=vocabulary)
    elif model is not None and data is not None and predictions is None:
        from cellocate.collection import open_collection
        from cellocate.report.assess import Choices, assess_model, is_model

        collection = open_collection(data, labels=labels, vocabulary=vocabulary, pixel_size=pixel_size)
        with progress("predicting", len(collection) * (2 if is_model(beside) else 1)) as advance:
            choices = Choices(part, skip_bad, overwrite, device, advance, tuple(by or ()), beside)
            evaluated = assess_model(model, collection, out, choices)
    else:
        raise typer.BadParameter("give MODEL and DATA, or --predictions and --labels")
    for warning in evaluated.warnings:
        note(warning)
    if as_json:
        json.dump(evaluated.metrics, sys.stdout, indent=2)
        print()
    else:
        print_scores(evaluated)
        if evaluated.beside is not None:
            print(evaluated.beside.sentence)
        print(f"report in {out / 'report.html'}")


def print_scores(evaluated: Evaluated) -> None:
    """Print the headline figures, each with n."""
    for name, figures in (("", evaluated.metrics), *evaluated.split.items()):
        print(_line(f"{name} fields" if name else "fields", figures))


def _line(what: str, figures: dict[str, Any] | Any) -> str:  # noqa: ANN401 # a mapping read from metrics
    low, high = figures["macro_f1_interval"]
    line = f"{figures['n']} {what}: macro F1 {figures['macro_f1']:.3f} (95% interval {low:.3f} to {high:.3f})"
    if figures["absent"]:
        line += f", {figures['macro_f1_present']:.3f} over the {len(figures['per_class']) - len(figures['absent'])}"
        line += f" of {len(figures['per_class'])} locations that occur"
    if figures["macro_average_precision"] is not None:
        chance = figures["macro_average_precision_of_chance"]
        line += f"; macro average precision {figures['macro_average_precision']:.3f} (chance {chance:.3f})"
    return line
