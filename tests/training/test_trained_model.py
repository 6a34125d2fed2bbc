"""The weights, rule and card of a trained model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from small_runs import history, learn, of_one_location, same, weights

import cellocate
from cellocate.assessment.model_evaluation import evaluate_model
from cellocate.collection import open_collection
from cellocate.errors import CellocateError
from cellocate.training.checkpoints import last_checkpoints

NO_VALIDATION = "data.split.validation=0"


def _network(checkpoint: Path) -> dict[str, torch.Tensor]:
    return {k.removeprefix("network."): v for k, v in weights(checkpoint).items() if k.startswith("network.")}


def test_the_model_of_a_moving_average_is_the_best_checkpoints(phantoms: Path, tmp_path: Path) -> None:
    averaged = learn(phantoms, tmp_path / "run", "training.average=ema", "training.epochs=4")
    assert same(_network(tmp_path / "run/checkpoints/best.ckpt"), averaged.network.state_dict())
    plain = learn(phantoms, tmp_path / "plain", "training.epochs=4")
    assert not same(plain.network.state_dict(), averaged.network.state_dict())


def test_the_model_of_the_last_epochs_is_their_mean(phantoms: Path, tmp_path: Path) -> None:
    settings = ("training.average=last", "training.save_last=3", "training.epochs=4", "training.patience=null")
    model = learn(phantoms, tmp_path / "run", *settings)
    kept = [_network(path) for path in last_checkpoints(tmp_path / "run" / "checkpoints")]
    assert len(kept) == 3
    for name in ("head.classifier.weight", "backbone.net.conv1.0.weight"):
        mean = torch.stack([state[name] for state in kept]).mean(dim=0)
        torch.testing.assert_close(model.network.state_dict()[name], mean)
    assert model.card.provenance.epoch == 4
    assert not same(model.network.state_dict(), kept[-1], "backbone.net.bn1.running_mean")  # measured for these weights


@pytest.mark.parametrize("size", [9, 27])  # 28 fields: one is left over
def test_an_average_measures_no_batch_of_one_field(phantoms: Path, tmp_path: Path, size: int) -> None:
    settings = ("training.average=last", "training.save_last=2", "network.head=concat", f"training.batch_size={size}")
    assert learn(phantoms, tmp_path / "run", *settings)


@pytest.mark.parametrize("keep", [1, 3])
def test_so_many_of_the_last_epochs_stay(phantoms: Path, tmp_path: Path, keep: int) -> None:
    learn(phantoms, tmp_path / "run", f"training.save_last={keep}", "training.epochs=4", "training.patience=null")
    kept = last_checkpoints(tmp_path / "run" / "checkpoints")
    assert [torch.load(p, weights_only=True)["epoch"] for p in kept] == ([] if keep == 1 else [1, 2, 3])


def test_training_again_on_all_keeps_the_rule_and_tells_its_fields(phantoms: Path, tmp_path: Path) -> None:
    settings = ("training.epochs=4", "optimiser.learning_rate=0.05", "sampling.smote=true")
    once = learn(phantoms, tmp_path / "once", *settings)
    again = learn(phantoms, tmp_path / "again", *settings, "training.retrain=true")
    first, all_of_them = once.card, again.card
    assert (all_of_them.rule, all_of_them.scores) == (first.rule, first.scores)
    assert sorted(all_of_them.fields["train"]) == sorted(first.fields["train"] + first.fields["validation"])
    assert (all_of_them.fields["validation"], all_of_them.fields["test"]) == ((), first.fields["test"])
    assert all_of_them.provenance.fields == {"train": 34, "validation": 0, "test": 6}
    assert history(tmp_path / "again").equals(history(tmp_path / "once"))
    assert len(history(tmp_path / "again" / "retrained")) == first.provenance.epoch
    assert not same(once.network.state_dict(), again.network.state_dict(), "head")


def test_without_validation_nothing_is_trained_again(phantoms: Path, tmp_path: Path) -> None:
    learn(phantoms, tmp_path / "run", NO_VALIDATION, "training.retrain=true")
    assert not (tmp_path / "run" / "retrained").exists()


@pytest.mark.parametrize(
    "settings",
    [
        ("training.monitor=validation_loss", "training.patience=1"),
        ("training.monitor=validation_macro_f1", "training.average=ema"),
        ("training.average=last", "training.save_last=2", "data.split.test=0"),
    ],
)
def test_without_validation_the_last_epoch_and_a_fixed_rule_are_kept(
    phantoms: Path, tmp_path: Path, settings: tuple[str, ...]
) -> None:
    model = learn(phantoms, tmp_path / "run", NO_VALIDATION, *settings, "training.epochs=3")
    assert (model.card.provenance.epoch, model.card.rule.kind, model.card.scores) == (3, "fixed", {})
    assert "validation_loss" not in history(tmp_path / "run")


def test_without_validation_one_label_each_is_still_the_likeliest(phantoms: Path, tmp_path: Path) -> None:
    single = of_one_location(open_collection(phantoms))
    model = learn(single, tmp_path / "run", NO_VALIDATION, "loss.terms=cross_entropy", "decision.rule=argmax")
    assert model.card.rule.kind == "argmax"
    pixels, _ = single.read(single.ids[0], model.card.channels)
    assert len(model.predict(pixels).locations[0]) == 1


def test_what_no_training_field_shows_is_never_answered(phantoms: Path, tmp_path: Path) -> None:
    model = learn(phantoms, tmp_path / "run", "training.epochs=1")
    collection = open_collection(phantoms)
    shown = collection.subset(list(model.card.fields["train"])).labelled().truth().any(axis=0)
    assert 0 < shown.sum() < 28
    assert model.card.rule.never == tuple(np.flatnonzero(~shown))
    decided = model.card.rule.apply(np.ones((3, 28), np.float32))
    assert not decided[:, ~shown].any()


@pytest.mark.parametrize("head", ["linear", "concat", "flatten", "attention"])
def test_synthetic_features_change_the_classifier_alone(phantoms: Path, tmp_path: Path, head: str) -> None:
    settings = (f"network.head={head}", "training.epochs=1")
    plain = learn(phantoms, tmp_path / "plain", *settings).network.state_dict()
    lines: list[str] = []
    smote = learn(phantoms, tmp_path / "smote", *settings, "sampling.smote=true", say=lines.append).network.state_dict()
    changed = {name for name in plain if not torch.equal(plain[name], smote[name])}
    assert changed == {"head.classifier.weight", "head.classifier.bias"}
    assert any("classifier retrained" in line for line in lines)


@pytest.mark.parametrize(
    ("monitor", "best"), [("validation_loss", "idxmin"), ("validation_ece", "idxmin"), ("validation_recall", "idxmax")]
)
def test_any_figure_chooses_the_epoch(phantoms: Path, tmp_path: Path, monitor: str, best: str) -> None:
    monitor = monitor.replace("recall", "macro_recall")
    settings = (f"training.monitor={monitor}", "training.epochs=4", "optimiser.learning_rate=0.1")
    model = learn(phantoms, tmp_path / "run", *settings, "training.patience=null")
    table = history(tmp_path / "run")
    assert model.card.provenance.epoch == table["epoch"][getattr(table[monitor], best)()]


def test_a_model_that_is_started_from_must_be_there_and_fit(run: Path, phantoms: Path, tmp_path: Path) -> None:
    for settings, fault in (
        ((f"network.init_from={tmp_path / 'none'}",), "no model here"),
        ((f"network.init_from={run / 'model'}", "data.channels=[green]"), "cannot start"),
        (("network.backbone=cnn128", "network.pretrained=true", "data.size=128"), r"network\.pretrained=false"),
    ):
        with pytest.raises(CellocateError, match=fault):
            learn(phantoms, tmp_path / "out", *settings)
        assert not (tmp_path / "out").exists()


def test_a_model_that_is_started_from_is_never_replaced(run: Path, phantoms: Path) -> None:
    before = cellocate.load(run / "model").card.weights
    with pytest.raises(CellocateError, match="the folder holds"):
        learn(phantoms, run, f"network.init_from={run / 'model'}", overwrite=True)
    assert cellocate.load(run / "model").card.weights == before


def test_the_card_tells_what_the_first_weights_learnt_from(run: Path, phantoms: Path, tmp_path: Path) -> None:
    first = cellocate.load(run / "model").card
    started = learn(phantoms, tmp_path / "started", f"network.init_from={run}/model", "data.split.method=random")
    assert set(started.card.fields["start"]) == {*first.fields["train"], *first.fields["validation"]}
    again = learn(phantoms, tmp_path / "again", f"network.init_from={tmp_path}/started/model")
    assert set(again.card.fields["start"]) >= {*started.card.fields["start"], *started.card.fields["train"]}
    evaluated = evaluate_model(cellocate.load(tmp_path / "started" / "model"), open_collection(phantoms))
    overlap = f"the model started from weights trained on {len(started.card.fields['start'])} of 40 fields"
    assert any(overlap in warning for warning in evaluated.warnings)
