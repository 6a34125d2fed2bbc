"""`model.json`: everything about a model but its weights."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from cellocate.choices import Activation
from cellocate.collection.collection import Unit
from cellocate.decision import Calibration, Rule
from cellocate.errors import CellocateError
from cellocate.images import TTA, Intensity
from cellocate.images.scale import Scale
from cellocate.registry import CELL_POOLS, HEADS
from cellocate.vocabulary import Location, Vocabulary


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LocationEntry(_Part):
    """A location of the vocabulary."""

    name: str
    go: str | None
    group: str


class Normalisation(_Part):
    """Mean and standard deviation per channel, of floats between 0 and 1; measured on the training fields."""

    mean: tuple[float, ...]
    std: tuple[float, ...]


class BagPooling(_Part):
    """How what cells show becomes what their field shows, in a network that learnt from labels of fields.

    Args:
        pool: see `cellocate.networks.cell_pools.build_pool`.
        edge: weight of a cell that touches the edge of its field; that of others is 1.
    """

    pool: Annotated[str, AfterValidator(CELL_POOLS.checked)]
    edge: float = Field(default=1.0, gt=0, le=1)


class Member(_Part):
    """One network of several that are one model.

    Args:
        name: of the model that it was.
        backbone: name of its body.
        head: from its feature map to logits.
        activation: from its logits to probabilities.
        locations: names of its outputs, in order.
        normalisation: of its input.
        shares: how much of a say it has in each location of the whole.
        epoch: that its weights are of.
        checksum: of the model that it was.
    """

    name: str
    backbone: str
    head: Annotated[str, AfterValidator(HEADS.checked)] = "linear"
    activation: Activation
    locations: tuple[str, ...]
    normalisation: Normalisation
    class_weights: tuple[float, ...]
    epoch: int
    checksum: str


class Provenance(_Part):
    """Where a model comes from."""

    cellocate: str
    torch: str
    timm: str
    created: str
    collection: str
    layout: str
    challenges: tuple[str, ...] = ()
    simulated: bool
    fields: dict[str, int]
    epoch: int
    recipe: dict[str, Any]


class Ood(_Part):
    """How fields out of distribution are told from those that were learnt from (see `cellocate.networks.ood`).

    Args:
        distance: from the references, that 99% of the validation fields do not exceed.
        light_distance: the same of brightness and contrast; None in older cards.
        checksum: SHA-256 of `references.safetensors`.
    """

    distance: float = Field(gt=0)
    light_distance: float | None = Field(default=None, gt=0)
    checksum: str


class ModelCard(_Part):
    """What must be known to use a model's weights rightly.

    Args:
        format: version of this file's form.
        name: of the model (the recipe's, unless renamed).
        backbone: name of the network's body, timm's or cellocate's own.
        head: from its feature map to logits.
        activation: from logits to probabilities: `sigmoid` where a field shows any number of locations, `softmax`
            where it shows one.
        unit: what an image of the training showed, a whole field or a single cell, as far as the collection told; None
            in cards that are older than this line.
        bag: where images are cells that learnt from the labels of their fields.
        members: the networks, where there are several (see `cellocate.networks.ensemble`).
        vocabulary: name of the vocabulary.
        locations: of the vocabulary, in the order of the network's outputs.
        channels: of the network's input, in order.
        size: side of the network's input, px.
        pixel_size: µm per px of that input.
        pixel_size_assumed: whether that rests on the assumption that a field spans 163.84 µm.
        intensity: how pixels become floats (see `cellocate.images.to_float`).
        bits: of the cameras that the training fields were taken with, ascending; empty in older cards.
        missing_channels: what to do with fields that lack a channel; this model knows only to refuse them.
        normalisation: of the floats.
        tta: of a field, whose probabilities are pooled; the rule was fitted to these.
        calibration: of these probabilities, if any; the rule was fitted to calibrated ones.
        rule: from probabilities to locations.
        ood: what tells fields that are out of distribution, if anything.
        scores: `validation`, measured on the validation part, with the rule that was fitted on it; and `real`, where a
            model of simulated cells was measured on real images: at least `n` and `macro_f1`.
        provenance: where the model comes from.
        fields: ids of the fields in each part of the split.
        originals: the ids that they had before a merge, where those were others.
        weights: SHA-256 of `model.safetensors`.
        checksum: SHA-256 of this card without this line.
    """

    format: Literal[1] = 1
    name: str
    backbone: str
    head: Annotated[str, AfterValidator(HEADS.checked)] = "linear"
    activation: Activation = "sigmoid"
    unit: Unit | None = None
    bag: BagPooling | None = None
    members: tuple[Member, ...] = ()
    vocabulary: str
    locations: tuple[LocationEntry, ...]
    channels: tuple[str, ...]
    size: int = Field(gt=0)
    pixel_size: float = Field(gt=0)
    pixel_size_assumed: bool
    intensity: Intensity
    bits: tuple[int, ...] = ()
    missing_channels: Literal["refuse"] = "refuse"
    normalisation: Normalisation
    tta: TTA = TTA()
    calibration: Calibration | None = None
    rule: Rule
    ood: Ood | None = None
    scores: dict[str, Any]
    provenance: Provenance
    fields: dict[str, tuple[str, ...]]
    originals: dict[str, str] = {}
    weights: str = ""
    checksum: str = ""

    @model_validator(mode="before")
    @classmethod
    def _by_present_names(cls, values: object) -> object:
        old = {"familiar": "ood", "views": "tta"}  # in earlier models
        return {old.get(k, k): v for k, v in values.items()} if isinstance(values, dict) else values

    @model_validator(mode="after")
    def _agree(self) -> ModelCard:
        if len(self.rule.thresholds) != len(self.locations):
            raise ValueError("the rule and the vocabulary differ in length")
        if self.calibration is not None and len(self.calibration.slopes) != len(self.locations):
            raise ValueError("the calibration and the vocabulary differ in length")
        if not len(self.normalisation.mean) == len(self.normalisation.std) == len(self.channels):
            raise ValueError("the normalisation and the channels differ in length")
        if any(len(member.class_weights) != len(self.locations) for member in self.members):
            raise ValueError("the shares of a member and the locations differ in length")
        if self.activation == "softmax" and self.tta.pool == "max":
            raise ValueError("the largest of probabilities that sum to 1 are none: use mean or geometric")
        return self

    def to_vocabulary(self) -> Vocabulary:
        """The vocabulary of the network's outputs."""
        return Vocabulary(self.vocabulary, tuple(Location(e.name, e.go, e.group) for e in self.locations))

    def scale(self) -> Scale:
        """How fields are brought to the network's input."""
        return Scale(self.size, self.pixel_size)

    def with_tta(self, tta: TTA) -> ModelCard:
        """The card with other test-time augmentation, and all else as it was.

        Raises:
            CellocateError: a pool that leaves no probabilities.
        """
        try:
            return ModelCard.model_validate({**dict(self), "tta": tta})
        except ValidationError as error:
            raise CellocateError(error.errors()[0]["msg"].removeprefix("Value error, ")) from None

    def digest(self, said: Mapping[str, Any] | None = None) -> str:
        """SHA-256 of the card's content, but for `checksum` itself.

        Args:
            said: the content as a file has it, whose parts may lack settings that were added later.
        """
        since = {  # older cards do not have these
            "unit": self.unit is not None,
            "bits": self.bits,
            "bag": self.bag is not None,
            "originals": self.originals,
            "tta": self.tta != TTA(),
            "calibration": self.calibration is not None,
            "ood": self.ood is not None,
        }
        unsaid = {"checksum", *(name for name, said in since.items() if not said)}
        content = self.model_dump(mode="json") if said is None else said
        text = json.dumps({name: value for name, value in content.items() if name not in unsaid}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()
