"""What docs/design.md names is there."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

import cellocate

PACKAGE = Path(cellocate.__file__).parent
PAGE = (Path(__file__).resolve().parents[2] / "docs" / "design.md").read_text("utf-8")
ROOMS = re.findall(r"(?m)^\| (`[a-z_0-9./`, ]+`) \| (.+) \|$", PAGE[PAGE.index("| room |") : PAGE.index("## Policies")])
COMMANDS = re.findall(r"(?m)^\| `[a-z` ,]+` \| (.+) \|$", PAGE[PAGE.index("| command |") :])
SOURCE = "\n".join(path.read_text("utf-8") for path in PACKAGE.rglob("*.py"))


@pytest.mark.parametrize(("names", "text"), ROOMS, ids=[names for names, _ in ROOMS])
def test_a_room_and_the_modules_that_its_row_names_exist(names: str, text: str) -> None:
    folders = [PACKAGE / name.rstrip("/") for name in re.findall(r"`(.+?)`", names)]
    assert all(folder.exists() for folder in folders)
    inside = [path for folder in folders if folder.is_dir() for path in folder.rglob("*")]
    there = {path.stem for path in inside if path.is_dir() or path.suffix == ".py"}
    assert set(re.findall(r"`([a-z_]+)/?`", text)) <= there


def test_every_module_and_folder_has_its_row() -> None:
    named = {name.rstrip("/") for names, _ in ROOMS for name in re.findall(r"`(.+?)`", names)}
    there = {path.name for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert there - {"__init__.py", "__main__.py"} <= named


@pytest.mark.parametrize("text", COMMANDS)
def test_the_functions_behind_a_command_exist(text: str) -> None:
    for name in re.findall(r"`([a-z_.]+\.[a-z_]+)`", text):
        *modules, function = ["cellocate", *name.split(".")]
        assert hasattr(importlib.import_module(".".join(modules)), function)
    for name in re.findall(r"`([a-z_]+)`", text):
        assert re.search(rf"(?m)^ *def {name}\b", SOURCE), name
