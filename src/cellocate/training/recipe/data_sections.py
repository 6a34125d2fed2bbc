"""The sections `data`, `sampling` and `augmentation`: what a network sees."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from cellocate.choices import Channel, DrawnSplit, TrainingOrientation
from cellocate.images import Intensity
from cellocate.registry import SAMPLERS
from cellocate.training.recipe.section import Section, Share


class SplitSettings(Section):
    """How to split the fields if no split is given.

    Args:
        method: `stratified` by all locations, `random`, or `sequential` in the order of the label table.
        validation: fraction of the groups.
        test: fraction of the groups.
        min_per_location: fields of each location in the train part (see `cellocate.collection.make_split`).
    """

    old_names: ClassVar[Mapping[str, str]] = MappingProxyType({"least": "min_per_location"})

    method: DrawnSplit = "stratified"
    validation: Share = 0.15
    test: Share = 0.15
    min_per_location: int = Field(default=0, ge=0)


class Data(Section):
    """The input of the network.

    Args:
        channels: channels in the order of the network's input.
        size: side of the network's input, px.
        pixel_size: µm per px of that input; null: a field's longer side becomes `size` px.
        intensity: how pixels become floats (see `cellocate.images.to_float`).
        normalisation: `fields` subtracts the mean and divides by the standard deviation of each channel over the
            training fields; `none` leaves floats between 0 and 1.
        locations: locations to learn, for a specialist: names, or groups such as `group:Nucleus`; null: all.
        split: how to split the fields.
    """

    channels: tuple[Channel, ...] = ("red", "green", "blue", "yellow")
    size: int = Field(default=512, ge=32, le=4096)
    pixel_size: float | None = Field(default=None, gt=0)
    intensity: Intensity = "depth"
    normalisation: Literal["fields", "none"] = "fields"
    locations: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    split: SplitSettings = SplitSettings()

    @field_validator("channels")
    @classmethod
    def _distinct(cls, channels: tuple[str, ...]) -> tuple[str, ...]:
        if not channels or len(set(channels)) < len(channels):
            raise ValueError("give at least one channel, each once")
        return channels


class Sampling(Section):
    """Which training fields an epoch shows.

    Args:
        name: `uniform` shows each once; `oversample` repeats fields of rare locations up to `min_per_location`;
            `class_aware` draws a location, then one of its fields; `square_root` draws locations by the square root of
            their frequency.
        min_per_location: fields of each location in an epoch, for `oversample`.
        max_per_location: fields of each location that are used at all; null: all.
        batches: batches in an epoch; null: enough to show each field once.
        smote: at the end, retrain the classifier with synthetic features of rare locations.
    """

    old_names: ClassVar[Mapping[str, str]] = MappingProxyType({"least": "min_per_location", "most": "max_per_location"})

    name: Annotated[str, AfterValidator(SAMPLERS.checked)] = "uniform"
    min_per_location: int = Field(default=0, ge=0)
    max_per_location: int | None = Field(default=None, ge=1)
    batches: int | None = Field(default=None, ge=1)
    smote: bool = False

    @model_validator(mode="after")
    def _agree(self) -> Sampling:
        if (self.name == "oversample") != (self.min_per_location > 0):
            raise ValueError("oversample and min_per_location go together: set both or neither")
        return self


class Augmentation(Section):
    """Random changes of a batch, drawn for each field, on the device that trains.

    Args:
        orientation: `dihedral`, one of 8 orientations (90° turns and mirrors); `flips`, mirrors only; `eighths`, turns
            by multiples of 45°, and mirrors.
        rotation: maximum degrees, in either direction.
        shift: maximum fraction of the side, in either direction.
        shear: maximum degrees, in either direction.
        zoom: factor between 1 − zoom and 1 + zoom.
        crop: minimum side of a random crop, as a fraction of the field's; fields are read larger so that no crop is
            enlarged. 1: the whole field.
        contrast: each channel is multiplied by a number between 1 − contrast and 1 + contrast.
        gamma: each channel is raised to a power between 1/(1 + gamma) and 1 + gamma.
        brightness: maximum that is added to or subtracted from each channel.
        noise: maximum standard deviation of Gaussian noise.
        blur: maximum standard deviation of a Gaussian blur, px.
        channel_dropout: probability that a channel other than green is set to 0.
        mixup: a of the Beta(a, a) that fields are mixed by; 0: off.
        cutmix: a of the Beta(a, a) for the area of a field pasted into another; 0: off.
    """

    old_names: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"turns": "orientation", "gain": "contrast", "offset": "brightness", "drop": "channel_dropout"}
    )

    orientation: TrainingOrientation = "dihedral"
    rotation: float = Field(default=0, ge=0, le=180)
    shift: Share = 0
    shear: float = Field(default=0, ge=0, lt=90)
    zoom: Share = 0
    crop: float = Field(default=1, gt=0.1, le=1)
    contrast: Share = 0
    gamma: float = Field(default=0, ge=0)
    brightness: Share = 0
    noise: Share = 0
    blur: float = Field(default=0, ge=0)
    channel_dropout: Share = 0
    mixup: float = Field(default=0, ge=0)
    cutmix: float = Field(default=0, ge=0)
