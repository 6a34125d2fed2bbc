from __future__ import annotations

import re
from pathlib import Path

import pytest
import timm

from cellocate.errors import CellocateError
from cellocate.training import Recipe, load_recipe
from cellocate.training.recipe_files import recipe_names, recipe_text


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_is_valid_and_named_as_its_file(name: str) -> None:
    recipe = load_recipe(name)
    assert recipe.name == name
    assert recipe.description


def test_quick_trains_from_scratch() -> None:
    assert not load_recipe("quick").network.pretrained


def test_a_recipe_without_a_name_is_asked_for_one(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("data: {size: 64}")
    with pytest.raises(CellocateError, match=r"^no name: recipe .*mine\.yaml\. Give it one, .* --set name=…"):
        load_recipe(tmp_path / "mine.yaml")
    assert load_recipe(tmp_path / "mine.yaml", ["name=mine"]).data.size == 64


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
        ("training.epochs.x=1", "has no settings"),
        ("training.epochs=[", "not a YAML value"),
        ("data.intensity=loud", "data.intensity"),
        ("decision.rule=guess", "decision.rule"),
        ("loss.terms=bcee", "Did you mean 'bce'.*arcface"),
        ("loss.terms={}", "loss.terms should be something"),
        ("data.locations=[]", "data.locations should be something"),
        ("loss.terms=[bce]", "loss.terms should be settings with names"),
        ("loss.terms=arcface", "arcface alone trains no classifier: add bce"),
        ("loss.terms={cross_entropy: 1, bce: 1}", "keep one"),
        ("loss.terms=cross_entropy", "^cross_entropy in loss.terms is for a single label: set decision.rule to argmax"),
        ("loss.gamma=.inf", "loss.gamma should be a finite number"),
        ("optimiser.learning_rate=fnd", "a valid number or 'find', not 'fnd'.*Did you mean 'find'"),
        ("optimiser.layer_rates=0.1", "optimiser.layer_rates should be a list, not 0.1"),
        ("network.frozen=alway", "Did you mean 'always'"),
        ("network.frozen=2", "set network.pretrained or network.init_from"),
        ("network=resnet18", "network should be settings with names, not 'resnet18'"),
        ("training.average=last", "needs training.save_last of 2 or more"),
        ("sampling.min_per_location=3", "oversample and min_per_location go together"),
        ("schedule.name=steps", "steps needs milestones"),
        ("schedule.decay=0.1", "schedule: decay has no effect with schedule.name cosine, only with inverse"),
        ("schedule.cycle=2", "cycle has no effect with schedule.name cosine, only with restarts"),
        ("optimiser.momentum=0.5", "momentum has no effect with optimiser.name adamw, only with sgd or rmsprop"),
        ("training.ema_decay=0.9", "ema_decay has no effect with training.average none, only with ema"),
        ("loss.gamma=1", "gamma has no effect with loss.terms bce, only with focal or asymmetric"),
        ("loss.identity=plate", "identity has no effect with loss.terms bce, only with arcface"),
        ("bags.cells=4", "set bags.pool"),
        ("network.frozen=true", r"network.frozen should be no true.*Change it\."),
        ("training.batch_size=yes", "training.batch_size should be no true"),
        ("decision.rule=nope", r"decision.rule cannot be 'nope'.*There are auto, expected_f1, .*argmax\."),
        ("decision.pool=max", r"pool max needs several predictions: set decision\.tta or decision\.crops too"),
        ("decision.crops=3", r"decision.crops cannot be 3.*There are 0, 1, 4, 5\."),
        ("training.monitor=validation_f1", "Did you mean 'validation_macro_f1'"),
        ("decision.at_most=0", "decision.at_most"),
        ("decision.fallback=first", "decision.fallback"),
    ],
)
def test_a_wrong_setting_is_explained(setting: str, message: str) -> None:
    with pytest.raises(CellocateError, match=message):
        load_recipe("quick", [setting])


@pytest.mark.parametrize(
    "settings",
    [
        ["sampling.smote=yes", "training.patience=null"],
        ["loss.terms={bce: 1, arcface: 1}", "loss.identity=plate"],
        ["optimiser.name=sgd", "optimiser.momentum=0.5"],
        ["schedule.name=restarts", "schedule.cycle=2", "schedule.multiplier=2"],
        ["training.average=ema", "training.ema_decay=0.9"],
        ["schedule.decay=0"],  # as it is anyway
    ],
)
def test_settings_that_belong_together_are_taken(settings: list[str]) -> None:
    assert load_recipe("quick", settings)


@pytest.mark.parametrize("name", recipe_names())
def test_weights_that_a_recipe_starts_from_exist(name: str) -> None:
    network = load_recipe(name).network
    assert not network.pretrained or timm.models.is_model_pretrained(network.backbone)


def test_published_systems_say_which_weights_they_start_from() -> None:
    for name in recipe_names():
        backbone, text = load_recipe(name).network.backbone, recipe_text(name)
        kind = backbone.partition(".")[0]
        if "# Reported:" in text and load_recipe(name).network.pretrained and kind != "efficientnet_b0":
            assert timm.get_pretrained_cfg(backbone).tag in ("tv_in1k", "aa_in1k"), name


@pytest.mark.parametrize("content", ["- 1", "a: [", "just words", ""])
def test_a_file_that_is_no_recipe_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "r.yaml").write_text(content)
    with pytest.raises(CellocateError, match=r"not a recipe|invalid YAML"):
        load_recipe(tmp_path / "r.yaml")


def test_an_unknown_recipe_names_the_known() -> None:
    with pytest.raises(CellocateError, match=r"unknown recipe 'qick'.*quick"):
        load_recipe("qick")


def test_recipes_cannot_be_changed_by_accident() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Recipe(name="x").training.epochs = 3  # type: ignore[misc]


def test_settings_and_rules_still_answer_to_their_earlier_names() -> None:
    old = ["sampling.name=oversample", "sampling.least=3", "sampling.most=9", "data.split.least=2"]
    old += ["decision.views=flips", "decision.rule=best"]
    old += ["augmentation.turns=flips", "augmentation.gain=0.1", "augmentation.offset=0.2", "augmentation.drop=0.3"]
    old += ["network.start=model", "training.keep=4"]
    recipe = load_recipe("quick", old)
    section = recipe.augmentation
    assert (section.orientation, section.contrast, section.brightness, section.channel_dropout) == (
        "flips",
        0.1,
        0.2,
        0.3,
    )
    assert (recipe.network.init_from, recipe.training.save_last) == ("model", 4)
    assert (recipe.sampling.min_per_location, recipe.sampling.max_per_location) == (3, 9)
    assert (recipe.data.split.min_per_location, recipe.decision.tta, recipe.decision.rule) == (2, "flips", "argmax")
    assert load_recipe("densenet161-w3-aug1", ["augmentation.turns=none"]).augmentation.orientation == "none"
    assert not re.search(r"\b(least|most|views|turns|gain|offset|drop|start|keep):|: best", recipe.to_yaml())
