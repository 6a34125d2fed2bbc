from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest
from small_runs import interrupted, small

import cellocate
from cellocate.collection import make_split, open_collection, save_split
from cellocate.errors import CellocateError
from cellocate.files import mark
from cellocate.networks import Ensemble, Model
from cellocate.training.folds import of_folds, train_folds
from cellocate.training.prepare import Options
from cellocate.training.run_folder import RunFolder


@pytest.fixture
def folds(phantoms: Path, tmp_path: Path) -> Path:
    """34 fields in three folds, and six for the test."""
    collection = open_collection(phantoms)
    split = make_split(collection, method="stratified", validation=0.15, test=0.15, seed=0, min_per_location=0, folds=3)
    save_split(tmp_path / "folds.csv", split)
    return tmp_path / "folds.csv"


def _train(phantoms: Path, out: Path, folds: Path | None, *settings: str, **options: object) -> Model:
    chosen = Options(**{"split": folds, "say": lambda _: None, **options})  # type: ignore[arg-type]
    model = train_folds(open_collection(phantoms), small("training.epochs=1", *settings), out, chosen)
    assert model is not None
    return model


def test_one_model_of_all_folds_whose_rule_is_of_fields_that_members_had_not_seen(
    phantoms: Path, folds: Path, tmp_path: Path
) -> None:
    _train(phantoms, tmp_path / "run", folds)
    model = cellocate.load(tmp_path / "run" / "model")
    assert isinstance(model.network, Ensemble)
    assert [len(model.card.fields[part]) for part in ("train", "validation", "test")] == [34, 0, 6]
    assert (model.card.rule.kind, model.card.scores["validation"]["n"]) == ("expected_f1", 34)
    held = [set(cellocate.load(tmp_path / "run" / f"fold-{i}" / "model").card.fields["validation"]) for i in range(3)]
    assert sum(len(h) for h in held) == len(set.union(*held)) == 34
    assert len(pd.read_csv(tmp_path / "run" / "members.csv")) == 28


@pytest.mark.parametrize("batches", [0, 2])
def test_interrupted_folds_are_taken_up(
    phantoms: Path, folds: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batches: int
) -> None:
    """Each fold has one batch: the first or the third is torn, and what was written of it, too."""
    whole, torn = tmp_path / "whole", tmp_path / "torn"
    expected = _train(phantoms, whole, folds)
    interrupted(lambda: _train(phantoms, torn, folds), monkeypatch, batches)
    RunFolder(torn / f"fold-{batches}").split.unlink()  # killed between two files
    done = {i: (torn / f"fold-{i}" / "history.csv").read_bytes() for i in range(batches)}
    resumed = _train(phantoms, torn, None, resume=True)
    assert resumed.card.weights == expected.card.weights
    assert resumed.card.rule == expected.card.rule
    assert {i: (torn / f"fold-{i}" / "history.csv").read_bytes() for i in done} == done
    with pytest.raises(CellocateError, match="already finished"):
        _train(phantoms, torn, None, resume=True)


def test_folds_that_are_all_trained_on_leave_nothing_for_the_rule(phantoms: Path, folds: Path, tmp_path: Path) -> None:
    with pytest.raises(CellocateError, match=r"training\.retrain would leave no fold"):
        _train(phantoms, tmp_path / "run", folds, "training.retrain=true")
    assert not (tmp_path / "run").exists()


def test_a_recipe_that_is_refused_leaves_the_folder_as_it_was(phantoms: Path, folds: Path, tmp_path: Path) -> None:
    old = tmp_path / "run" / "fold-0" / "model" / "model.json"
    old.parent.mkdir(parents=True)
    mark(tmp_path / "run")
    mark(tmp_path / "run" / "fold-0")
    for path in (old, tmp_path / "run" / "recipe.yaml", tmp_path / "run" / "fold-0" / "recipe.yaml"):
        path.write_text("old")
    for folder in (tmp_path / "run", tmp_path / "run" / "fold-0", old.parent):
        mark(folder)
    for out in ("run", "new"):
        with pytest.raises(CellocateError, match="unknown backbone"):
            _train(phantoms, tmp_path / out, folds, "network.backbone=resnet99", overwrite=True)
    assert old.read_text() == "old"
    assert not (tmp_path / "new").exists()


def test_earlier_folds_are_replaced_and_no_part_of_what_is_new(phantoms: Path, folds: Path, tmp_path: Path) -> None:
    """Whatever form the split has."""
    table = pd.read_csv(folds, dtype=str, keep_default_na=False)
    table.to_csv(tmp_path / "packed.csv.gz", index=False, quoting=csv.QUOTE_ALL)
    old = tmp_path / "run" / "fold-0" / "model"
    old.mkdir(parents=True)
    mark(tmp_path / "run")
    for path in (tmp_path / "run" / "recipe.yaml", old.parent / "recipe.yaml", old.parent / "split.csv"):
        path.write_text("old")
    for folder in (tmp_path / "run", old.parent, old):
        mark(folder)
    _train(phantoms, tmp_path / "run", tmp_path / "packed.csv.gz", overwrite=True)
    assert cellocate.load(old).card.scores
    assert of_folds(tmp_path / "run")
    kept = pd.read_csv(tmp_path / "run" / "split.csv", dtype=str, keep_default_na=False)
    pd.testing.assert_frame_equal(kept, table)


def test_runs_of_folds_are_known_by_their_split(tmp_path: Path) -> None:
    assert not of_folds(tmp_path)
    (tmp_path / "split.csv").write_text('"id","part","fold"\n"a","train","0"\n')
    assert of_folds(tmp_path)
    (tmp_path / "split.csv").write_text("id,part\na,train\n")
    assert not of_folds(tmp_path)


def test_a_split_without_folds_is_refused(phantoms: Path, run: Path, tmp_path: Path) -> None:
    with pytest.raises(CellocateError, match="no folds"):
        _train(phantoms, tmp_path / "out", run / "split.csv")
    with pytest.raises(CellocateError, match="--split"):
        _train(phantoms, tmp_path / "out", None)
    assert not (tmp_path / "out").exists()
