"""Everything that defines a training run, in one YAML file."""

from __future__ import annotations

from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from cellocate.decision import DEFAULT, CalibrationKind, Fallback, Kind
from cellocate.images import Intensity, Views
from cellocate.images.views import Crops, Pooled, Turns

FIGURES = (
    "macro_average_precision",
    "macro_f1",
    "micro_f1",
    "macro_precision",
    "macro_recall",
    "exact_match",
    "binary_accuracy",
    "ece",
)
"""Figures of `metrics.json` that are measured on the validation part after each epoch."""

Share = Annotated[float, Field(ge=0, lt=1)]
LossName = Literal[
    "bce",
    "focal",
    "asymmetric",
    "soft_f1",
    "lovasz",
    "hard_log",
    "soft_margin",
    "cross_entropy",
    "arcface",
]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Split(_Section):
    """How the fields are parted, where no split is given.

    Args:
        method: `stratified` by all locations, `random`, or `sequential` in the order of the label table.
        validation: share of the groups.
        test: share of the groups.
        least: fields that each location should have in the train part (see `cellocate.collection.make_split`).
    """

    method: Literal["stratified", "random", "sequential"] = "stratified"
    validation: Share = 0.15
    test: Share = 0.15
    least: int = Field(default=0, ge=0)


class Data(_Section):
    """What the network sees.

    Args:
        channels: in the order of the network's input.
        size: side of the network's input, px.
        pixel_size: µm per px of that input; null: a field's longer side becomes `size` px.
        intensity: how pixels become floats (see `cellocate.images.to_float`).
        normalisation: `fields` takes off the mean and divides by the standard deviation of each channel over the
            training fields; `none` leaves floats between 0 and 1.
        locations: of the vocabulary that are learnt, for a specialist: names, or groups such as `group:Nucleus`; null:
            all.
        split: how the fields are parted.
    """

    channels: tuple[Literal["red", "green", "blue", "yellow"], ...] = ("red", "green", "blue", "yellow")
    size: int = Field(default=512, ge=32, le=4096)
    pixel_size: float | None = Field(default=None, gt=0)
    intensity: Intensity = "depth"
    normalisation: Literal["fields", "none"] = "fields"
    locations: tuple[str, ...] | None = None
    split: Split = Split()

    @field_validator("channels")
    @classmethod
    def _distinct(cls, channels: tuple[str, ...]) -> tuple[str, ...]:
        if not channels or len(set(channels)) < len(channels):
            raise ValueError("give at least one channel, each once")
        return channels


class Network(_Section):
    """A backbone and its head.

    Args:
        backbone: a timm model, or one of cellocate's own: `cnn128`, `densenet73`.
        pretrained: start from weights that timm downloads.
        start: a model folder of cellocate whose body to start from instead; the head begins anew.
        stem: how a first layer of three channels is made to take others: `repeat` repeats and rescales its filters,
            `mean` gives each channel their mean, `red`, `green` or `blue` give that colour's to channels which are
            none of the three.
        head: `linear` on the average over the map; `concat` of average and maximum with two layers (first of the 2018
            challenge); `blocks` puts two residual blocks of half the resolution each before it; `attention` pools by
            learnt weights; `flatten` is linear on the whole map.
        dropout: share of features dropped before the classifier.
        frozen: epochs in which only the head is trained, or `always`.
    """

    backbone: str = "resnet18"
    pretrained: bool = True
    start: str | None = None
    stem: Literal["repeat", "mean", "red", "green", "blue"] = "repeat"
    head: Literal["linear", "concat", "blocks", "attention", "flatten"] = "linear"
    dropout: Share = 0.0
    frozen: Annotated[int, Field(ge=0)] | Literal["always"] = 0

    @model_validator(mode="after")
    def _something_to_freeze(self) -> Network:
        if self.frozen and not (self.pretrained or self.start):
            raise ValueError("a frozen body needs weights: set network.pretrained or network.start")
        return self


class Loss(_Section):
    """What training makes small.

    Args:
        terms: losses and their weights in the sum, such as `{focal: 0.5, lovasz: 0.5}`, or the name of one.
        class_weights: of `bce` and `focal`: `inverse_log` 1/log n scaled to the rarest location; on the positives
            alone `ratio` (N−n)/n and `root_ratio` its square root; `rest` 1−n/N, `rest_squared` its square.
        gamma: focus of `focal` on what is hard; of the positives of `asymmetric`.
        gamma_negative: of the negatives of `asymmetric`.
        clip: probability by which `asymmetric` discounts negatives.
        scale: of the cosines of `arcface`.
        margin: angle of `arcface`, radians.
        identity: the column whose values `arcface` tells apart.
    """

    terms: dict[LossName, Annotated[float, Field(gt=0)]] = Field(default={"bce": 1.0}, min_length=1)
    class_weights: Literal["none", "inverse_log", "ratio", "root_ratio", "rest", "rest_squared"] = "none"
    gamma: float = Field(default=2.0, ge=0)
    gamma_negative: float = Field(default=4.0, ge=0)
    clip: Share = 0.05
    scale: float = Field(default=30.0, gt=0)
    margin: float = Field(default=0.5, ge=0, lt=1.5)
    identity: str = "antibody"

    @field_validator("terms", mode="before")
    @classmethod
    def _one(cls, terms: object) -> object:
        return {terms: 1.0} if isinstance(terms, str) else terms

    @property
    def activation(self) -> Literal["sigmoid", "softmax"]:
        """How logits become probabilities: `softmax` where each field has one label."""
        return "softmax" if "cross_entropy" in self.terms else "sigmoid"

    @model_validator(mode="after")
    def _agree(self) -> Loss:
        others = set(self.terms) - {"cross_entropy", "arcface"}
        if "cross_entropy" in self.terms and others:
            raise ValueError(f"cross_entropy is for one label, {' and '.join(sorted(others))} for several: keep one")
        if set(self.terms) == {"arcface"}:
            raise ValueError("arcface alone trains no classifier: add bce")
        if self.class_weights != "none" and not {"bce", "focal"} & set(self.terms):
            raise ValueError("class_weights are for bce and focal, and terms has neither")
        return self


