"""`model.json`: everything about a model except its weights."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal, TypeVar

import timm
import torch
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

import cellocate
from cellocate.choices import Activation, under_present_names
from cellocate.collection.collection import Collection, Unit
from cellocate.collection.emptiness import PROTEIN
from cellocate.decision import Calibration, Rule
from cellocate.errors import CellocateError
from cellocate.images import CHANNELS, TTA, Intensity
from cellocate.images.scale import Scale
from cellocate.registry import CELL_POOLS, HEADS
from cellocate.vocabulary import Location, Vocabulary

C = TypeVar("C", bound=Collection)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    old_names: ClassVar[Mapping[str, str]] = MappingProxyType({})  # names in earlier versions → names now

    @model_validator(mode="before")
    @classmethod
    def _by_present_names(cls, values: object) -> object:
        return under_present_names(values, cls.old_names)


class LocationEntry(_Part):
    """A location of the vocabulary."""

    name: str
    go: str | None
    group: str


class Normalisation(_Part):
    """Mean and standard deviation of each channel over the training fields, for floats between 0 and 1."""

    mean: tuple[float, ...]
    std: tuple[float, ...]


class BagPooling(_Part):
    """How predictions for cells become a prediction for their field.

    Args:
        pool: name of the pool (see `cellocate.networks.cell_pools.build_pool`).
        edge: weight of a cell that touches the edge of its field; other cells weigh 1.
    """

    pool: Annotated[str, AfterValidator(CELL_POOLS.checked)]
    edge: float = Field(default=1.0, gt=0, le=1)


class Member(_Part):
    """One network of an ensemble; `class_weights` are its weights for each location of the ensemble."""

    old_names = MappingProxyType({"shares": "class_weights"})

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

    @classmethod
    def now(cls, collection: Collection, **facts: Any) -> Provenance:  # noqa: ANN401 # the other settings
        """The provenance of a model made now, with the installed versions, from a collection."""
        return cls(
            cellocate=cellocate.__version__,
            torch=str(torch.__version__),
            timm=timm.__version__,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            collection=collection.folder.resolve().name,
            layout=collection.layout,
            **facts,
        )


class Ood(_Part):
    """How the model detects fields out of distribution (see `cellocate.networks.ood`).

    Args:
        distance: distance from the references that 99% of the validation fields stay below.
        light_distance: the same for brightness and contrast; None in older cards.
        checksum: SHA-256 of `references.safetensors`.
    """

    distance: float = Field(gt=0)
    light_distance: float | None = Field(default=None, gt=0)
    checksum: str


class ModelCard(_Part):
    """What you must know to use a model's weights correctly; `docs/formats.md` describes every line of the file.

    Attributes:
        head: from feature map to logits.
        activation: from logits to probabilities: `sigmoid` if a field can have several locations, `softmax` if it has
            exactly one.
        unit: whether training images were whole fields or single cells; None if the collection did not say, and in
            older cards.
        locations: locations of the vocabulary, in the order of the network's outputs.
        channels: channels of the network's input, in order.
        size: side of the network's input, px.
        pixel_size: µm per px of that input.
        pixel_size_assumed: whether the pixel size was assumed (a field spans 163.84 µm) and not recorded.
        bits: bit depths of the cameras that took the training fields, ascending; empty in older cards.
        missing_channels: whether images must have all channels (`refuse`), or may lack some that are not the protein's
            and that the network then sees as zeros (`blank`).
        tta: test-time augmentation; the calibration and the rule, in this order, were fitted after it.
        scores: `validation`, measured on the validation part with the rule fitted there; and `real`, for a model of
            simulated cells that was measured on real images. Each has at least `n` and `macro_f1`.
        fields: ids of the fields in each part of the split.
        originals: ids that these fields had before a merge, where they differ.
        weights: SHA-256 of `model.safetensors`.
        checksum: SHA-256 of this card without this line.
    """

    old_names = MappingProxyType({"familiar": "ood", "views": "tta"})

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
    missing_channels: Literal["refuse", "blank"] = "refuse"
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

    @model_validator(mode="after")
    def _agree(self) -> ModelCard:
        if len(self.rule.thresholds) != len(self.locations):
            raise ValueError("the rule and the vocabulary differ in length")
        if self.calibration is not None and len(self.calibration.slopes) != len(self.locations):
            raise ValueError("the calibration and the vocabulary differ in length")
        if not len(self.normalisation.mean) == len(self.normalisation.std) == len(self.channels):
            raise ValueError("the normalisation and the channels differ in length")
        if any(len(member.class_weights) != len(self.locations) for member in self.members):
            raise ValueError("the class weights of a member and the locations differ in length")
        if self.activation == "softmax" and self.tta.pool == "max":
            raise ValueError("the maximum of probabilities that sum to 1 gives no probabilities: use mean or geometric")
        return self

    def to_vocabulary(self) -> Vocabulary:
        """The vocabulary of the network's outputs."""
        return Vocabulary(self.vocabulary, tuple(Location(e.name, e.go, e.group) for e in self.locations))

    def scale(self) -> Scale:
        """The scale of the network's input."""
        return Scale(self.size, self.pixel_size)

    def with_tta(self, tta: TTA) -> ModelCard:
        """A copy of the card with other test-time augmentation.

        Raises:
            CellocateError: the pool does not give probabilities.
        """
        try:
            return ModelCard.model_validate({**dict(self), "tta": tta})
        except ValidationError as error:
            raise CellocateError(error.errors()[0]["msg"].removeprefix("Value error, ")) from None

    def digest(self, content: Mapping[str, Any] | None = None) -> str:
        """SHA-256 of the card's content without `checksum`.

        Args:
            content: the content of a file, which may lack settings that were added later; by default the card's own.
        """
        since = {  # settings that older cards lack
            "unit": self.unit is not None,
            "bits": self.bits,
            "bag": self.bag is not None,
            "originals": self.originals,
            "tta": self.tta != TTA(),
            "calibration": self.calibration is not None,
            "ood": self.ood is not None,
        }
        omitted = {"checksum", *(name for name, present in since.items() if not present)}
        omitted |= {old for old, name in self.old_names.items() if name in omitted}
        content = self.model_dump(mode="json") if content is None else content
        text = json.dumps({name: value for name, value in content.items() if name not in omitted}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def with_blank_landmarks(collection: C, cards: Sequence[ModelCard]) -> C:
    """The collection, with the landmarks that it lacks read as zeros if all these models allow it."""
    if any(card.missing_channels == "refuse" for card in cards):
        return collection
    return collection.with_blank([c for c in CHANNELS if c != PROTEIN and any(c in card.channels for card in cards)])
