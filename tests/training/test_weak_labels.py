"""Learning single cells from the labels of their fields."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from small_runs import history, interrupted, learn, same, small, weights

from cellocate import load
from cellocate.collection import at_edge, bags_of, open_collection
from cellocate.decision import read_probabilities
from cellocate.errors import CellocateError
from cellocate.images import Scale
from cellocate.prediction import predict_bags, predict_collection
from cellocate.registry import CELL_POOLS
from cellocate.training.bag_training import BagDataset
from cellocate.training.datasets import training_loader
from cellocate.vocabulary import get_vocabulary

MEAN = ("bags.pool=mean", "bags.cells=3", "training.batch_size=8")
POOLS = {"mean": "0", "max": "0", "attention": "0", "duo": "0.1"}


def _dataset(cells: Path, *settings: str) -> BagDataset:
    return BagDataset(bags_of(open_collection(cells)), small(*MEAN, *settings), Scale(32, None))


def test_an_epoch_draws_new_cells_of_each_field(cells: Path) -> None:
    data = _dataset(cells)
    bags = bags_of(open_collection(cells))
    place = max(range(len(data)), key=lambda i: len(bags.members[bags.fields.ids[i]]))
    first, again, later = (data[place + epoch * len(data)] for epoch in (0, 0, 1))
    assert len(first.images) == 3 < len(bags.members[bags.fields.ids[place]])
    assert torch.equal(first.images, again.images)
    assert not torch.equal(first.images, later.images)
    known = [data.images[data.images.ids.index(cell)][0] for cell in bags.members[bags.fields.ids[place]]]
    assert all(any(torch.equal(image, own) for own in known) for image in first.images)
    assert torch.equal(first.truth[0], data.truth[place])


def test_a_batch_has_the_cells_of_its_fields_in_turn(cells: Path) -> None:
    data = _dataset(cells, "bags.edge=0.5")
    batch = next(iter(training_loader(data, small(*MEAN), first_epoch=2)))
    assert batch.sizes.tolist() == [len(data[int(i)].images) for i in batch.places]
    assert len(batch.images) == len(batch.weights) == int(batch.sizes.sum())
    torch.testing.assert_close(batch.truth, data.truth[batch.places])
    own = [data[int(i) + 2 * len(data)].images for i in batch.places]  # of the epoch that is shown
    assert torch.equal(batch.images, torch.cat(own))


def test_cells_at_the_edge_weigh_less(cells: Path) -> None:
    data, bags = _dataset(cells, "bags.edge=0.5", "bags.cells=99"), bags_of(open_collection(cells))
    edge = dict(zip(bags.cells.ids, at_edge(bags.cells), strict=True))
    assert 0 < sum(edge.values()) < len(edge)
    for place, field in enumerate(bags.fields.ids):
        assert data[place].weights.tolist() == [0.5 if edge[cell] else 1 for cell in bags.members[field]]


@pytest.mark.parametrize("pool", CELL_POOLS.own)
def test_every_pool_trains_predicts_and_is_loaded(cells: Path, tmp_path: Path, pool: str) -> None:
    model = learn(cells, tmp_path / "run", *MEAN, f"bags.pool={pool}", f"bags.cell_loss={POOLS[pool]}")
    loaded = load(tmp_path / "run" / "model", device="cpu")
    bags = bags_of(open_collection(cells))
    assert loaded.card.bag is not None
    assert loaded.card.bag.pool == pool
    assert set(loaded.card.fields["train"]) < set(bags.fields.ids)
    fields, of_cells = (found.probabilities for found in predict_bags(loaded, bags, batch_size=5))
    assert fields.shape == (len(bags.fields), 28)
    np.testing.assert_allclose(predict_bags(model, bags)[0].probabilities, fields, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(predict_collection(loaded, bags.cells).probabilities, of_cells, rtol=1e-3, atol=1e-5)
    crop, size = bags.cells.read(bags.cells.ids[0], loaded.card.channels)
    np.testing.assert_allclose(loaded.predict(crop, pixel_size=size).probabilities[0], of_cells[0], rtol=1e-3)
    if pool == "max":
        members = [bags.cells.ids.index(cell) for cell in bags.members[bags.fields.ids[4]]]
        np.testing.assert_allclose(fields[4], of_cells[members].max(axis=0), rtol=1e-3)


def test_the_loss_of_cells_is_added_by_its_weight(cells: Path, tmp_path: Path) -> None:
    one = (*MEAN, "training.epochs=1", "optimiser.learning_rate=1e-30", "optimiser.weight_decay=0", "bags.cells=99")
    losses = []
    for extra in ((), ("bags.cell_loss=1",), ("bags.cell_loss=1", "bags.edge=0.01")):
        learn(cells, tmp_path / "run", *one, *extra, overwrite=True)
        losses.append(history(tmp_path / "run")["train_loss"].item())
    assert losses[1] == pytest.approx(2 * losses[0], rel=0.05)  # nothing is learnt: each costs about log 2
    assert losses[2] != pytest.approx(losses[1], rel=1e-6)


def test_an_interrupted_run_of_bags_goes_on_as_if_it_had_not_been(
    cells: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = (*MEAN, "training.epochs=3")
    learn(cells, tmp_path / "whole", *settings)
    interrupted(lambda: learn(cells, tmp_path / "cut", *settings), monkeypatch, batches=5)
    learn(cells, tmp_path / "cut", *settings, resume=True)
    whole, cut = (weights(tmp_path / name / "checkpoints" / "last.ckpt") for name in ("whole", "cut"))
    assert same(whole, cut)
    assert history(tmp_path / "whole").equals(history(tmp_path / "cut"))


def test_what_has_no_cells_is_refused_before_the_folder_is_touched(phantoms: Path, tmp_path: Path) -> None:
    with pytest.raises(CellocateError, match=r"no columns field and cell"):
        learn(phantoms, tmp_path / "run", *MEAN)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (("bags.pool=duo",), "set bags.cell_loss"),
        (("bags.edge=0.5",), "set bags.pool"),
        (("bags.pool=max", "augmentation.mixup=0.2"), "augmentation.mixup from each"),
        (
            ("bags.pool=max", "loss.terms=cross_entropy", "decision.rule=argmax"),
            "cross_entropy in loss.terms from each",
        ),
        (("bags.pool=max", "sampling.smote=true"), "sampling.smote from each"),
        (("bags.pool=median",), "'median'"),
    ],
)
def test_settings_that_contradict_bags_are_refused(settings: tuple[str, ...], message: str) -> None:
    with pytest.raises(CellocateError, match=message):
        small(*settings)


def test_a_model_of_single_images_makes_no_fields_of_cells(run: Path, cells: Path) -> None:
    model = load(run / "model", device="cpu")
    with pytest.raises(CellocateError, match=r"has no pool over cells.*bags\.pool"):
        predict_bags(model, bags_of(open_collection(cells)))


def test_the_commands_measure_and_predict_fields_by_their_cells(cellocate, cells: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    learn(cells, tmp_path / "run", *MEAN, "training.epochs=1")
    model = tmp_path / "run" / "model"
    measured = cellocate("evaluate", model, cells, "--part", "test", "--out", tmp_path / "scores")
    assert measured.code == 0, measured.err
    fields = load(model, device="cpu").card.fields["test"]
    assert f"{len(fields)} fields: macro F1" in measured.out
    whole = ("predict", model, cells, "--whole-fields", "--part", "test", "--out", tmp_path / "fields.csv")
    assert f"{len(fields)} fields in" in cellocate(*whole).out
    assert read_probabilities(tmp_path / "fields.csv", get_vocabulary("hpa28"))[0] == list(fields)
    scored = pd.read_csv(tmp_path / "scores" / "predictions.csv", index_col="Id")["Nucleoplasm"]
    in_table = pd.read_csv(tmp_path / "fields.csv", index_col="Id")["Nucleoplasm"]
    np.testing.assert_allclose(scored[in_table.index], in_table, atol=2e-4)


def test_a_model_of_cells_is_not_asked_about_fields(cellocate, cells: Path, phantoms: Path, tmp_path: Path) -> None:
    learn(cells, tmp_path / "run", *MEAN, "training.epochs=1")
    result = cellocate("predict", tmp_path / "run" / "model", phantoms, "--out", tmp_path / "p.csv")
    assert (result.code, result.out) == (1, "")
    assert "Give the single cells that 'cellocate cells' made" in result.err
    assert not (tmp_path / "p.csv").exists()
    result = cellocate("evaluate", tmp_path / "run" / "model", cells, "--maps", "--out", tmp_path / "scores")
    assert (result.code, result.out, len(result.err.splitlines())) == (1, "", 1)
    assert "maps of a model that pools the cells of a field" in result.err
    assert not (tmp_path / "scores").exists()