class Sampling(_Section):
    """Which training fields an epoch shows.

    Args:
        name: `uniform` shows each once; `oversample` repeats fields of rare locations (each location is brought to
            the number of `least`); `class_aware` draws a location, then a field of it; `square_root` draws locations
            by the square root of their frequency.
        least: fields of each location in an epoch, for `oversample`.
        most: fields of each location that are used at all, which balances the skew; null: all.
        batches: in an epoch; null: as many as show each field once.
        smote: at the end, train the classifier again on features, rare locations filled up with synthetic ones.
    """

    name: Literal["uniform", "oversample", "class_aware", "square_root"] = "uniform"
    least: int = Field(default=0, ge=0)
    most: int | None = Field(default=None, ge=1)
    batches: int | None = Field(default=None, ge=1)
    smote: bool = False

    @model_validator(mode="after")
    def _agree(self) -> Sampling:
        if (self.name == "oversample") != (self.least > 0):
            raise ValueError("oversample and least belong together: set both or neither")
        return self


class Augmentation(_Section):
    """What is changed of a batch, drawn anew for each field; on the device that trains.

    Args:
        turns: `dihedral` one of 8 orientations (90° turns and mirrors); `flips` mirrors alone; `eighths` turns by
            multiples of 45°, and mirrors.
        rotation: at most so many degrees, either way.
        shift: at most this share of the side, either way.
        shear: at most so many degrees, either way.
        zoom: between 1 − zoom and 1 + zoom.
        crop: smallest side of a random crop, as a share of the field's; fields are read larger so that no crop is
            enlarged. 1: the whole field.
        gain: each channel is multiplied by a number between 1 − gain and 1 + gain.
        gamma: each channel is raised to a power between 1/(1 + gamma) and 1 + gamma.
        offset: at most this is added to each channel, either way.
        noise: largest standard deviation of Gaussian noise.
        blur: largest standard deviation of a Gaussian blur, px.
        drop: how often a channel other than green is left dark.
        mixup: a of the Beta(a, a) that fields are mixed by; 0: not.
        cutmix: a of the Beta(a, a) that gives the share of a field pasted into another; 0: not.
    """

    turns: Literal["none", "flips", "dihedral", "eighths"] = "dihedral"
    rotation: float = Field(default=0, ge=0, le=180)
    shift: Share = 0
    shear: float = Field(default=0, ge=0, lt=90)
    zoom: Share = 0
    crop: float = Field(default=1, gt=0.1, le=1)
    gain: Share = 0
    gamma: float = Field(default=0, ge=0)
    offset: Share = 0
    noise: Share = 0
    blur: float = Field(default=0, ge=0)
    drop: Share = 0
    mixup: float = Field(default=0, ge=0)
    cutmix: float = Field(default=0, ge=0)


class Optimiser(_Section):
    """How weights follow the gradient.

    Args:
        name: weight decay is decoupled in `adamw` and part of the gradient in the others.
        learning_rate: or `find`, which tries rates beforehand (see `cellocate.training.finder`).
        fraction: of the rate that `find` gives.
        weight_decay: spares biases and normalisations.
        momentum: of `sgd` and `rmsprop`.
        layer_rates: factors of the rate, from the first layers to the head; the network is parted into as many groups.
        clip: largest norm of the gradient; null: any.
    """

    name: Literal["adamw", "adam", "nadam", "adamax", "rmsprop", "sgd"] = "adamw"
    learning_rate: Annotated[float, Field(gt=0)] | Literal["find"] = 1e-3
    fraction: float = Field(default=1.0, gt=0)
    weight_decay: float = Field(default=0.01, ge=0)
    momentum: Share = 0.9
    layer_rates: tuple[Annotated[float, Field(gt=0)], ...] = Field(default=(1.0,), min_length=1)
    clip: float | None = Field(default=None, gt=0)


