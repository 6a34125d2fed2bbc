"""The fields and scale of a run, and what it refuses before it starts."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import torch
from small_runs import history, learn, small

from cellocate.collection import open_collection, pack
from cellocate.errors import CellocateError
from cellocate.prediction import predict_collection
from cellocate.training.classifier import FieldClassifier
from cellocate.training.prepare import Options, prepare
from cellocate.training.run_folder import RunFolder


def _parts(phantoms: Path, path: Path, train: int, validation: int) -> Path:
    """A split of the fields that show something: the first ones to train on, the next ones to validate."""
    collection = open_collection(phantoms)
    ids = [
        field for field, shown in zip(collection.ids, collection.labelled().truth().any(axis=1), strict=True) if shown
    ]
    parts = ["train"] * train + ["validation"] * validation + ["test"] * (len(ids) - train - validation)
    pd.DataFrame({"id": ids, "part": parts}).to_csv(path, index=False)
    return path


def _seen(monkeypatch: pytest.MonkeyPatch) -> list[torch.Size]:
    """The shapes of the training batches, as they are read."""
    shapes: list[torch.Size] = []
    whole = FieldClassifier.loss_of

    def watched(self: FieldClassifier, batch: tuple[torch.Tensor, ...]) -> torch.Tensor:
        shapes.append(batch[0].shape)
        return whole(self, batch)

    monkeypatch.setattr(FieldClassifier, "loss_of", watched)
    return shapes


@pytest.mark.parametrize("stored", [False, True])
def test_crops_are_cut_out_of_larger_fields(
    phantoms: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stored: bool
) -> None:
    collection = open_collection(phantoms)
    if stored:
        collection = pack(collection, tmp_path / "store", sizes=(32,), workers=1)
    shapes = _seen(monkeypatch)
    model = learn(collection, tmp_path / "run", "augmentation.crop=0.5", "training.epochs=1")
    assert {tuple(shape[1:]) for shape in shapes} == {(4, 64, 64)}
    assert (model.card.size, model.card.pixel_size) == (32, pytest.approx(163.84 / 32))
    assert predict_collection(model, collection.subset(collection.ids[:2])).probabilities.shape == (2, 28)


@pytest.mark.parametrize(
    ("settings", "shown"),
    [
        ((), 28 // 9 * 9),
        (("sampling.batches=5",), 45),
        (("sampling.name=class_aware", "sampling.batches=2"), 18),
        (("sampling.name=square_root",), 27),
        (("sampling.name=oversample", "sampling.min_per_location=28"), None),
        (("sampling.max_per_location=1",), None),
    ],
)
def test_an_epoch_shows_what_sampling_says(
    phantoms: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: tuple[str, ...], shown: int | None
) -> None:
    shapes = _seen(monkeypatch)
    learn(phantoms, tmp_path / "run", *settings, "training.batch_size=9", "training.patience=null")
    count = sum(shape[0] for shape in shapes) / 2  # epochs
    assert count == shown if shown else (count > 100 if "min_" in settings[-1] else 1 <= count < 27)
    assert history(tmp_path / "run")["epoch"].tolist() == [1, 2]


@pytest.mark.parametrize("count", [1, 5])
def test_fewer_fields_than_a_batch_are_one_batch(phantoms: Path, tmp_path: Path, count: int) -> None:
    split = _parts(phantoms, tmp_path / "split.csv", count, 5)
    mixed = ("augmentation.mixup=0.4", "sampling.smote=true", "training.average=ema", "data.size=64")
    model = learn(phantoms, tmp_path / "run", *mixed, split=split)
    assert len(model.card.fields["train"]) == count


def test_a_single_field_is_too_few_for_norms_over_a_batch(phantoms: Path, tmp_path: Path) -> None:
    split = _parts(phantoms, tmp_path / "split.csv", 1, 5)
    with pytest.raises(CellocateError, match=r"needs more than one field per batch.*training\.batch_size to 2"):
        learn(phantoms, tmp_path / "run", "network.head=concat", split=split)


def test_specialists_share_the_split_of_the_whole(phantoms: Path, tmp_path: Path) -> None:
    parts = {}
    for name, locations in (("all", "null"), ("nucleus", "['group:Nucleus']"), ("some", "[Cytosol, Nucleoplasm]")):
        recipe = small(f"data.locations={locations}")
        sets = prepare(open_collection(phantoms), recipe, RunFolder(tmp_path / name), Options(say=lambda _: None)).sets
        parts[name] = {part: s.ids for part, s in sets.items()}
        assert sets["train"].vocabulary is not None
    assert parts["all"] == parts["nucleus"] == parts["some"]
    assert sets["train"].vocabulary.names == ("Nucleoplasm", "Cytosol")


@pytest.mark.parametrize(
    ("locations", "fault"),
    [
        ("[Cytosool]", "unknown location 'Cytosool'.*Did you mean"),
        ("['group:Nucleos']", "recipe, data.locations.*Did you mean 'group:Nucleus'"),
        ("[Endosomes]", "no training field shows any location"),
    ],
)
def test_specialists_for_nothing_are_refused(phantoms: Path, tmp_path: Path, locations: str, fault: str) -> None:
    with pytest.raises(CellocateError, match=fault):
        learn(phantoms, tmp_path / "run", f"data.locations={locations}")
    assert not (tmp_path / "run").exists()


def test_no_epoch_is_chosen_where_all_look_the_same(phantoms: Path, tmp_path: Path) -> None:
    """Average precision is not defined there: Lightning would stop after an epoch and say nothing."""
    specialist = ("data.locations=[Nuclear membrane]", "training.epochs=3", "training.patience=null")
    with pytest.raises(CellocateError, match=r"no validation field shows any location.*training\.monitor"):
        learn(phantoms, tmp_path / "run", *specialist)
    assert not (tmp_path / "run").exists()
    learn(phantoms, tmp_path / "run", *specialist, "training.monitor=validation_loss")
    assert len(history(tmp_path / "run")) == 3


def test_locations_without_fields_are_reported_once(
    phantoms: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from small_runs import interrupted

    messages: list[str] = []
    settings = ("training.batch_size=9", "training.retrain=true")
    interrupted(lambda: learn(phantoms, tmp_path / "run", *settings, say=messages.append), monkeypatch, 4)
    learn(phantoms, tmp_path / "run", resume=True, say=messages.append)
    notes = [line for line in messages if "no training image shows" in line]
    assert len(notes) == 1
    assert "Peroxisomes" in notes[0]


def test_other_processes_say_nothing(phantoms: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cellocate.training import fit

    messages: list[str] = []
    monkeypatch.setattr(fit, "is_first_process", lambda: False)
    recipe = small("training.epochs=1")
    fit.train(open_collection(phantoms), recipe, tmp_path / "run", Options(say=messages.append))
    assert messages == []
