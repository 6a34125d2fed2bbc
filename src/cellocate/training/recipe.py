"""Everything that defines a training run, in one YAML file."""

from __future__ import annotations

from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator

from cellocate.decision import Kind
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
        >>> Recipe(name="mine", training=Training(epochs=2)).training.batch_size
        32
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
