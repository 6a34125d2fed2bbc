"""Everything that defines a training run, in one YAML file."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from cellocate.decision import Kind
from cellocate.errors import CellocateError
from cellocate.images import Intensity


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Split(_Section):
    """Shares of the fields (or groups) kept for validation and for the final test."""

    validation: float = Field(default=0.15, ge=0, lt=1)
    test: float = Field(default=0.15, ge=0, lt=1)


class Data(_Section):
    """What the network sees.

    Without `pixel_size` (µm per px of the input), a field's longer side becomes `size` px.
    """

    channels: tuple[Literal["red", "green", "blue", "yellow"], ...] = ("red", "green", "blue", "yellow")
    size: int = Field(default=512, ge=32, le=4096)
    pixel_size: float | None = Field(default=None, gt=0)
    intensity: Intensity = "depth"
    split: Split = Split()

    @field_validator("channels")
    @classmethod
    def _distinct(cls, channels: tuple[str, ...]) -> tuple[str, ...]:
        if not channels or len(set(channels)) < len(channels):
            raise ValueError("give at least one channel, each once")
        return channels


class Network(_Section):
    """A timm backbone; `pretrained` downloads its weights."""

    backbone: str = "resnet18"
    pretrained: bool = True
    dropout: float = Field(default=0.0, ge=0, lt=1)


class Loss(_Section):
    """`bce`: binary cross-entropy, the mean over fields and locations."""

    name: Literal["bce"] = "bce"


class Augmentation(_Section):
    """`dihedral`: each field in one of its 8 orientations (90° turns and mirrors), drawn anew each time."""

    name: Literal["none", "dihedral"] = "dihedral"


class Optimiser(_Section):
    """AdamW; weight decay spares biases and normalisations."""

    name: Literal["adamw"] = "adamw"
    learning_rate: float = Field(default=1e-3, gt=0)
    weight_decay: float = Field(default=0.01, ge=0)


class Schedule(_Section):
    """`cosine`: a linear rise over `warmup` (share of all steps), then half a cosine down to zero."""

    name: Literal["cosine"] = "cosine"
    warmup: float = Field(default=0.1, ge=0, lt=1)


Monitor = Literal["validation_loss", "validation_macro_average_precision", "validation_macro_f1"]


class Training(_Section):
    """How long, with what, and when to stop.

    The epoch with the best `monitor` is kept; after `patience` epochs without a better one training stops (null:
    never). Without a validation part the last epoch is kept. `workers` read fields in processes of their own (null:
    none where the fields fit into memory, else one per core).
    """

    epochs: int = Field(default=25, ge=1)
    batch_size: int = Field(default=32, ge=1)
    monitor: Monitor = "validation_macro_average_precision"
    patience: int | None = Field(default=10, ge=1)
    precision: Literal["32-true", "16-mixed", "bf16-mixed"] = "32-true"
    seed: int = Field(default=0, ge=0, le=2**31)
    workers: int | None = Field(default=None, ge=0)


class Decision(_Section):
    """The decision rule, fitted on the validation part."""

    rule: Kind = "per_class"


class Recipe(_Section):
    """A training run: what is read, which network, how it is trained and how it decides.

    Example:
        >>> load_recipe("quick", ["training.epochs=2", "data.channels=[green]"]).training.epochs
        2
    """

    name: Annotated[str, Field(min_length=1)]
    description: str = ""
    data: Data = Data()
    network: Network = Network()
    loss: Loss = Loss()
    augmentation: Augmentation = Augmentation()
    optimiser: Optimiser = Optimiser()
    schedule: Schedule = Schedule()
    training: Training = Training()
    decision: Decision = Decision()

    def to_yaml(self) -> str:
        """The recipe with every setting spelled out."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False)


def recipe_names() -> list[str]:
    """The recipes that come with cellocate."""
    folder = resources.files("cellocate.recipes")
    return sorted(f.name.removesuffix(".yaml") for f in folder.iterdir() if f.name.endswith(".yaml"))


def recipe_text(name: str | Path) -> str:
    """The YAML text of a recipe that comes with cellocate, or of a file.

    Raises:
        CellocateError: there is no such recipe.
    """
    if str(name) in recipe_names():
        return (resources.files("cellocate.recipes") / f"{name}.yaml").read_text(encoding="utf-8")
    try:
        return Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        mend = f"Give a YAML file or one of {', '.join(recipe_names())}."
        raise CellocateError(f"unknown recipe {str(name)!r}", mend=mend) from None


def load_recipe(name: str | Path, settings: Sequence[str] = ()) -> Recipe:
    """Load a recipe by name or file, and change single settings.

    Args:
        name: of a recipe that comes with cellocate, or a YAML file.
        settings: such as `training.epochs=1`; values are YAML.

    Raises:
        CellocateError: an unknown recipe or setting, or a value out of range.
    """
    try:
        content = yaml.safe_load(recipe_text(name))
    except yaml.YAMLError as error:
        raise CellocateError(f"not YAML ({' '.join(str(error).split())})", where=name, mend="Mend its form.") from None
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
            raise CellocateError(f"{section!r} holds no settings", where=f"--set {setting}", mend="Name a section.")
    try:
        content[last] = yaml.safe_load(value)
    except yaml.YAMLError:
        raise CellocateError(f"not a YAML value: {value!r}", where=f"--set {setting}", mend="Quote it.") from None


def _explained(error: ValidationError, name: object) -> CellocateError:
    first = error.errors()[0]
    place = [str(part) for part in first["loc"]]
    mend = "'cellocate recipes quick' prints a recipe."
    if first["type"] == "extra_forbidden":
        known = _settings_beside(place)
        near = difflib.get_close_matches(place[-1], known, n=1)
        mend = f"Did you mean {near[0]!r}?" if near else f"There are {', '.join(known)}."
        return CellocateError(f"unknown setting {'.'.join(place)}", where=f"recipe {name}", mend=mend)
    return CellocateError(f"{'.'.join(place)}: {first['msg']}", where=f"recipe {name}", mend=mend)


def _settings_beside(place: list[str]) -> list[str]:
    section: Any = Recipe
    for part in place[:-1]:
        section = section.model_fields[part].annotation
    return list(section.model_fields)
