from __future__ import annotations

from pathlib import Path

import pandas as pd

from cellocate.networks import load

SHORT = ["--set", "training.epochs=1", "--set", "network.backbone=test_resnet", "--set", "data.size=64"]


def test_folds_become_one_model_and_combine_again(cellocate, phantoms: Path, tmp_path: Path) -> None:
    folds, run = tmp_path / "folds.csv", tmp_path / "run"
    assert cellocate("split", phantoms, "--folds", 2, "--out", folds).code == 0
    trained = cellocate("train", phantoms, "--split", folds, "--fold", "all", "--out", run, *SHORT)
    assert trained.code == 0, trained.err
    assert "fold 1 of 2" in trained.out
    for name in ("0", "1"):
        assert (run / f"fold-{name}" / "learning_curves.png").is_file()
        assert (run / f"fold-{name}" / "f1_curves.png").is_file()
    assert load(run / "model").card.members
    members = [run / f"fold-{name}" / "model" for name in ("0", "1")]
    both = cellocate("combine", *members, "--data", phantoms, "--out", tmp_path / "both")
    assert both.code == 0, both.err
    for table in ("members.csv", "f1_curves.csv"):
        pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "both" / table), pd.read_csv(run / table))
        assert (tmp_path / "both" / "f1_curves.png").is_file()
    scored = cellocate("evaluate", run / "model", phantoms, "--part", "test", "--out", tmp_path / "scores")
    assert scored.code == 0, scored.err


def test_all_folds_need_a_split_with_folds(cellocate, phantoms: Path, tmp_path: Path) -> None:
    assert cellocate("split", phantoms, "--out", tmp_path / "split.csv").code == 0
    request = ("train", phantoms, "--split", tmp_path / "split.csv", "--fold", "all", "--out", tmp_path / "run", *SHORT)
    refused = cellocate(*request)
    assert (refused.code, len(refused.err.splitlines())) == (1, 1)
    assert "fold" in refused.err
    assert not (tmp_path / "run").exists()
