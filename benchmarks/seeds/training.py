"""A row on a collection: its recipe at the size and the budget that are compared at, trained, and its predictions."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from rows import Row

from cellocate import load
from cellocate.collection import Collection
from cellocate.collection.filters import restrict_labels
from cellocate.files import new_file
from cellocate.networks import Model
from cellocate.prediction import predict_collection
from cellocate.training import load_recipe
from cellocate.training.combine import combine
from cellocate.training.fit import train
from cellocate.training.prepare import Options
from cellocate.training.recipe import Recipe, Schedule

SMALLEST = 32  # px, of a recipe
LOGGED = 60 * 776  # steps over which seed 004 lets its rate fall


@dataclass(frozen=True)
class Terms:
    """What is the same for all rows.

    Args:
        budget: images seen in training.
        divide: every input side is divided by this.
        full: as the recipes are, on a GPU: with downloaded weights, and in mixed precision.
    """

    budget: int
    divide: int
    full: bool


@dataclass(frozen=True)
class Task:
    """A collection to train on.

    Args:
        collection: labelled.
        split: file of its parts.
        trained: how many fields are in the train part.
        facts: what settings are filled in with.
    """

    collection: Collection
    split: Path
    trained: int
    facts: dict[str, str]


def scaled(name: str, settings: Sequence[str], terms: Terms, trained: int, seed: int) -> Recipe:
    """A recipe at the common terms: its epochs become such as show `terms.budget` images, its schedule follows."""
    own = load_recipe(name, settings)
    batch = min(own.training.batch_size, trained)
    epochs = max(1, round(terms.budget / trained))
    if own.schedule.name == "restarts":
        epochs = _whole_cycles(own.schedule, epochs)
    batches = max(1, round(terms.budget / epochs / batch))
    common = [
        f"data.size={max(SMALLEST, own.data.size // terms.divide)}",
        *(f"training.{name}={value}" for name, value in _training(epochs, batch, seed, terms.full).items()),
        f"sampling.batches={batches}",
        *_schedule(own, epochs, batches * epochs),
    ]
    return load_recipe(name, [*settings, *common])


def _training(epochs: int, batch: int, seed: int, full: bool) -> dict[str, object]:
    """Of the section of that name: neither stopped early nor trained again."""
    precision = "16-mixed" if full and torch.cuda.is_available() else "32-true"
    told = {"epochs": epochs, "batch_size": batch, "seed": seed, "precision": precision}
    return {**told, "patience": "null", "retrain": "false"}


def _whole_cycles(schedule: Schedule, epochs: int) -> int:
    """The number of epochs nearest to this at which a cycle ends."""
    ends, length = [schedule.cycle], schedule.cycle
    while ends[-1] < epochs:
        length *= schedule.multiplier
        ends.append(ends[-1] + length)
    nearest: int = min(ends, key=lambda end: abs(end - epochs))
    return nearest


def _schedule(own: Recipe, epochs: int, steps: int) -> list[str]:
    schedule = own.schedule
    if schedule.name == "inverse":
        return [f"schedule.decay={schedule.decay * LOGGED / steps:.8f}"]
    share = epochs / own.training.epochs
    moved = {max(1, round(m * share)): factor for m, factor in zip(schedule.milestones, schedule.factors, strict=True)}
    return [f"schedule.milestones={[*moved]}", f"schedule.factors={[*moved.values()]}"] if moved else []


def body_for(recipe: Recipe, folder: Path, others: Collection, terms: Terms) -> Path:
    """A model of the recipe's network, trained on other phantoms; once for each backbone, its channels and size."""
    network, data = recipe.network.backbone, recipe.data
    settings = [f"network.backbone={network}", "network.pretrained=false", "network.dropout=0"]
    settings += [f"data.channels=[{', '.join(data.channels)}]", f"data.size={data.size}"]
    run = folder / f"{network}-{''.join(c[0] for c in data.channels)}-{data.size}"
    return _trained(scaled("resnet18", settings, terms, round(len(others) * 0.7), seed=0), others, run, None)


def predicted(row: Row, task: Task, terms: Terms, folder: Path, others: Collection | None, seed: int) -> Path:
    """Train a row, or what is left of it, and write what it predicts for the validation and test parts.

    The file has the probabilities and truth of both parts, how often each location is trained on, and figures of the
    run; the run itself is deleted.
    """
    path = folder / "predictions" / f"{row.name}-{seed}.npz"
    models, history, seen = [], [], 0
    for number, name in enumerate(row.members):
        share = Terms(terms.budget // len(row.members), terms.divide, terms.full)
        settings = [re.sub(r"\{(\w+)\}", lambda m: task.facts[m[1]], s) for s in row.settings]
        if not terms.full:
            if row.start:
                assert others is not None
                body = body_for(load_recipe(name), folder.parent / "bodies", others, terms)
                settings.append(f"network.init_from={body}")
            settings.append("network.pretrained=false")
        recipe = scaled(name, settings, share, task.trained, seed)
        run = folder / "runs" / f"{row.name}-{seed}-{number}"
        models.append(load(_trained(recipe, task.collection, run, task.split)))
        history.append(pd.read_csv(run / "history.csv"))
        assert recipe.sampling.batches is not None
        seen += recipe.training.epochs * recipe.sampling.batches * recipe.training.batch_size
    model = models[0] if len(models) == 1 else combine(models, task.collection).model
    with new_file(path) as aside:
        np.savez_compressed(
            aside,
            allow_pickle=False,
            seen=np.array(seen),
            seconds=np.array(sum(h["seconds"].sum() for h in history)),
            parameters=np.array(sum(p.numel() for m in models for p in m.network.parameters())),
            size=np.array(model.card.size),
            learning=history[0]["validation_macro_average_precision"].to_numpy(np.float64),
            **_answers(model, task.collection),
        )
    for number in range(len(models)):
        shutil.rmtree(folder / "runs" / f"{row.name}-{seed}-{number}")
    return path


def _trained(recipe: Recipe, collection: Collection, run: Path, split: Path | None) -> Path:
    if not (run / "model").is_dir():
        begun = (run / "recipe.yaml").is_file() and (run / "split.csv").is_file()
        if not begun:
            shutil.rmtree(run, ignore_errors=True)
        train(collection, recipe, run, Options(split=None if begun else split, resume=begun, say=lambda _: None))
    shutil.rmtree(run / "checkpoints", ignore_errors=True)
    return run / "model"


def _answers(model: Model, collection: Collection) -> dict[str, NDArray[Any]]:
    labelled = collection.labelled()
    if len(model.vocabulary) < len(labelled.vocabulary):
        labelled = restrict_labels(labelled, model.vocabulary)
    sets = {part: labelled.subset(model.card.fields[part]) for part in ("validation", "test")}
    return {
        "names": np.array(model.vocabulary.names),
        "ids": np.array(sets["test"].ids),
        "trained": labelled.subset(model.card.fields["train"]).truth().sum(axis=0),
        **{f"truth_{part}": fields.truth() for part, fields in sets.items()},
        **{f"p_{part}": predict_collection(model, fields).probabilities for part, fields in sets.items()},
    }
