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

NOT_HERE = {
    "download": "the atlas's server is not asked",
    "simulate": "200 fields of 512 px take a minute",
    "train": "its recipes start from weights that are downloaded, or take minutes",
    "combine": "two specialists would have to be trained",
    "neighbours": "it asks for a field of the whole demo",
    "cells": "other tests run it, on smaller pictures",
    "explore": "other tests run it, with the same arguments",
    "explain": "other tests run it, on fewer fields",
    "audit": "other tests run it, with the same arguments",
}
"""Commands of which only the arguments are tried, and why."""


def test_the_readme_names_most_commands() -> None:
    named = {arguments[0] for arguments in COMMANDS}
    assert len(COMMANDS) > 25
    assert {"check", "explore", "train", "predict", "evaluate", "cells", "decide", *NOT_HERE} <= named


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_every_argument_is_understood(arguments: list[str]) -> None:
    group: Any = get_command(app)
    name, rest = arguments[0], arguments[1:]
    if name == "decide":
        group, name, rest = group.commands["decide"], rest[0], rest[1:]
    with group.commands[name].make_context(name, list(rest)) as context:
        assert context.params


def test_commands_run_on_a_labelled_folder(cellocate, phantoms, run, tmp_path, monkeypatch) -> None:
    """In the order of the page, on a small collection under all the names that it uses."""
    pytest.importorskip("anndata")
    monkeypatch.chdir(tmp_path)
    for name in ("my_images", "more_images", "new_images", "demo/phantoms"):
        shutil.copytree(phantoms, tmp_path / name)
    for name in ("runs/first", "runs/second"):
        shutil.copytree(run, tmp_path / name)
    shutil.copytree(run / "model", tmp_path / "demo" / "model")
    labels = tmp_path / "new_images" / "train.csv"
    table = pd.read_csv(labels, dtype=str)
    table.assign(antibody=[str(n // 4) for n in range(len(table))]).to_csv(labels, index=False)
    for name in ("train.csv", "truth.csv"):
        shutil.copy(phantoms / "train.csv", tmp_path / name)
    done = []
    for arguments in COMMANDS:
        if arguments[0] in NOT_HERE or any(re.search("submission|runs/(hpa19|cells)", a) for a in arguments):
            continue
        if arguments[0] == "check" and not Path(arguments[1]).exists():
            continue  # images of another kind than these
        if arguments[0] == "decide" and not done.count("decide"):
            for name in ("validation.csv", "test.csv", "a.csv", "b.csv"):
                shutil.copy(tmp_path / "predictions.csv", tmp_path / name)
        again = ["--overwrite"] if Path(arguments[-1]).exists() and arguments[0] != "check" else []
        result = cellocate(*arguments, *again)
        assert result.code == 0, (arguments, result.err)
        done.append(arguments[0])
    assert done.count("decide") == 4
    assert {"check", "select", "split", "pack", "evaluate", "predict", "proteins", "embed"} <= set(done)
