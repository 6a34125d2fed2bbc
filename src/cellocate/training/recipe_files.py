"""Load recipes by name or from a file, and change single settings."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from cellocate.errors import CellocateError
from cellocate.training.recipe import Recipe


def recipe_names() -> list[str]:
    """Names of the recipes that come with cellocate."""
    folder = resources.files("cellocate.recipes")
    return sorted(f.name.removesuffix(".yaml") for f in folder.iterdir() if f.name.endswith(".yaml"))


def recipe_text(name: str | Path) -> str:
    """The YAML text of a built-in recipe or of a file.

    Raises:
        CellocateError: there is no such recipe.
    """
    if str(name) in recipe_names():
        return (resources.files("cellocate.recipes") / f"{name}.yaml").read_text(encoding="utf-8")
    try:
        return Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        near = difflib.get_close_matches(str(name), recipe_names(), n=1)
        mend = (f"Did you mean {near[0]}? " if near else "") + "'cellocate recipes' lists them; a YAML file works too."
        raise CellocateError(f"unknown recipe {str(name)!r}", mend=mend) from None


def load_recipe(name: str | Path, settings: Sequence[str] = ()) -> Recipe:
    """Load a recipe by name or file, and change single settings.

    Args:
        name: name of a built-in recipe, or a YAML file.
        settings: such as `training.epochs=1`; values are YAML.

    Raises:
        CellocateError: the recipe or a setting is unknown, or a value is out of range.

    Example:
        >>> load_recipe("quick", ["training.epochs=2", "data.channels=[green]"]).training.epochs
        2
    """
    try:
        content = yaml.safe_load(recipe_text(name))
    except yaml.YAMLError as error:
        raise CellocateError(f"invalid YAML ({' '.join(str(error).split())})", where=name, mend="Fix it.") from None
    if not isinstance(content, dict):
        raise CellocateError("not a recipe", where=name, mend="'cellocate recipes quick' prints one.")
    for setting in settings:
        _set(content, setting)
    try:
        return Recipe.model_validate(content)
    except ValidationError as error:
        raise _explained(error, name) from None


def _set(content: dict[str, Any], setting: str) -> None:
    key, equals, value = setting.partition("=")
    *sections, last = key.strip().split(".")
    if not equals or not last:
        raise CellocateError(f"not a setting: {setting!r}", mend="Write --set training.epochs=1.")
    for section in sections:
        content = content.setdefault(section, {})
        if not isinstance(content, dict):
            raise CellocateError(f"{section!r} has no settings", where=f"--set {setting}", mend="Name a section.")
    try:
        content[last] = yaml.safe_load(value)
    except yaml.YAMLError:
        raise CellocateError(f"not a YAML value: {value!r}", where=f"--set {setting}", mend="Quote it.") from None


def _explained(error: ValidationError, name: object) -> CellocateError:
    first = error.errors()[0]
    place = _place(first)
    setting, where = ".".join(place), f"recipe {name}"
    if first["type"] == "extra_forbidden":
        return CellocateError(
            f"unknown setting {setting}", where=where, mend=_near(place[-1], _settings_of_section(place))
        )
    if first["type"] == "missing":
        return CellocateError(f"no {setting}", where=where, mend=f"Give it one, in the file or with --set {setting}=….")
    if first["type"] == "literal_error":
        allowed = [word.strip("'") for word in re.split(r", | or ", first["ctx"]["expected"])]
        return CellocateError(
            f"{setting} cannot be {first['input']!r}", where=where, mend=_near(first["input"], allowed)
        )
    if first["type"] == "value_error":
        what = ": ".join(filter(None, [setting, str(first["ctx"]["error"])]))  # no setting if several sections disagree
        return CellocateError(what, where=where, mend="Change it." if len(place) > 1 else "Change one of them.")
    if first["type"] == "truth":
        return CellocateError(f"{setting} {first['msg']}", where=where, mend="Change it.")
    expected = " or ".join(_expected(e) for e in error.errors() if _place(e) == place)
    near = difflib.get_close_matches(str(first["input"]), _LITERAL.findall(expected), n=1)
    mend = f"Did you mean {near[0]!r}?" if near else "'cellocate recipes quick' prints a recipe."
    return CellocateError(f"{setting} should be {expected}, not {first['input']!r}", where=where, mend=mend)


def _expected(error: ErrorDetails) -> str:
    """What the setting should be, without pydantic's names of Python types."""
    if error["type"] == "too_short":
        return "something"
    expected = error["msg"].partition(",")[0].removeprefix("Input should be ")
    return _TYPES.sub(lambda found: _WORDS[found[0].partition(" or ")[0]], expected)


def _place(error: ErrorDetails) -> list[str]:
    """The setting's path in the recipe, without pydantic's additions."""
    return [p for p in map(str, error["loc"]) if p != "[key]" and not p.startswith(("constrained-", "literal["))]


_LITERAL = re.compile(r"'([^']*)'")
_WORDS = {"a valid tuple": "a list", "a valid dictionary": "settings with names"}
_TYPES = re.compile(r"a valid tuple|a valid dictionary( or instance of \w+)?")


def _near(word: object, known: Sequence[str]) -> str:
    parts = set(str(word).split("_"))
    near = [name for name in known if parts <= set(name.split("_"))] or difflib.get_close_matches(str(word), known)
    return (f"Did you mean {near[0]!r}? " if near else "") + f"There are {', '.join(known)}."


def _settings_of_section(place: list[str]) -> list[str]:
    section: Any = Recipe
    for part in place[:-1]:
        section = section.model_fields[part].annotation
    return list(section.model_fields)
