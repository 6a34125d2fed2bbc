"""The commands of README.md and docs/commands.md run as they stand there."""

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
from cellocate.phantom import simulate

_ROOT = Path(__file__).resolve().parents[1]


def _commands(page: str) -> list[list[str]]:
    blocks = re.findall(r"(?s)\n```\n(cellocate .*?)\n```", (_ROOT / page).read_text("utf-8"))
    return [shlex.split(line)[1:] for block in blocks for line in block.splitlines() if line.startswith("cellocate ")]


PAGES = {page: _commands(page) for page in ("README.md", "docs/commands.md")}
COMMANDS = [arguments for page in PAGES.values() for arguments in page]

NOT_RUN = {
    "download": "the atlas's server is not asked",
    "2021": "a submission of 2021 needs true cells; test_cells_of_2021.py has them",
}
"""Commands, by a word that stands in them, of which only the arguments are tried, and why."""

_SMALL = ("network.backbone=test_resnet", "network.pretrained=false", "data.size=64", "training.epochs=1")
SMALLER = {
    "train": [word for setting in _SMALL for word in ("--set", setting)],
    "simulate": ["--fields", "4", "--size", "64"],
    "cells": ["--masks", "my_images/truth", "--size", "32", "--span", "48", "--pixel-size", "2.56"],
}
"""What is added to a command so that it suits small fields; of an option that is given twice the last one counts."""


def test_the_readme_is_short_and_the_page_of_commands_has_all() -> None:
    assert len((_ROOT / "README.md").read_text("utf-8").split()) < 1000
    assert {"check", "explore", "train", "predict", "evaluate", "cells"} <= {a[0] for a in PAGES["README.md"]}
    group: Any = get_command(app)
    assert set(group.commands) - {a[0] for a in PAGES["docs/commands.md"]} == {"demo", "recipes"}


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
    for name in ("my_images", "labelled", "more_images", "test", "confocal", "demo/phantoms"):
        shutil.copytree(phantoms, tmp_path / name)
    for name, fields in {"labelled": 200, "demo/phantoms": 50}.items():  # 'audit' needs 50 that no model was trained on
        _add_fields(tmp_path / name, fields)
    for name in ("runs/second", "runs/nucleus", "runs/cytosol"):
        shutil.copytree(run, tmp_path / name)
    shutil.copytree(run / "model", tmp_path / "demo" / "model")
    labels = tmp_path / "my_images" / "train.csv"
    table = pd.read_csv(labels, dtype=str)
    table.assign(antibody=[str(n // 4) for n in range(len(table))]).to_csv(labels, index=False)
    table[["Id"]].assign(Predicted="0").to_csv(tmp_path / "sample_submission.csv", index=False)
    for name in ("train.csv", "truth.csv"):
        shutil.copy(phantoms / "train.csv", tmp_path / name)
    for path in (tmp_path / "confocal" / "train").iterdir():
        for colour, stain in {"blue": "DAPI", "green": "AF488", "red": "AF555", "yellow": "AF647"}.items():
            if path.stem.endswith(f"_{colour}"):
                path.rename(path.with_name(path.name.replace(colour, stain)))
    shutil.rmtree(phantoms)  # a name that the README gives
    return tmp_path


def _add_fields(folder: Path, fields: int) -> None:
    labels = folder / "train.csv"
    before = pd.read_csv(labels, dtype=str) if labels.exists() else None
    new = folder.with_name("new")
    simulate(new, fields=fields, size=64, seed=2, workers=1)
    pd.concat([before, pd.read_csv(new / "train.csv", dtype=str)]).to_csv(new / "train.csv", index=False)
    shutil.copytree(new, folder, dirs_exist_ok=True)
    shutil.rmtree(new)


@pytest.mark.docs
@pytest.mark.parametrize("page", PAGES)
def test_commands_run_in_the_order_of_the_page(cellocate, workplace: Path, page: str) -> None:
    """Each has what those before it wrote."""
    pytest.importorskip("anndata")
    one = pd.read_csv(workplace / "train.csv")["Id"][0]
    tables = ("validation.csv", "test.csv", "a.csv", "b.csv")
    for arguments in PAGES[page]:
        name, given = arguments[0], [one if a == "phantom-0-000333" else a for a in arguments]
        if any(word in " ".join(given) for word in NOT_RUN):
            continue
        if name == "decide" and not Path("a.csv").exists():
            for table in tables:
                shutil.copy("predictions.csv", table)
        again = ["--overwrite"] if name != "check" and Path(given[-1]).exists() else []
        result = cellocate(*given, *SMALLER.get(name, ()), *again)
        refused = name == "audit" and "these labels no better than the frequency" in result.err  # networks of one epoch
        assert result.code == 0 or refused, (given, result.err)
