"""Steps and epochs follow the recipe."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pandas as pd
import pytest
import torch
from small_runs import history, interrupted, learn, of_one_location, same, weights, with_antibodies

import cellocate
from cellocate.collection import open_collection
from cellocate.errors import CellocateError
from cellocate.prediction import predict_collection
from cellocate.registry import LOSSES
from cellocate.training.recipe import Loss, Optimiser, Schedule

ONE = ("training.epochs=1", "schedule.name=constant", "schedule.warmup=0", "training.batch_size=28")  # a single step
PLAIN = tuple(name for name in LOSSES.own if name not in ("arcface", "cross_entropy"))


def _choices(section: type, field: str) -> tuple[str, ...]:
    return get_args(section.model_fields[field].annotation)


def _fresh(run: Path) -> dict[str, torch.Tensor]:
    return weights(run / "checkpoints" / "last.ckpt")


@pytest.mark.parametrize("name", _choices(Optimiser, "name"))
def test_every_optimiser_takes_its_own_step(phantoms: Path, tmp_path: Path, name: str) -> None:
    learn(phantoms, tmp_path / "run", *ONE, f"optimiser.name={name}", "optimiser.learning_rate=0.01")
    learn(phantoms, tmp_path / "none", *ONE, "optimiser.learning_rate=1e-30", "optimiser.weight_decay=0")
    step = (
        (_fresh(tmp_path / "run")["network.head.classifier.bias"])
        - (_fresh(tmp_path / "none")["network.head.classifier.bias"])
    )
    if name == "sgd":  # in proportion to the gradient, which at p = .5 and 28 locations is below .5 / 28
        assert 0 < step.abs().max() < 0.01 / 28
    else:  # adaptive ones all step by about the rate
        assert step.abs().max() > 0.005


@pytest.mark.parametrize(
    ("settings", "rates"),
    [
        (("name=constant", "warmup=0"), [1, 1, 1, 1]),
        (("name=cosine", "warmup=0"), [0.854, 0.5, 0.146, 0]),
        (("name=restarts", "warmup=0", "cycle=2"), [0.5, 1, 0.5, 1]),
        (("name=steps", "warmup=0", "milestones=[1, 3]", "factors=[0.5, 0.1]"), [0.5, 0.5, 0.1, 0.1]),
        (("name=inverse", "warmup=0", "decay=1"), [1 / 2, 1 / 3, 1 / 4, 1 / 5]),
        (("name=one_cycle", "warmup=0.3"), [0.994, 0.463, 0, 0]),
    ],
)
def test_every_schedule_sets_the_rate_of_each_step(
    phantoms: Path, tmp_path: Path, settings: tuple[str, ...], rates: list[float]
) -> None:
    """In the history stands the rate after each epoch, which here has one step."""
    shape = [f"schedule.{s}" for s in settings]
    learn(phantoms, tmp_path / "run", *ONE, *shape, "training.epochs=4", "optimiser.learning_rate=0.001")
    assert (history(tmp_path / "run")["learning_rate"] / 0.001).tolist() == pytest.approx(rates, abs=2e-3)


def test_every_schedule_is_tried() -> None:
    assert set(_choices(Schedule, "name")) == {"constant", "cosine", "one_cycle", "restarts", "steps", "inverse"}


def test_layers_have_their_rates(phantoms: Path, tmp_path: Path) -> None:
    sgd = (*ONE, "optimiser.name=sgd", "optimiser.weight_decay=0")
    learn(phantoms, tmp_path / "none", *sgd, "optimiser.learning_rate=1e-30")
    learn(phantoms, tmp_path / "one", *sgd, "optimiser.learning_rate=0.1")
    learn(phantoms, tmp_path / "two", *sgd, "optimiser.learning_rate=0.1", "optimiser.layer_rates=[0.5, 1]")
    before, one, two = (_fresh(tmp_path / name) for name in ("none", "one", "two"))
    for name, share in (("network.backbone.net.conv1.0.weight", 0.5), ("network.head.classifier.weight", 1)):
        torch.testing.assert_close(two[name] - before[name], share * (one[name] - before[name]), rtol=1e-3, atol=1e-7)
        assert (one[name] - before[name]).abs().max() > 1e-5


def test_too_many_rates_are_refused_before_the_folder_is_touched(phantoms: Path, tmp_path: Path) -> None:
    with pytest.raises(CellocateError, match=r"12 groups.*optimiser\.layer_rates.*Give 1 to 5 rates"):
        learn(phantoms, tmp_path / "run", f"optimiser.layer_rates={[1] * 12}")
    assert not (tmp_path / "run").exists()


def test_the_gradient_is_clipped(phantoms: Path, tmp_path: Path) -> None:
    sgd = (*ONE, "optimiser.name=sgd", "optimiser.weight_decay=0", "optimiser.learning_rate=1", "optimiser.momentum=0")
    learn(phantoms, tmp_path / "none", *ONE, "optimiser.learning_rate=1e-30", "optimiser.weight_decay=0")
    learn(phantoms, tmp_path / "run", *sgd, "optimiser.clip=0.001")
    before, after = (_fresh(tmp_path / name) for name in ("none", "run"))
    learnt = [name for name in before if "running" not in name and "num_batches" not in name and "." in name]
    moved = torch.cat([(after[name] - before[name]).flatten() for name in learnt]).norm()
    assert moved.item() == pytest.approx(0.001, rel=0.01)


@pytest.mark.parametrize("terms", [*PLAIN, "{focal: 0.5, lovasz: 0.5}"])
@pytest.mark.parametrize("mixing", [(), ("augmentation.mixup=0.4", "augmentation.cutmix=1")], ids=["whole", "mixed"])
def test_every_loss_trains(phantoms: Path, tmp_path: Path, terms: str, mixing: tuple[str, ...]) -> None:
    learn(phantoms, tmp_path / "run", f"loss.terms={terms}", *mixing, "training.epochs=1")
    row = history(tmp_path / "run").iloc[0]
    assert row["train_loss"] > 0
    assert row["validation_loss"] > 0


def test_a_sum_of_losses_is_the_sum(phantoms: Path, tmp_path: Path) -> None:
    losses = {}
    for terms in ("focal", "lovasz", "{focal: 0.5, lovasz: 2}"):
        learn(phantoms, tmp_path / "run", *ONE, f"loss.terms={terms}", overwrite=True)
        losses[terms] = history(tmp_path / "run")["train_loss"].item()  # before anything was learnt
    assert losses.pop("{focal: 0.5, lovasz: 2}") == pytest.approx(
        0.5 * losses["focal"] + 2 * losses["lovasz"], rel=1e-5
    )  # of figures that are rounded


def test_class_weights_change_what_is_learnt(phantoms: Path, tmp_path: Path) -> None:
    found = set()
    for name in _choices(Loss, "class_weights"):
        learn(phantoms, tmp_path / "run", *ONE, f"loss.class_weights={name}", overwrite=True)
        found.add(round(history(tmp_path / "run")["train_loss"].item(), 6))
    assert len(found) == len(_choices(Loss, "class_weights"))


def test_arcface_separates_antibodies(phantoms: Path, tmp_path: Path) -> None:
    collection = with_antibodies(open_collection(phantoms))
    learn(collection, tmp_path / "run", "loss.terms={arcface: 1, bce: 1}", "training.epochs=1")
    directions = _fresh(tmp_path / "run")["loss.arcface.weight"]
    split = pd.read_csv(tmp_path / "run" / "split.csv").set_index("id")["part"]
    antibody_of = collection.fields["antibody"].to_dict()
    train = [antibody_of[i] or i for i in split.index[split == "train"]]
    assert len(directions) == len(set(train))
    with pytest.raises(CellocateError, match=r"no column 'antibody'.*loss\.identity"):
        learn(phantoms, tmp_path / "other", "loss.terms={arcface: 1, bce: 1}")
    assert not (tmp_path / "other").exists()


def test_one_label_each_by_softmax(phantoms: Path, tmp_path: Path) -> None:
    single = of_one_location(open_collection(phantoms))
    settings = ("loss.terms=cross_entropy", "decision.rule=argmax", "augmentation.mixup=0.2", "sampling.smote=true")
    learn(single, tmp_path / "run", *settings)
    model = cellocate.load(tmp_path / "run" / "model", device="cpu")
    probabilities = predict_collection(model, single).probabilities
    assert probabilities.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert (model.card.rule.apply(probabilities).sum(axis=1) == 1).all()
    with pytest.raises(CellocateError, match=r"one location in each image: \d+ of \d+ training images show several"):
        learn(phantoms, tmp_path / "several", *settings)
    assert not (tmp_path / "several").exists()


def test_a_backbone_is_frozen_and_then_learns(run: Path, phantoms: Path, tmp_path: Path) -> None:
    settings = (f"network.init_from={run}/model", "network.frozen=2", "training.epochs=3", "training.save_last=3")
    settings = (*settings, "optimiser.layer_rates=[0.1, 1]", "training.patience=null")
    learn(phantoms, tmp_path / "out", *settings)
    started = weights(run / "checkpoints" / "best.ckpt")
    one, two, three = (weights(path) for path in sorted((tmp_path / "out" / "checkpoints").glob("step-*.ckpt")))
    assert same(started, one, "network.backbone")
    assert same(one, two, "network.backbone")
    assert not same(one, two, "network.head")
    assert not same(two, three, "network.backbone.net.conv1.0.weight")
    assert not same(two, three, "network.backbone.net.bn1.running_mean")


@pytest.mark.parametrize("average", ["none", "ema", "last"])
def test_a_frozen_backbone_stays(run: Path, phantoms: Path, tmp_path: Path, average: str) -> None:
    """Its running statistics too, even where those of an average are measured again."""
    settings = (
        f"network.init_from={run}/model",
        "network.frozen=always",
        f"training.average={average}",
        "training.save_last=2",
    )
    model = learn(phantoms, tmp_path / "out", *settings, "network.head=concat")
    assert same(cellocate.load(run / "model").network.state_dict(), model.network.state_dict(), "backbone")


def test_a_loss_that_is_no_number_stops_with_step_fields_and_state(phantoms: Path, tmp_path: Path) -> None:
    huge = ("optimiser.learning_rate=1e30", "training.batch_size=4")
    with pytest.raises(CellocateError, match=r"became nan in epoch 1, at step 3, on the fields (\S+, ){3}") as caught:
        learn(phantoms, tmp_path / "run", *huge)
    assert "\n" not in str(caught.value)
    assert set(re.findall(r"phantom-1-\d{6}", str(caught.value))) <= set(pd.read_csv(tmp_path / "run/split.csv")["id"])
    state = torch.load(tmp_path / "run" / "failed.ckpt", weights_only=True)
    assert state["global_step"] == 2


def test_a_validation_loss_that_is_no_number_stops_with_the_state_too(phantoms: Path, tmp_path: Path) -> None:
    with pytest.raises(CellocateError, match=r"in epoch 2, after step 2, on the validation fields \(state in "):
        learn(
            phantoms, tmp_path / "run", *ONE, "optimiser.learning_rate=1e30", "training.epochs=3", "schedule.warmup=.5"
        )
    assert (tmp_path / "run" / "failed.ckpt").is_file()


def test_what_failed_can_be_resumed_from_before(
    phantoms: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(lambda: learn(phantoms, tmp_path / "run", "training.batch_size=9"), monkeypatch, 4)
    assert learn(phantoms, tmp_path / "run", resume=True)
