"""Train a network for each fold of a split, and combine them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path

from cellocate.collection import SPLIT_COLUMNS, Collection, read_folds
from cellocate.collection.camera_depth import with_depth
from cellocate.errors import CellocateError
from cellocate.files import mark, new_file, refuse_existing, write_text
from cellocate.networks import Model, load, save
from cellocate.tables import read_columns, read_table
from cellocate.training.combine import combine
from cellocate.training.fit import train
from cellocate.training.prepare import Options
from cellocate.training.recipe import Recipe
from cellocate.training.recipe_files import load_recipe
from cellocate.training.run_folder import RunFolder, is_first_process
from cellocate.write_tables import write_table


def train_folds(collection: Collection, recipe: Recipe, out: str | Path, options: Options) -> Model | None:
    """Train a network for each fold of `options.split`, and combine them into one model.

    The rule is fitted on all folds; each field is predicted by the network that was not trained on it.

    Args:
        collection: labelled fields.
        recipe: recipe of every network.
        out: folder to write: a run `fold-NAME/` for each fold, `model/` of all, `f1_curves.csv`, and `members.csv` with
            each network's average precision.
        options: how to run it; `resume` continues with the fold that was interrupted.

    Returns:
        The combined model, also saved as `out/model`; None in the helper processes of several GPUs.

    Raises:
        CellocateError: the split has no folds, or the recipe cannot be used with folds.
    """
    run = RunFolder(out)
    if options.resume:
        run.require_unfinished()
        recipe, options = load_recipe(run.recipe), replace(options, split=run.split)
    if options.split is None:
        raise CellocateError(
            "training on folds needs a split", mend="Give one with --split; 'cellocate split --folds 5' makes it."
        )
    if recipe.training.retrain:
        raise CellocateError(
            "training.retrain would leave no fold to fit the rule on",
            mend="Set training.retrain to false.",
        )
    if recipe.bags.pool is not None:
        what = "networks with bags.pool cannot be combined into one model"
        raise CellocateError(what, mend="Train one fold at a time, with --fold NAME.")
    names = read_folds(options.split, collection)
    collection, notes = with_depth(collection)  # once for all folds
    for note in notes:
        options.say(f"note: {note}")
    if not options.resume and is_first_process():
        inputs = (*collection.places, options.split, *options.soft, recipe.network.init_from)
        refuse_existing(run.folder, overwrite=options.overwrite, inputs=inputs)
    begin = None if options.resume else partial(_start, run, recipe, options.split)
    for name in names:
        fold = RunFolder(run.folder / f"fold-{name}")
        if begin is None and fold.model.is_dir():
            continue
        options.say(f"fold {name} of {len(names)}")
        resuming = begin is None and fold.recipe.is_file() and fold.split.is_file()
        split = run.split if begin is None else options.split
        own = replace(options, split=split, fold=name, resume=resuming, overwrite=not resuming, begin=begin)
        train(collection, recipe, fold.folder, own)
        begin = None
    if not is_first_process():
        return None
    members = [load(RunFolder(run.folder / f"fold-{name}").model) for name in names]
    chosen = recipe.decision.model_dump(include={"rule", "fallback", "at_most", "calibrate"})
    combined = combine(members, collection, **chosen)
    write_table(run.folder / "members.csv", combined.table)
    if combined.curves is not None:
        run.write_curves(combined.curves)
    return save(combined.model, run.model)


def of_folds(folder: str | Path) -> bool:
    """Whether the run in this folder was started by `train_folds`."""
    split = RunFolder(folder).split
    return split.is_file() and "fold" in read_columns(split)


def _start(run: RunFolder, recipe: Recipe, split: Path) -> None:
    """Remove an earlier run, and write the recipe and the split; the split as CSV, whatever it was."""
    (table, _), record = read_table(split, names=SPLIT_COLUMNS), split.with_suffix(".json")
    made = record.read_text(encoding="utf-8") if record.is_file() else None
    shutil.rmtree(run.folder, ignore_errors=True)
    mark(run.folder)
    write_text(run.recipe, recipe.to_yaml())
    with new_file(run.split) as aside:
        table.to_csv(aside, index=False)
    if made is not None:
        write_text(run.split.with_suffix(".json"), made)