class Schedule(_Section):
    """How the rate changes over a run.

    Args:
        name: `constant`; `cosine` down to zero; `one_cycle` up and down; `restarts` a cosine that begins again with
            each cycle; `steps` goes to the next of `factors` at each of `milestones`; `inverse` rate/(1 + decay·step).
        warmup: share of all steps with a linear rise at the beginning (of `one_cycle`, the rise).
        cycle: epochs of the first cycle.
        multiplier: how much longer each cycle is than the last.
        milestones: epochs after which the rate changes.
        factors: of the first rate, after each milestone.
        decay: of `inverse`, at each step.
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
            raise ValueError("steps need milestones, and a factor for each")
        if list(self.milestones) != sorted(set(self.milestones)):
            raise ValueError("milestones rise")
        return self


class Training(_Section):
    """How long, with what, and when to stop.

    Args:
        epochs: at most.
        batch_size: fields that go through the network at once.
        accumulate: batches whose gradients are summed before a step.
        monitor: the figure that the best epoch and early stopping are chosen by.
        patience: epochs without a better figure after which training stops; null: never.
        precision: Lightning's.
        keep: last epochs whose checkpoints stay.
        average: `ema` keeps an exponential moving average of the weights, `last` the mean of the last `keep` epochs.
        ema_decay: of `ema`, per step.
        retrain: at the end, train again on train and validation together, as many epochs as were best; the rule stays.
            Without a validation part nothing is left to do.
        seed: of all that is drawn.
        workers: processes that read fields; null: none where the fields fit into memory, else one per core.
    """

    epochs: int = Field(default=25, ge=1)
    batch_size: int = Field(default=32, ge=1)
    accumulate: int = Field(default=1, ge=1)
    monitor: Literal[
        "validation_loss",
        "validation_macro_average_precision",
        "validation_macro_f1",
        "validation_micro_f1",
        "validation_macro_precision",
        "validation_macro_recall",
        "validation_exact_match",
        "validation_binary_accuracy",
        "validation_ece",
    ] = "validation_macro_average_precision"
    patience: int | None = Field(default=10, ge=1)
    precision: Literal["32-true", "16-mixed", "bf16-mixed"] = "32-true"
    keep: int = Field(default=1, ge=1)
    average: Literal["none", "ema", "last"] = "none"
    ema_decay: Share = 0.999
    retrain: bool = False
    seed: int = Field(default=0, ge=0, le=2**31)
    workers: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _agree(self) -> Training:
        if self.average == "last" and self.keep < 2:
            raise ValueError("an average of the last epochs needs training.keep of 2 or more")
        return self


class Decision(_Section):
    """The decision rule, fitted on the validation part, and what it is fitted to.

    Args:
        rule: which (see `cellocate.decision.fit`).
        fallback: what a field shows that would show nothing; the rule's own unless given.
        at_most: how many locations a field may show.
        views: how a field is turned when it is predicted: `none`, `flips` (4 mirrors) or `dihedral` (8 orientations).
        crops: of a field when it is predicted: 0, none; 1, its centre; 4, its corners; 5, all of these; as large as
            those of `augmentation.crop`.
        pool: of the probabilities of all views: `mean`, `max`, or `geometric`, the mean of logits.
        calibrate: probabilities before the rule, by one number for all locations (`temperature`) or by two for each
            (`per_class`); null: not.
    """

    rule: Kind = DEFAULT
    fallback: Fallback | None = None
    at_most: Annotated[int, Field(ge=1)] | None = None
    views: Turns = "none"
    crops: Crops = 0
    pool: Pooled = "mean"
    calibrate: CalibrationKind | None = None


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
    sampling: Sampling = Sampling()
    augmentation: Augmentation = Augmentation()
    optimiser: Optimiser = Optimiser()
    schedule: Schedule = Schedule()
    training: Training = Training()
    decision: Decision = Decision()

    @model_validator(mode="after")
    def _agree(self) -> Recipe:
        if "arcface" in self.loss.terms and (self.augmentation.mixup or self.augmentation.cutmix):
            raise ValueError(
                "arcface in loss.terms tells whole fields apart: leave augmentation.mixup and augmentation.cutmix at 0"
            )
        if self.loss.activation == "softmax" and self.decision.rule != "best":
            raise ValueError("cross_entropy in loss.terms is for one label: set decision.rule to best")
        if self.loss.activation == "softmax" and self.decision.calibrate is not None:
            raise ValueError("cross_entropy's probabilities sum to 1: leave decision.calibrate out")
        if self.decision.crops and self.augmentation.crop == 1:
            raise ValueError("decision.crops are as large as those of training: set augmentation.crop, or leave them")
        if self.loss.activation == "softmax" and self.decision.pool == "max":
            raise ValueError("cross_entropy's probabilities sum to 1: set decision.pool to mean or geometric")
        self.views()  # refuses what makes no sense
        return self

    def views(self) -> Views:
        """The views of a field when it is predicted."""
        decision = self.decision
        crop = self.augmentation.crop if decision.crops else 1
        return Views(turns=decision.views, crops=decision.crops, crop=crop, pool=decision.pool)

    def to_yaml(self) -> str:
        """The recipe with every setting spelled out."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False)
