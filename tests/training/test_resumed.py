"""An interrupted and resumed run ends like an uninterrupted one, for any recipe."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_runs import history, interrupted, learn, with_antibodies

from cellocate.collection import open_collection

BASE = ("training.epochs=3", "training.batch_size=9")  # three batches in an epoch
START = "network.init_from={run}/model"


@pytest.mark.parametrize(
    ("settings", "batches"),
    [
        (("training.average=ema",), 5),
        (("training.average=last", "training.save_last=2"), 7),
        (("training.retrain=true",), 4),
        (("training.retrain=true",), 10),  # while it trains again
        (("optimiser.learning_rate=find",), 0),
        (("optimiser.learning_rate=find",), 4),
        ((START, "network.frozen=2"), 4),
        ((START, "network.frozen=2", "training.average=last", "training.save_last=2"), 7),
        (("sampling.name=class_aware", "sampling.batches=2", "network.dropout=0.5"), 3),
        (("augmentation.mixup=0.4", "augmentation.cutmix=1", "augmentation.noise=0.1", "augmentation.crop=0.7"), 4),
        (("training.accumulate=2", "schedule.name=one_cycle"), 4),
    ],
    ids=lambda value: value if isinstance(value, int) else ",".join(value),
)
def test_a_resumed_run_ends_as_an_uninterrupted_one(
    run: Path, phantoms: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: tuple[str, ...], batches: int
) -> None:
    settings = (*BASE, *(setting.format(run=run) for setting in settings))
    whole = learn(phantoms, tmp_path / "whole", *settings)
    interrupted(lambda: learn(phantoms, tmp_path / "torn", *settings), monkeypatch, batches)
    resumed = learn(phantoms, tmp_path / "torn", resume=True)
    assert resumed.card.weights == whole.card.weights
    assert resumed.card.rule == whole.card.rule
    assert history(tmp_path / "torn").equals(history(tmp_path / "whole"))


def test_what_a_loss_learns_and_synthetic_features_are_resumed_too(
    phantoms: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection = with_antibodies(open_collection(phantoms))
    settings = (*BASE, "loss.terms={arcface: 1, bce: 1}", "training.average=ema", "sampling.smote=true")
    whole = learn(collection, tmp_path / "whole", *settings)
    interrupted(lambda: learn(collection, tmp_path / "torn", *settings), monkeypatch, 5)
    resumed = learn(collection, tmp_path / "torn", resume=True)
    assert resumed.card.weights == whole.card.weights
