"""Runs that take a second, and how to interrupt them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import lightning as L  # noqa: N812 # its own convention
import pandas as pd
import pytest
import torch
from torch import Tensor

from cellocate.collection import Collection, open_collection
from cellocate.networks import Model
from cellocate.training import Recipe, load_recipe
from cellocate.training.classifier import Classifier
from cellocate.training.fit import Options, train

SMALL = ("data.size=32", "network.backbone=test_resnet", "training.epochs=2", "data.intensity=depth")


def small(*settings: str) -> Recipe:
    return load_recipe("quick", [*SMALL, *settings])


def learn(phantoms: Path | Collection, out: Path, *settings: str, **options: object) -> Model:
    collection = open_collection(phantoms) if isinstance(phantoms, Path) else phantoms
    model = train(collection, small(*settings), out, Options(**{"say": _nothing, **options}))  # type: ignore[arg-type]
    assert model is not None
    return model


def _nothing(_: str) -> None:
    pass


def interrupted(run: Callable[[], object], monkeypatch: pytest.MonkeyPatch, batches: int) -> None:
    """Interrupt a run as Ctrl-C does, after so many batches."""
    done = [0]

    class Stop(L.Callback):
        def on_train_batch_start(self, *_: object) -> None:
            if done[0] == batches:
                raise KeyboardInterrupt
            done[0] += 1

    with monkeypatch.context() as patch:
        patch.setattr(Classifier, "configure_callbacks", lambda self: [Stop()])
        with pytest.raises(KeyboardInterrupt):
            run()


def history(run: Path) -> pd.DataFrame:
    return pd.read_csv(run / "history.csv").drop(columns="seconds")


def weights(checkpoint: Path) -> dict[str, Tensor]:
    return dict(torch.load(checkpoint, weights_only=True)["state_dict"])


def same(first: dict[str, Tensor], second: dict[str, Tensor], part: str = "") -> bool:
    """Whether the weights whose names begin with `part` are equal."""
    names = [name for name in first if name.startswith(part)]
    assert names
    return all(torch.equal(first[name], second[name]) for name in names)


def with_antibodies(collection: Collection) -> Collection:
    """Two fields of each antibody, and no antibody for one field in seven."""
    names = [f"HPA{i // 2}" if i % 7 else "" for i in range(len(collection))]
    return replace(collection, fields=collection.fields.assign(antibody=names))


def of_one_location(collection: Collection) -> Collection:
    return collection.subset(
        [i for i, n in zip(collection.ids, collection.labelled().truth().sum(axis=1), strict=True) if n == 1]
    )
