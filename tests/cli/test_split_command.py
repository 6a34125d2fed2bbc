"""`cellocate split`, and what `train` and `evaluate` do with its files."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

SHORT = ["--set", "training.epochs=1", "--set", "network.backbone=test_resnet", "--set", "data.size=64"]


@pytest.fixture
def grouped(phantoms: Path) -> Path:
    """The phantoms, two of each antibody, in four cell lines."""
    table = pd.read_csv(phantoms / "train.csv", dtype=str)
    table["antibody"] = [f"HPA{i // 2}" for i in range(len(table))]
    table["cell_line"] = ["U-2 OS", "HeLa", "A-431", "MCF7"] * (len(table) // 4)
    table.to_csv(phantoms / "train.csv", index=False)
    return phantoms


@pytest.mark.parametrize("method", ["stratified", "random", "sequential"])
def test_a_split_is_written_with_how_it_was_made(cellocate, grouped: Path, tmp_path: Path, method: str) -> None:
    out = tmp_path / "split.csv"
    options = [
        "--method",
        method,
        "--validation",
        0.2,
        "--test",
        0.1,
        "--seed",
        4,
        "--min-per-location",
        0,
        "--out",
        out,
    ]
    result = cellocate("split", grouped, *options)
    assert result.code == 0, result.err
    assert result.out.splitlines()[-1] == f"40 fields in 20 groups, in {out}"
    table = pd.read_csv(out)
    assert table["part"].value_counts().to_dict() == {"train": 28, "validation": 8, "test": 4}
    assert table.groupby("group")["part"].nunique().max() == 1
    made = json.loads((tmp_path / "split.json").read_text())
    assert (made["method"], made["seed"], made["test"], made["fields"]) == (method, 4, 0.1, 40)
    assert cellocate("split", grouped, *options).code == 1  # the file exists
    before = out.read_bytes()
    assert cellocate("split", grouped, *options, "--overwrite").code == 0
    assert out.read_bytes() == before


def test_copies_are_kept_together(cellocate, grouped: Path, tmp_path: Path) -> None:
    for colour in ("red", "green", "blue", "yellow"):
        original = grouped / "train" / f"phantom-1-000001_{colour}.png"
        (grouped / "train" / f"phantom-1-000022_{colour}.png").write_bytes(original.read_bytes())
    out = tmp_path / "split.csv"
    result = cellocate("split", grouped, "--by", "antibody", "--by", "duplicates", "--out", out)
    assert result.code == 0, result.err
    table = pd.read_csv(out, index_col="id")
    assert table["group"]["phantom-1-000001"] == table["group"]["phantom-1-000022"]
    table["part"] = "train"
    table.loc["phantom-1-000022", "part"] = "test"
    table.to_csv(out)
    refused = cellocate("train", grouped, "--split", out, "--out", tmp_path / "run", *SHORT)
    assert (refused.code, refused.err.count("\n")) == (1, 1)
    assert "the split leaks: 1 images with identical pixels" in refused.err
    assert not (tmp_path / "run").exists()


def test_a_fold_is_trained_on_and_measured(cellocate, grouped: Path, tmp_path: Path) -> None:
    out, run = tmp_path / "folds.csv", tmp_path / "run"
    assert cellocate("split", grouped, "--folds", 4, "--test", 0, "--out", out).code == 0
    unchosen = cellocate("train", grouped, "--split", out, "--out", run, *SHORT)
    assert unchosen.code == 1
    assert "4 folds, and none was chosen" in unchosen.err
    trained = cellocate("train", grouped, "--split", out, "--fold", "1", "--out", run, *SHORT)
    assert trained.code == 0, trained.err
    fold = pd.read_csv(out, dtype=str, index_col="id")["fold"]
    parts = pd.read_csv(run / "split.csv", index_col="id")["part"]
    assert set(parts.index[parts == "validation"]) == set(fold.index[fold == "1"])
    assert set(parts) == {"train", "validation"}

    table = pd.read_csv(grouped / "train.csv", dtype=str)
    train = parts.index[parts == "train"][0]
    antibody = table.set_index("Id")["antibody"][train].removeprefix("HPA")
    for path in (grouped / "train").glob(f"{train}_*"):
        path.rename(path.with_name(path.name.replace(train, "other")))
    table.replace(train, "other").to_csv(grouped / "train.csv", index=False)
    measured = cellocate("evaluate", run / "model", grouped, "--out", tmp_path / "scores")
    assert measured.code == 0, measured.err
    assert f"1 of 40 fields are of groups that the model was trained on, such as other ({antibody})" in measured.err


def test_a_cell_line_is_left_out(cellocate, grouped: Path, tmp_path: Path) -> None:
    out = tmp_path / "lines.csv"
    result = cellocate("split", grouped, "--method", "leave-one-out", "--out", out)
    assert result.code == 0, result.err
    assert "fold U-2 OS: 10 fields" in result.out
    assert "fold HeLa: " in result.err  # its antibodies are in U-2 OS too
    trained = cellocate("train", grouped, "--split", out, "--fold", "HeLa", "--out", tmp_path / "run", *SHORT)
    assert trained.code == 0, trained.err
    assert "scores on held-out fields may be too good" in trained.out
    parts = pd.read_csv(tmp_path / "run" / "split.csv", index_col="id")["part"]
    assert (parts == "test").sum() == 10


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (["--by", "batch"], "no column 'batch' to group by"),
        (["--folds", "30"], "too few to split into 30 folds"),
        (["--folds", "5", "--by", "cell_line"], "hold out one group at a time with --method leave-one-out --by COLUMN"),
        (["--validation", "0.6", "--test", "0.6"], "nothing is left for the train part (validation 0.6 and test 0.6)"),
        (["--folds", "3", "--test", "1"], "nothing is left for the train part (test 1)"),
        (["--method", "leave-one-out", "--by", "nothing"], "no column 'nothing'"),
    ],
)
def test_what_cannot_be_split_is_refused_in_one_line(cellocate, grouped: Path, tmp_path: Path, options, fault) -> None:
    result = cellocate("split", grouped, *options, "--out", tmp_path / "s.csv")
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert fault in result.err
    assert not (tmp_path / "s.csv").exists()
    assert cellocate("split", grouped, "--out", grouped / "train.csv", "--overwrite").code == 1


def test_faulty_rows_are_refused_or_left_out(cellocate, grouped: Path, tmp_path: Path) -> None:
    (grouped / "train.csv").write_text((grouped / "train.csv").read_text() + "phantom-1-000003,1,x,y\n")
    assert cellocate("split", grouped, "--out", tmp_path / "s.csv").code == 1
    result = cellocate("split", grouped, "--skip-bad", "--out", tmp_path / "s.csv")
    assert result.code == 0
    assert "left out 1 faulty field: phantom-1-000003" in result.err
    assert len(pd.read_csv(tmp_path / "s.csv")) == 39


def test_a_fold_needs_a_split(cellocate, grouped: Path, tmp_path: Path) -> None:
    result = cellocate("train", grouped, "--fold", "1", "--out", tmp_path / "run")
    assert (result.code, result.err.count("\n")) == (1, 1)
