"""`cellocate combine`, and what the other commands do with specialists and with several networks in one model."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

SHORT = ["training.epochs=1", "network.backbone=test_resnet", "data.size=32"]


@pytest.fixture
def specialists(cellocate, phantoms: Path, tmp_path: Path) -> tuple[Path, Path]:
    for name, locations in (("nucleus", "['group:Nucleus', 'group:Nucleoli']"), ("cytosol", "[Cytosol]")):
        settings = [f"--set={s}" for s in (*SHORT, f"data.locations={locations}", f"name={name}")]
        result = cellocate("train", phantoms, "--out", tmp_path / name, *settings)
        assert result.code == 0, result.err
    return tmp_path / "nucleus" / "model", tmp_path / "cytosol" / "model"


def test_specialists_become_a_model_like_any_other(
    cellocate, phantoms: Path, specialists: tuple[Path, Path], tmp_path: Path
) -> None:
    both = tmp_path / "both"
    result = cellocate("combine", *specialists, "--data", phantoms, "--out", both, "--by", "best_per_location")
    assert result.code == 0, result.err
    assert f"model of 2 networks in {both / 'model'}" in result.out
    table = pd.read_csv(both / "members.csv")
    assert list(table) == ["location", "support", "nucleus 1", "cytosol 2", "best"]
    assert table.set_index("location")["best"]["Cytosol"] == "cytosol 2"

    for part in ("validation", "test"):
        measured = cellocate("evaluate", both / "model", phantoms, "--out", tmp_path / part, "--part", part)
        assert measured.code == 0, measured.err
    metrics = json.loads((tmp_path / "test" / "metrics.json").read_text())
    assert [row["name"] for row in metrics["per_class"]] == table["location"].tolist()

    assert cellocate("predict", both / "model", phantoms, "--out", tmp_path / "table.csv").code == 0
    assert set(table["location"]) <= set(pd.read_csv(tmp_path / "table.csv"))
    assert cellocate("combine", *specialists, "--data", phantoms, "--out", both).code == 1  # it exists


def test_a_specialist_is_measured_on_its_own_locations(
    cellocate, phantoms: Path, specialists: tuple[Path, Path], tmp_path: Path
) -> None:
    result = cellocate("evaluate", specialists[1], phantoms, "--out", tmp_path / "out", "--part", "test")
    assert result.code == 0, result.err
    metrics = json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert (metrics["n"], [row["name"] for row in metrics["per_class"]]) == (6, ["Cytosol"])


def test_a_submission_needs_all_locations_of_the_challenge(
    cellocate, run: Path, phantoms: Path, specialists: tuple[Path, Path], tmp_path: Path
) -> None:
    asked = ("--format", "kaggle2018", "--out", tmp_path / "submission.csv")
    refused = cellocate("predict", specialists[1], phantoms, *asked)
    assert (refused.code, len(refused.err.splitlines())) == (1, 1), refused.err
    assert not (tmp_path / "submission.csv").exists()


def test_an_ensemble_makes_a_submission(cellocate, run: Path, phantoms: Path, tmp_path: Path) -> None:
    result = cellocate("combine", run / "model", run / "model", "--data", phantoms, "--out", tmp_path / "twice")
    assert result.code == 0, result.err
    asked = ("--format", "kaggle2018", "--out", tmp_path / "submission.csv")
    assert cellocate("predict", tmp_path / "twice" / "model", phantoms, *asked).code == 0
    assert len(pd.read_csv(tmp_path / "submission.csv")) == 40


def test_models_that_do_not_fit_are_told_in_one_line(
    cellocate, run: Path, phantoms: Path, specialists: tuple[Path, Path], tmp_path: Path
) -> None:
    result = cellocate("combine", run / "model", specialists[0], "--data", phantoms, "--out", tmp_path / "no")
    assert (result.code, len(result.err.splitlines())) == (1, 1)
    assert "differ in size: 64 and 32" in result.err
    assert not (tmp_path / "no").exists()
