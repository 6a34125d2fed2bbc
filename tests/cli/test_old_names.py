"""Options and choices that were renamed: the old names still work, and no help shows them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer

from cellocate.cli.app import app

COMMANDS: Any = typer.main.get_command(app)


def parsed(words: str) -> dict[str, Any]:
    """The parameters of a command line, by name."""
    command, args = COMMANDS, words.split()
    while hasattr(command, "commands"):
        command = command.commands[args.pop(0)]
    params: dict[str, Any] = command.make_context("", args).params
    return params


@pytest.mark.parametrize(
    ("words", "name", "value"),
    [
        ("predict m d --out p.csv --views flips", "tta", "flips"),
        ("evaluate m d --out e --views=dihedral", "tta", "dihedral"),
        ("evaluate m d --out e --beside other", "compare_to", Path("other")),
        ("explore d --out e --beside=other", "compare_to", Path("other")),
        ("audit d m --out a --no-twins", "duplicates", False),
        ("cells d --out c --strong --least 3 --most=9", "min_cells", 4),
        ("cells d --out c --strong --least=3", "min_cells", 4),
        ("cells d --out c --strong --min-cells 3", "min_cells", 3),
        ("cells d --out c --strong --least 3 --most=9", "max_cells", 9),
        ("split d --out s.csv --least 2", "min_per_location", 2),
        ("decide fit p.csv --labels l.csv --out r.json --rule best", "rule", "argmax"),
        ("decide fit p.csv --labels l.csv --out r.json --rule=best", "rule", "argmax"),
        ("combine a b --data d --out c --by best", "by", "best_per_location"),
        ("combine a b --data d --out c --rule best", "rule", "argmax"),
        ("split d --out best --by best", "by", ["best"]),
    ],
)
def test_an_old_name_is_read_as_the_present_one(words: str, name: str, value: object) -> None:
    assert parsed(words)[name] == value


@pytest.mark.parametrize(
    ("name", "old"), [("predict", "--views"), ("evaluate", "--beside"), ("cells", "--least"), ("split", "--least")]
)
def test_help_shows_present_names_alone(name: str, old: str) -> None:
    command = COMMANDS.commands[name]
    assert old not in {option for param in command.params for option in (*param.opts, *param.secondary_opts)}
