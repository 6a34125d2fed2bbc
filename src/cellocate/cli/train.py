"""`cellocate train`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cellocate.choices import DEFAULT_RECIPE
from cellocate.cli import options
from cellocate.cli.open_data import open_data
from cellocate.cli.options import option
from cellocate.errors import CellocateError
from cellocate.model_files import require_model


def train(
    data: options.Data,
    out: Annotated[Path, option("Folder of the run.", "RUN")],
    recipe: Annotated[str | None, option("Recipe. Default: quick. 'cellocate recipes' lists all.", "NAME|FILE")] = None,
    settings: Annotated[
        list[str] | None, option("Change a setting, such as training.epochs=5 (repeatable).", "KEY=VALUE", name="--set")
    ] = None,
    split: Annotated[Path | None, option("Use the parts of this split.csv.", "FILE")] = None,
    fold: Annotated[
        str | None, option("Fold of --split to validate on. 'all' trains one model per fold and combines them.", "NAME")
    ] = None,
    soft: Annotated[
        list[Path] | None,
        option(
            "Cell collections only: table of out-of-fold predictions. Each cell's label is multiplied by its "
            "predicted probability (repeatable).",
            "FILE",
        ),
    ] = None,
    resume: options.Resume = False,
    images: options.Images = options.IMAGES,
    skip_bad: options.SkipBad = False,
    overwrite: options.Overwrite = False,
    accelerator: Annotated[str | None, option("cpu, gpu, mps or auto (an option of Lightning).")] = None,
    devices: Annotated[str | None, option("How many devices, or which (Lightning).")] = None,
    strategy: Annotated[str | None, option("'ddp' for several GPUs (Lightning).")] = None,
    num_nodes: Annotated[int | None, option("How many machines (Lightning).")] = None,
) -> None:
    """Train a model on labelled images, following a recipe.

    Writes model/, recipe.yaml, split.csv, history.csv, learning_curves.png and f1_curves.png to RUN. With --fold all,
    each fold has such a folder, and RUN/model combines them.

    Example: cellocate train my_images --recipe quick --out runs/first;
    or: cellocate split my_images --folds 5 --out folds.csv;
    then: cellocate train my_images --split folds.csv --fold all --out runs/folds
    """
    from cellocate.cli.console import resumable, show_validation
    from cellocate.training.recipe_files import load_recipe

    if fold is not None and split is None:
        raise CellocateError("--fold needs a split", mend="Add --split FILE.")
    if resume and (recipe or settings or split):
        what = "a resumed run keeps its recipe and split"
        raise CellocateError(what, mend="Leave out --recipe, --set and --split.")
    resolved = load_recipe(recipe or DEFAULT_RECIPE, settings or [])
    if resolved.network.init_from is not None:
        require_model(resolved.network.init_from)
    collection = open_data(data, images)
    from cellocate.report import save_curves, save_history, save_rates  # after all options are checked
    from cellocate.training.fit import train as train_one
    from cellocate.training.folds import of_folds, train_folds
    from cellocate.training.prepare import Options

    flags = {"accelerator": accelerator, "devices": devices, "strategy": strategy, "num_nodes": num_nodes}
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
