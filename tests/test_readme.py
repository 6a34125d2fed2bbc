"""The commands of README.md run as they stand there."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.main import get_command

from cellocate.cli.app import app

_README = Path(__file__).resolve().parents[1] / "README.md"
BLOCKS = [b.strip().splitlines() for b in re.findall(r"(?s)\n```\n(cellocate .*?)\n```", _README.read_text("utf-8"))]
COMMANDS = [shlex.split(line)[1:] for block in BLOCKS for line in block if line.startswith("cellocate ")]

NOT_RUN = {
    "download": "the atlas's server is not asked",
    "audit": "it refuses a network that has hardly been trained",
    "submission": "a submission of 2021 needs true cells; test_cells_of_2021.py has them",
}
"""Commands, by a word that stands in them, of which only the arguments are tried, and why."""

_SMALL = ("network.backbone=test_resnet", "network.pretrained=false", "data.size=64", "training.epochs=1")
SMALLER = {
    "train": [word for setting in _SMALL for word in ("--set", setting)],
    "simulate": ["--fields", "2", "--size", "64"],
    "cells": ["--masks", "my_images/truth", "--size", "32", "--span", "48", "--pixel-size", "2.56"],
}
"""What is added to a command so that it suits small fields; of an option that is given twice the last one counts."""


def test_the_readme_names_most_commands() -> None:
    named = {arguments[0] for arguments in COMMANDS}
    assert len(COMMANDS) > 25
    assert {"check", "explore", "train", "predict", "evaluate", "cells", "decide", "combine", "audit"} <= named


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_every_argument_is_understood(arguments: list[str]) -> None:
    group: Any = get_command(app)
    name, rest = arguments[0], arguments[1:]
    if name == "decide":
        group, name, rest = group.commands["decide"], rest[0], rest[1:]
    with group.commands[name].make_context(name, list(rest)) as context:
        assert context.params


@pytest.fixture
def workplace(phantoms: Path, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that holds all that the commands take for granted: images, tables and models under their names."""
    monkeypatch.chdir(tmp_path)
    for name in ("my_images", "more_images", "new_images", "confocal", "demo/phantoms"):
        shutil.copytree(phantoms, tmp_path / name)
    for name in ("runs/second", "runs/nucleus", "runs/cytosol"):
        shutil.copytree(run, tmp_path / name)
    shutil.copytree(run / "model", tmp_path / "demo" / "model")
    labels = tmp_path / "new_images" / "train.csv"
    table = pd.read_csv(labels, dtype=str)
    table.assign(antibody=[str(n // 4) for n in range(len(table))]).to_csv(labels, index=False)
    for name in ("train.csv", "truth.csv"):
        shutil.copy(phantoms / "train.csv", tmp_path / name)
    for path in (tmp_path / "confocal" / "train").iterdir():
        for colour, stain in {"blue": "DAPI", "green": "AF488", "red": "AF555", "yellow": "AF647"}.items():
            if path.stem.endswith(f"_{colour}"):
                path.rename(path.with_name(path.name.replace(colour, stain)))
    return tmp_path


@pytest.mark.docs
def test_commands_run_in_the_order_of_the_page(cellocate, workplace: Path) -> None:
    """Each has what those before it wrote."""
    one = pd.read_csv(workplace / "train.csv")["Id"][0]
    tables = ("validation.csv", "test.csv", "a.csv", "b.csv")
    for arguments in COMMANDS:
        name, given = arguments[0], [one if a.startswith("phantom-0-") else a for a in arguments]
        if any(word in " ".join(given) for word in NOT_RUN):
            continue
        if name == "decide" and not Path("a.csv").exists():
            for table in tables:
                shutil.copy("predictions.csv", table)
        again = ["--overwrite"] if name != "check" and Path(given[-1]).exists() else []
        result = cellocate(*given, *SMALLER.get(name, ()), *again)
        assert result.code == 0, (given, result.err)
