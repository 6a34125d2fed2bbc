"""The sections `optimiser`, `schedule` and `training`: how the network learns and when it stops."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import Field, model_validator

from cellocate.choices import Monitor
from cellocate.training.recipe.section import Section, Share

FIGURES = tuple(name.removeprefix("validation_") for name in get_args(Monitor) if name != "validation_loss")
"""Figures of `metrics.json` that are measured on the validation part after each epoch."""


class Optimiser(Section):
    """The optimiser.

    Args:
        name: weight decay is decoupled in `adamw` and part of the gradient in the others.
        learning_rate: a number, or `find`, which tries rates first (see `cellocate.training.learning_rate`).
        fraction: factor of the rate that `find` gives.
        weight_decay: not applied to biases and normalisations.
        momentum: for `sgd` and `rmsprop`.
        layer_rates: factors of the rate, from the first layers to the head; the network is divided into as many groups.
        clip: maximum norm of the gradient; null: no limit.
    """

    name: Literal["adamw", "adam", "nadam", "adamax", "rmsprop", "sgd"] = "adamw"
    learning_rate: Annotated[float, Field(gt=0)] | Literal["find"] = 1e-3
    fraction: float = Field(default=1.0, gt=0)
    weight_decay: float = Field(default=0.01, ge=0)
    momentum: Share = 0.9
    layer_rates: tuple[Annotated[float, Field(gt=0)], ...] = Field(default=(1.0,), min_length=1)
    clip: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _agree(self) -> Optimiser:
        self._refuse_idle("optimiser.name", [self.name], {"momentum": ("sgd", "rmsprop")})
        return self


class Schedule(Section):
    """How the learning rate changes over a run.

    Args:
        name: `constant`; `cosine` down to zero; `one_cycle` up and down; `restarts`, a cosine that restarts with each
            cycle; `steps`, the next of `factors` at each of `milestones`; `inverse`, rate/(1 + decay·step).
        warmup: fraction of all steps with a linear rise at the beginning (for `one_cycle`, the rise).
        cycle: epochs of the first cycle.
        multiplier: how much longer each cycle is than the one before.
        milestones: epochs after which the rate changes.
        factors: factors of the initial rate, after each milestone.
        decay: decay of `inverse`, per step.
    """

    name: Literal["constant", "cosine", "one_cycle", "restarts", "steps", "inverse"] = "cosine"
    warmup: Share = 0.1
    cycle: int = Field(default=1, ge=1)
    multiplier: int = Field(default=1, ge=1)
    milestones: tuple[Annotated[int, Field(ge=1)], ...] = ()
    factors: tuple[Annotated[float, Field(gt=0)], ...] = ()
    decay: float = Field(default=0.0, ge=0)

    @model_validator(mode="after")
    def _agree(self) -> Schedule:
        if (self.name == "steps") != bool(self.milestones) or len(self.milestones) != len(self.factors):
            raise ValueError("steps needs milestones and one factor for each; other schedules take none")
        if list(self.milestones) != sorted(set(self.milestones)):
            raise ValueError("milestones must rise")
        used_by = {"cycle": ("restarts",), "multiplier": ("restarts",), "decay": ("inverse",)}
        self._refuse_idle("schedule.name", [self.name], used_by)
        return self


class Training(Section):
    """How long to train, with which batches, and when to stop.

    Args:
        epochs: maximum number of epochs.
        batch_size: fields in one forward pass.
        accumulate: batches whose gradients are summed before a step.
        monitor: metric for the best epoch and early stopping.
        patience: epochs without improvement after which training stops; null: never.
        precision: Lightning's.
        save_last: number of last epochs whose checkpoints are kept.
        average: `ema`, an exponential moving average of the weights; `last`, the mean of the last `save_last` epochs.
        ema_decay: decay of `ema`, per step.
        retrain: at the end, train again on train and validation together, for as many epochs as were best; the rule
            stays. Without a validation part this does nothing.
        seed: random seed.
        workers: processes that read fields; null: none if the fields fit into memory, else one per core.
    """

    old_names: ClassVar[Mapping[str, str]] = MappingProxyType({"keep": "save_last"})

    epochs: int = Field(default=25, ge=1)
    batch_size: int = Field(default=32, ge=1)
    accumulate: int = Field(default=1, ge=1)
    monitor: Monitor = "validation_macro_average_precision"
    patience: int | None = Field(default=10, ge=1)
    precision: Literal["32-true", "16-mixed", "bf16-mixed"] = "32-true"
    save_last: int = Field(default=1, ge=1)
    average: Literal["none", "ema", "last"] = "none"
    ema_decay: Share = 0.999
    retrain: bool = False
    seed: int = Field(default=0, ge=0, le=2**31)
    workers: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _agree(self) -> Training:
        if self.average == "last" and self.save_last < 2:
            raise ValueError("an average of the last epochs needs training.save_last of 2 or more")
        self._refuse_idle("training.average", [self.average], {"ema_decay": ("ema",)})
        return self
