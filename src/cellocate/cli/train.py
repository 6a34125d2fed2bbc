"""`cellocate train`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from cellocate.choices import DEFAULT_RECIPE
from cellocate.cli import options
from cellocate.cli.open_data import open_data
from cellocate.errors import CellocateError
from cellocate.model_files import require_model


def train(
    data: options.Data,
    out: Annotated[Path, typer.Option(metavar="RUN", help="Folder of the run.")],
    recipe: Annotated[
        str | None, typer.Option(metavar="NAME|FILE", help="See 'cellocate recipes'; quick unless given.")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a setting: training.epochs=5.")
    ] = None,
    split: Annotated[Path | None, typer.Option(metavar="FILE", help="Use the parts of this split.csv.")] = None,
    fold: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Of a split with folds, the one held out; all: each once, and one model of them."
        ),
    ] = None,
    soft: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Where DATA are cells: probabilities of them, by networks that were not trained on them, by which "
            "the labels of their fields are softened (repeatable).",
        ),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue the interrupted run in RUN.")] = False,
    labels: options.LabelTable = None,
    vocabulary: options.VocabularyName = None,
    pixel_size: options.PixelSize = None,
    channels: options.Channels = None,
    z: options.Plane = None,
    skip_bad: options.SkipBad = False,
    overwrite: options.Overwrite = False,
    accelerator: Annotated[str | None, typer.Option(help="Lightning's: cpu, gpu, mps, auto.")] = None,
    devices: Annotated[str | None, typer.Option(help="Lightning's: how many, or which.")] = None,
    strategy: Annotated[str | None, typer.Option(help="Lightning's: ddp for several GPUs.")] = None,
    num_nodes: Annotated[int | None, typer.Option(help="Lightning's: how many machines.")] = None,
) -> None:
    """Train a model on a labelled collection, as a recipe says.

    RUN receives model/, recipe.yaml, split.csv, history.csv, learning_curves.png, and f1_curves.png of the rule; with
    --fold all, such a folder for each fold, and model/ of them all.

    Example: cellocate train my_images --recipe quick --out runs/first;
    or: cellocate split my_images --folds 5 --out folds.csv;
    then: cellocate train my_images --split folds.csv --fold all --out runs/folds
    """
    from cellocate.cli.console import resumable, show_validation
    from cellocate.training.recipes import load_recipe

    if fold is not None and split is None:
        raise CellocateError("--fold is of a split", mend="Give the split as well, with --split.")
    if resume and (recipe or settings or split):
        what = "a resumed run keeps its recipe and split"
        raise CellocateError(what, mend="Leave --recipe, --set and --split out.")
    resolved = load_recipe(recipe or DEFAULT_RECIPE, settings or [])
    if resolved.network.start is not None:
        require_model(resolved.network.start)
    collection = open_data(data, labels=labels, vocabulary=vocabulary, pixel_size=pixel_size, channels=channels, z=z)
    from cellocate.report import save_curves, save_history, save_rates  # all that was typed is known to be sound
    from cellocate.training.fit import train as train_one
    from cellocate.training.folds import of_folds, train_folds
    from cellocate.training.prepare import Options

    flags: dict[str, Any] = {
        "accelerator": accelerator,
        "devices": devices,
        "strategy": strategy,
        "num_nodes": num_nodes,
    }
    chosen = Options(
        split=split,
        fold=fold,
        soft=tuple(soft or ()),
        resume=resume,
        overwrite=overwrite,
        skip_bad=skip_bad,
        progress=sys.stdout.isatty(),
        trainer={name: value for name, value in flags.items() if value is not None},
    )
    folds = of_folds(out) if resume else fold == "all"
    with resumable(out / "recipe.yaml"):
        model = (train_folds if folds else train_one)(collection, resolved, out, chosen)
    if model is None:  # one of several processes; the first one speaks
        return
    for run in sorted(out.glob("fold-*")) if folds else [out]:
        save_history(run)
        save_rates(run)
        save_curves(run)
    if folds:
        save_curves(out)
    print(f"model in {out / 'model'}")
    show_validation(model.card)
