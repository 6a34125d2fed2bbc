"""A recipe and a collection → a trained model, in a folder that an interrupted run can be resumed from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import lightning as L  # noqa: N812 # its own convention
import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.callbacks import Callback, EarlyStopping, ModelCheckpoint, RichProgressBar

from cellocate.collection import PARTS, Collection, left_out, make_split, read_split, refuse_leaks, usable
from cellocate.errors import CellocateError
from cellocate.files import refuse_existing
from cellocate.images import Scale
from cellocate.networks import Model, Normalisation, build_network, save
from cellocate.training.data import FieldDataset, from_worker, loader, measure_normalisation, training_scale
from cellocate.training.module import Classifier
from cellocate.training.outcome import best_weights, model_card, with_rule
from cellocate.training.recipe import Recipe
from cellocate.training.run import History, Run, begun_with, is_first_process, quiet


@dataclass(frozen=True)
class Options:
    """How a run is carried out.

    Args:
        split: a `split.csv` of an earlier run or of `cellocate split`, to use the same parts.
        fold: of the split, where it has several.
        resume: continue the interrupted run in the folder.
        overwrite: replace what is in the folder.
        skip_bad: leave faulty fields out (they are listed in `skipped.csv`) instead of refusing the collection.
        progress: show a bar while an epoch runs.
        say: called with each line to print.
        trainer: Lightning's own flags, such as `accelerator`, `devices`, `strategy`, `num_nodes`.
    """

    split: Path | None = None
    fold: str | None = None
    resume: bool = False
    overwrite: bool = False
    skip_bad: bool = False
    progress: bool = False
    say: Callable[[str], None] = print
    trainer: dict[str, Any] = field(default_factory=dict)


def train(collection: Collection, recipe: Recipe, out: str | Path, options: Options | None = None) -> Model | None:
    """Train a model as a recipe says.

    Args:
        collection: labelled fields.
        recipe: how; a resumed run takes the recipe it was started with.
        out: the run's folder: `model/`, `recipe.yaml`, `split.csv`, `history.csv`, `checkpoints/`, and `skipped.csv`
            where faulty fields were left out.
        options: how to carry it out.

    Returns:
        The model of the best epoch, also saved as `out/model`; None in the helper processes of several GPUs.

    Raises:
        CellocateError: the collection, the recipe or the folder cannot be used.
        KeyboardInterrupt: it was interrupted; `resume` continues it.
    """
    options = options or Options()
    run = Run(out)
    first = is_first_process()
    if not options.resume and first:
        refuse_existing(run.folder, overwrite=options.overwrite, inputs=(*collection.places, options.split))
    if options.resume:
        recipe, split = run.reopen(collection)
    elif options.split is not None:
        split = read_split(options.split, collection, options.fold)
    collection, inspection = usable(collection, recipe.data.channels, labelled=True, skip_bad=options.skip_bad)
    if inspection.problems:
        options.say(f"{left_out(inspection.problems)}; {run.skipped} lists them")
    if not options.resume and options.split is None:
        split = make_split(collection, **recipe.data.split.model_dump(), least=0, seed=recipe.training.seed)
    split = split.among(collection.ids)
    parts = split.parts
    for warning in refuse_leaks(split, collection):
        options.say(warning)
    sets = {part: collection.subset([str(i) for i in parts.index[parts == part]]) for part in PARTS}
    options.say(f"{collection.layout}: " + ", ".join(f"{len(s)} {part}" for part, s in sets.items()) + " fields")

    scale, assumed = training_scale(collection, recipe.data, inspection)
    module, normalisation = _module(
        sets["train"], recipe, scale, pretrained=not (options.resume and run.last.is_file())
    )
    trainer = _trainer(recipe, run, options, validated=len(sets["validation"]) > 0)
    if not options.resume and first:
        run.start(recipe, split, inspection)
    datasets = {part: FieldDataset(s, recipe.data, scale) for part, s in sets.items()}
    _fit(trainer, module, datasets, run, resume=options.resume)
    if not first:
        return None

    epoch = best_weights(module, run)
    card = model_card(recipe, normalisation, scale, assumed, sets, epoch)
    device = "cuda" if torch.cuda.is_available() and options.trainer.get("accelerator") != "cpu" else "cpu"
    return save(with_rule(Model(module.network, card, device), sets["validation"], recipe), run.model)


def _module(train: Collection, recipe: Recipe, scale: Scale, *, pretrained: bool) -> tuple[Classifier, Normalisation]:
    assert train.vocabulary is not None
    if not train.truth().any():
        raise CellocateError("no training field shows any location", where=train.folder, mend="Check the labels.")
    L.seed_everything(recipe.training.seed, verbose=False)
    network = build_network(
        recipe.network.backbone,
        channels=recipe.data.channels,
        locations=len(train.vocabulary),
        size=scale.size,
        head=recipe.network.head,
        pretrained=pretrained and recipe.network.pretrained,
        stem=recipe.network.stem,
        dropout=recipe.network.dropout,
    )
    normalisation = measure_normalisation(FieldDataset(train, recipe.data, scale), recipe.training.seed)
    return Classifier(network, recipe, train.vocabulary, normalisation, begun_with(train, scale)), normalisation


def _fit(trainer: L.Trainer, module: Classifier, sets: dict[str, FieldDataset], run: Run, *, resume: bool) -> None:
    settings = module.recipe.training
    done, stopped = run.progress() if resume else (0, False)
    if stopped or done >= settings.epochs:
        return
    try:
        with quiet():
            trainer.fit(
                module,
                loader(sets["train"], settings, shuffle=True, first_epoch=done, processes=trainer.world_size),
                loader(sets["validation"], settings, shuffle=False) if len(sets["validation"]) else None,
                ckpt_path=run.last if done else None,
                weights_only=True,
            )
    except SystemExit:  # Lightning's answer to Ctrl-C
        raise KeyboardInterrupt from None
    except CellocateError as error:
        raise from_worker(error) from None
    except torch.cuda.OutOfMemoryError:
        mend = f"Lower it with --set training.batch_size={max(1, settings.batch_size // 2)}."
        raise CellocateError("the GPU's memory is too small for these batches", mend=mend) from None


def _trainer(recipe: Recipe, run: Run, options: Options, *, validated: bool) -> L.Trainer:
    settings = recipe.training
    mode = "min" if settings.monitor.endswith("loss") else "max"
    checkpoint = partial(ModelCheckpoint, run.checkpoints, save_on_train_epoch_end=True, enable_version_counter=False)
    callbacks: list[Callback] = [History(run.history, settings.epochs, options.say)]
    if validated and settings.patience is not None:
        callbacks.append(EarlyStopping(settings.monitor, patience=settings.patience, mode=mode))
    if validated:
        callbacks.append(checkpoint("best", monitor=settings.monitor, mode=mode))
    callbacks.append(checkpoint("last"))
    if options.progress:
        callbacks.append(RichProgressBar(leave=False))
    try:
        with quiet():
            return L.Trainer(
                max_epochs=settings.epochs,
                precision=settings.precision,
                callbacks=callbacks,
                default_root_dir=run.folder,
                logger=False,
                enable_model_summary=False,
                enable_progress_bar=options.progress,
                num_sanity_val_steps=0,
                **{"devices": 1, **options.trainer},  # Lightning alone would take every GPU it finds
            )
    except (MisconfigurationException, ValueError) as error:
        raise CellocateError(str(error).splitlines()[0].rstrip("."), mend="Change the Lightning flags.") from None
