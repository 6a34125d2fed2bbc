from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from small_runs import history, interrupted, learn

from cellocate.errors import CellocateError
from cellocate.training.learning_rate import read_rate_curve

FIND = ("optimiser.learning_rate=find", "training.batch_size=4", "schedule.name=constant", "schedule.warmup=0")


def _suggested(run: Path) -> float:
    table = pd.read_csv(run / "learning_rate.csv")
    return float(table["rate"][table["suggested"] == 1].item())


def test_a_fraction_of_the_rate_that_is_found_is_used(phantoms: Path, tmp_path: Path) -> None:
    learn(phantoms, tmp_path / "run", *FIND, "optimiser.fraction=0.5", "training.epochs=1")
    table = pd.read_csv(tmp_path / "run" / "learning_rate.csv")
    assert list(table) == ["rate", "loss", "smoothed", "suggested"]
    assert history(tmp_path / "run")["learning_rate"].item() == pytest.approx(_suggested(tmp_path / "run") / 2)


def test_a_resumed_run_takes_the_rate_that_it_found(
    phantoms: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    interrupted(lambda: learn(phantoms, out, *FIND, "training.epochs=1"), monkeypatch, 3)
    before = _suggested(out)
    table = pd.read_csv(out / "learning_rate.csv")
    table["loss"] = [1.0] * 5 + [0.0] * (len(table) - 5)  # so that another rate follows from it
    table.to_csv(out / "learning_rate.csv", index=False)
    expected = read_rate_curve(out / "learning_rate.csv").suggestion
    assert expected < before / 2
    learn(phantoms, out, resume=True)
    assert history(out)["learning_rate"].item() == pytest.approx(expected)


def test_several_processes_find_no_rate_and_nothing_is_touched(phantoms: Path, tmp_path: Path) -> None:
    flags = {"accelerator": "cpu", "devices": 2, "strategy": "ddp"}
    (tmp_path / "run").mkdir()
    with pytest.raises(CellocateError, match=r"a single process only.*--set optimiser\.learning_rate"):
        learn(phantoms, tmp_path / "run", *FIND, trainer=flags)
    assert list((tmp_path / "run").iterdir()) == []
