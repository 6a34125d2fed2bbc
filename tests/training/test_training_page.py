"""docs/training.md documents every recipe, setting, default and choice as the code has it."""

from __future__ import annotations

import re
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest
import typer
from pydantic import AfterValidator, BaseModel

from cellocate.cli.app import app
from cellocate.registry import LOSSES, Registry
from cellocate.training import Recipe, load_recipe
from cellocate.training.recipe_files import recipe_names, recipe_text

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "training.md").read_text(encoding="utf-8")
SECTIONS = {name: f.annotation for name, f in Recipe.model_fields.items() if isinstance(f.annotation, type)}
SECTIONS = {name: section for name, section in SECTIONS.items() if issubclass(section, BaseModel)}


def part(heading: str) -> str:
    """The text between a heading and the next."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#+ |\Z)", PAGE, re.M | re.S)
    assert found, f"no heading {heading!r}"
    return found[1]


def rows(text: str) -> dict[str, list[str]]:
    """Rows of tables with code in the first cell: that code → the other cells."""
    found = [line.strip("|").split("|") for line in text.splitlines() if re.match(r"\| `[^`]+` \|", line)]
    return {cells[0].strip(" `"): [c.strip() for c in cells[1:]] for cells in found}


def settings(section: type[BaseModel], before: str = "") -> dict[str, Any]:
    """The fields of a section, with those of a section inside it."""
    found = {}
    for name, field in section.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            found |= settings(inner, f"{before}{name}.")
        else:
            found[before + name] = field
    return found


def written(value: object) -> str:
    """A default as a recipe has it."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(written, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{k}: {written(v)}' for k, v in value.items())}}}"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)


def choices(kind: Any) -> set[str]:
    """The words that a setting accepts."""
    if isinstance(kind, AfterValidator) and isinstance(registry := getattr(kind.func, "__self__", None), Registry):
        return set(registry.own)
    if get_origin(kind) is Literal:
        return {str(word) for word in get_args(kind)}
    if get_origin(kind) in (Union, UnionType, Annotated):
        return set().union(*(choices(k) for k in get_args(kind)))
    return set()


@pytest.mark.parametrize("name", SECTIONS)
def test_every_setting_has_its_row_with_default_and_choices(name: str) -> None:
    documented, known = rows(part(name)), settings(SECTIONS[name])
    assert {k for k in documented if k not in LOSSES.own} == set(known)
    for setting, field in known.items():
        default, words = documented[setting]
        assert default == f"`{written(field.default)}`", setting
        known_words = set().union(*map(choices, (field.annotation, *field.metadata)))
        lacking = {c for c in known_words if not re.search(rf"`[^`]*\b{c}\b[^`]*`", default + words)}
        assert not lacking, f"{name}.{setting} can be {lacking} as well"
        assert words


def test_every_loss_is_explained() -> None:
    assert set(LOSSES.own) <= set(rows(part("loss")))


def test_the_table_has_every_recipe_and_what_was_reported_of_it() -> None:
    table = rows(part("All recipes"))
    assert set(table) == set(recipe_names())
    for name, cells in table.items():
        reported = re.search(r"^# Reported: (.*?)(?=^# [A-Z]|^\w)", recipe_text(name), re.M | re.S)
        figures = re.findall(r"(?<![\w.])\.\d+", reported[1].split("(thresholds")[0]) if reported else []
        assert all(figure in cells[-1] for figure in figures), f"{name}: {figures}, not {cells[-1]}"


def test_the_example_is_a_recipe(tmp_path: Path) -> None:
    (text,) = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.M | re.S)
    (tmp_path / "small.yaml").write_text(text, encoding="utf-8")
    assert load_recipe(tmp_path / "small.yaml").name == "small"


def test_every_setting_that_is_set_on_the_page_exists() -> None:
    keys = re.findall(r"--set '?([a-z_.]+)=", PAGE) + re.findall(r"`((?:" + "|".join(SECTIONS) + r")\.[a-z_.]+)", PAGE)
    known = {f"{name}.{setting}" for name, section in SECTIONS.items() for setting in settings(section)}
    assert len(keys) > 30
    assert set(keys) - known == {"optimizer.name"}, "the one that is shown to be refused"


@pytest.mark.parametrize("line", sorted(set(re.findall(r"^cellocate .*", PAGE, re.M))))
def test_every_command_has_the_options_that_it_is_shown_with(line: str) -> None:
    command = typer.main.get_command(app).commands[line.split()[1]]
    known = {name for parameter in command.params for name in parameter.opts}
    assert set(re.findall(r" (--[a-z-]+)", line)) <= known
