from __future__ import annotations

from pathlib import Path

import pytest

from cellocate.errors import CellocateError
from cellocate.training import Recipe, load_recipe, recipe_names


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_is_valid_and_named_as_its_file(name: str) -> None:
    recipe = load_recipe(name)
    assert recipe.name == name
    assert recipe.description


def test_quick_trains_from_scratch() -> None:
    assert not load_recipe("quick").network.pretrained


def test_settings_are_changed_one_by_one() -> None:
    recipe = load_recipe("quick", ["training.epochs=3", "data.channels=[green, blue]", "data.split.test=0"])
    assert (recipe.training.epochs, recipe.data.channels, recipe.data.split.test) == (3, ("green", "blue"), 0)
    assert recipe.training.batch_size == load_recipe("quick").training.batch_size


def test_a_written_recipe_is_the_same_recipe(tmp_path: Path) -> None:
    recipe = load_recipe("resnet18", ["training.patience=null", "optimiser.learning_rate=1e-5"])
    (tmp_path / "mine.yaml").write_text(recipe.to_yaml())
    assert load_recipe(tmp_path / "mine.yaml") == recipe


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("training.epoch=3", "unknown setting training.epoch.*Did you mean 'epochs'"),
        ("data.split.tset=0", "Did you mean 'test'"),
        ("colour=3", "unknown setting colour"),
        ("training.epochs=0", "training.epochs.*greater than or equal to 1"),
        ("training.epochs=many", "training.epochs"),
        ("data.channels=[purple]", "data.channels"),
        ("data.channels=[green, green]", "each once"),
        ("data.channels=[]", "at least one channel"),
        ("optimiser.learning_rate=-1", "greater than 0"),
        ("training.epochs", "Write --set training.epochs=1"),
        ("training.epochs.x=1", "holds no settings"),
        ("training.epochs=[", "not a YAML value"),
        ("data.intensity=loud", "data.intensity"),
        ("decision.rule=guess", "decision.rule"),
        ("decision.at_most=0", "decision.at_most"),
        ("decision.fallback=first", "decision.fallback"),
    ],
)
def test_a_wrong_setting_is_explained(setting: str, message: str) -> None:
    with pytest.raises(CellocateError, match=message):
        load_recipe("quick", [setting])


@pytest.mark.parametrize("content", ["- 1", "a: [", "just words", ""])
def test_a_file_that_is_no_recipe_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "r.yaml").write_text(content)
    with pytest.raises(CellocateError, match=r"not a recipe|not YAML"):
        load_recipe(tmp_path / "r.yaml")


def test_an_unknown_recipe_names_the_known() -> None:
    with pytest.raises(CellocateError, match=r"unknown recipe 'qick'.*quick"):
        load_recipe("qick")


def test_recipes_cannot_be_changed_by_accident() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Recipe(name="x").training.epochs = 3  # type: ignore[misc]
