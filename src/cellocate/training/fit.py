"""Train a model as a recipe says, in a folder from which an interrupted run can be resumed."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import lightning as L  # noqa: N812 # its own convention
import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.callbacks import Callback, EarlyStopping, RichProgressBar
from lightning.pytorch.strategies import DDPStrategy

from cellocate.collection import Collection
from cellocate.counted import counted
from cellocate.errors import CellocateError
from cellocate.files import refuse_existing
from cellocate.networks import Model, Normalisation, build_network, layer_groups, load_backbone, save
from cellocate.networks.backbone import require_weights
from cellocate.training.averaging import averaging_callback
from cellocate.training.bag_training import BagClassifier, make_dataset
from cellocate.training.checkpoints import WholeFiles, checkpoint_callbacks, monitor_mode
from cellocate.training.classifier import Classifier, FieldClassifier
from cellocate.training.datasets import LabelledDataset, identities, loader, measure_normalisation, training_loader
from cellocate.training.learning_rate import choose_rate, require_one_process
from cellocate.training.losses import build_loss, describe_missing_locations, require_one_label
from cellocate.training.prepare import Options, Prepared, prepare
from cellocate.training.recipe import Recipe
from cellocate.training.run_folder import History, RunFolder, is_first_process, quiet_lightning, resume_facts
from cellocate.training.soft_labels import soften_labels
from cellocate.training.trained_model import (
    TrainedNetwork,
    build_model,
    describe_kept_epoch,
    load_kept_weights,
    with_retrained_weights,
)
from cellocate.training.training_errors import translated_errors


def train(collection: Collection, recipe: Recipe, out: str | Path, options: Options | None = None) -> Model | None:
    """Train a model as a recipe says.

    Args:
        collection: labelled fields.
        recipe: the settings; a resumed run takes the recipe it was started with.
        out: folder of the run: `model/`, `recipe.yaml`, `split.csv`, `history.csv`, `checkpoints/`, `f1_curves.csv` if
            there were validation fields, and `skipped.csv` if faulty fields were left out.
        options: how to run it.

    Returns:
        The model of the best epoch, also saved as `out/model`; None in the helper processes of several GPUs.

    Raises:
        CellocateError: the collection, the recipe or the folder cannot be used.
        KeyboardInterrupt: it was interrupted; `resume` continues it.
    """
    options = options or Options()
    run, first = RunFolder(out), is_first_process()
    if not first:
        options = replace(options, say=lambda _: None)
    if not options.resume and first:
        inputs = (*collection.places, options.split, *options.soft, recipe.network.init_from)
        refuse_existing(run.folder, overwrite=options.overwrite, inputs=inputs)
        if recipe.network.pretrained and recipe.network.init_from is None:
            require_weights(recipe.network.backbone)  # before all files are checked
    prepared = prepare(collection, recipe, run, options)
    trained = _learn(prepared, run, options)
    model = build_model(trained, prepared, run, options) if first else None
    if prepared.recipe.training.retrain and len(prepared.sets["validation"]):
        options.say(f"retraining on train and validation together, for {counted(trained.epoch, 'epoch')}")
        again = _learn(
            prepared.with_all(trained.module.rate), RunFolder(run.folder / "retrained"), options, epochs=trained.epoch
        )
        model = with_retrained_weights(model, again, options) if model is not None else None
    return None if model is None else save(model, run.model)


def _learn(prepared: Prepared, run: RunFolder, options: Options, epochs: int | None = None) -> TrainedNetwork:
    """Train to the end, or resume an interrupted run; `epochs` ends a run that was planned for more."""
    recipe, sets = prepared.recipe, prepared.sets
    resuming = options.resume and run.recipe.is_file()
    datasets: dict[str, LabelledDataset] = {
        part: make_dataset(s, prepared.bags, recipe, prepared.seen_at(part)) for part, s in sets.items()
    }
    if options.soft:
        datasets["train"].truth = torch.from_numpy(soften_labels(sets["train"], options.soft))
    normalisation = measure_normalisation(datasets["train"].images, recipe)
    module = _module(prepared, normalisation, datasets["train"].truth, fresh=not (resuming and run.last.is_file()))
    trainer = _trainer(recipe, run, options, validated=len(sets["validation"]), epochs=epochs)
    if recipe.optimiser.learning_rate == "find":
        require_one_process(trainer.world_size)
    if not resuming and is_first_process():
        if options.begin is not None:
            options.begin()
        run.start(recipe, prepared.split, prepared.inspection)
        if epochs is None and (missing := describe_missing_locations(datasets["train"].truth, module.vocabulary.names)):
            options.say(f"warning: {missing}")
    with translated_errors(recipe.training):
        if recipe.optimiser.learning_rate == "find":
            module.rate = choose_rate(module, datasets["train"], run, options.say)
        _fit(trainer, module, datasets, run, resume=resuming)
    plain = make_dataset(sets["train"], prepared.bags, recipe, prepared.scale)
    kept = load_kept_weights(module, run, plain)
    if epochs is None:
        options.say(describe_kept_epoch(recipe.training, kept, run, validated=len(sets["validation"]) > 0))
    return TrainedNetwork(module, normalisation, plain, kept)


def _module(prepared: Prepared, normalisation: Normalisation, labels: torch.Tensor, *, fresh: bool) -> Classifier[Any]:
    recipe, train = prepared.recipe, prepared.sets["train"]
    truth = torch.from_numpy(train.truth())
    if recipe.loss.activation == "softmax":
        require_one_label(truth)
    L.seed_everything(recipe.training.seed, verbose=False)
    network = build_network(
        recipe.network.backbone,
        channels=recipe.data.channels,
        locations=len(train.vocabulary),
        size=recipe.data.size,
        head=recipe.network.head,
        pretrained=fresh and recipe.network.pretrained and recipe.network.init_from is None,
        stem=recipe.network.stem,
        dropout=recipe.network.dropout,
        cells=recipe.bags.pool,
    )
    if fresh and recipe.network.init_from is not None:
        load_backbone(network, recipe.network.init_from)
    layer_groups(network, len(recipe.optimiser.layer_rates))  # fails before the run's folder is touched
    codes = identities(train, recipe.loss.identity) if "arcface" in recipe.loss.terms else None
    count = None if codes is None else int(codes.max()) + 1
    loss = build_loss(recipe.loss, truth.sum(dim=0), len(truth), network.features, count)
    facts = resume_facts(train, prepared.scale, labels)
    kind = FieldClassifier if recipe.bags.pool is None else BagClassifier
    return kind(network, loss, recipe, train.vocabulary, normalisation, codes, facts)


def _fit(
    trainer: L.Trainer, module: Classifier[Any], sets: dict[str, LabelledDataset], run: RunFolder, *, resume: bool
) -> None:
    recipe = module.recipe
    done, stopped = run.progress() if resume else (0, False)
    if stopped or done >= (trainer.max_epochs or 0):
        return
    with quiet_lightning():
        trainer.fit(
            module,
            training_loader(sets["train"], recipe, first_epoch=done, processes=trainer.world_size),
            loader(sets["validation"], recipe.training) if len(sets["validation"]) else None,
            ckpt_path=run.last if done else None,
            weights_only=True,
        )


def _trainer(recipe: Recipe, run: RunFolder, options: Options, *, validated: int, epochs: int | None) -> L.Trainer:
    settings = recipe.training
    callbacks: list[Callback] = [
        History(run.history, epochs or settings.epochs, settings.monitor, options.say, validated)
    ]
    if validated and settings.patience is not None:
        mode = monitor_mode(settings.monitor)
        callbacks.append(EarlyStopping(settings.monitor, patience=settings.patience, mode=mode))
    callbacks += checkpoint_callbacks(settings, run.checkpoints, validated=validated > 0)
    if (averaging := averaging_callback(settings)) is not None:
        callbacks.append(averaging)
    if options.progress:
        callbacks.append(RichProgressBar(leave=False))
    try:
        with quiet_lightning():
            make = partial(
                L.Trainer,
                max_epochs=epochs or settings.epochs,
                precision=settings.precision,
                accumulate_grad_batches=settings.accumulate,
                gradient_clip_val=recipe.optimiser.clip,
                callbacks=callbacks,
                plugins=WholeFiles(),
                default_root_dir=run.folder,
                logger=False,
                enable_model_summary=False,
                enable_progress_bar=options.progress,
                num_sanity_val_steps=0,
                **{"devices": 1, **options.trainer},  # Lightning's default is every GPU
            )
            trainer = make()
            if recipe.network.frozen not in (0, "always") and isinstance(trainer.strategy, DDPStrategy):
                trainer = make(strategy="ddp_find_unused_parameters_true")  # or it waits for gradients of the backbone
            return trainer
    except (MisconfigurationException, ValueError) as error:
        raise CellocateError(str(error).splitlines()[0].rstrip("."), mend="Change the Lightning flags.") from None
