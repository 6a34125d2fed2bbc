"""Test-time augmentation: predict a field in several orientations and crops, and pool the probabilities."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, model_validator

from cellocate.choices import TtaKind, under_present_names
from cellocate.images.scale import Scale

Pooled = Literal["mean", "max", "geometric"]
Crops = Literal[0, 1, 4, 5]

ORIENTATIONS: dict[TtaKind, tuple[int, ...]] = {
    "none": (0,),
    "flips": (0, 2, 4, 6),
    "dihedral": (0, 1, 2, 3, 4, 5, 6, 7),
}
"""Orientations as numbers of `cellocate.networks.tta.orient`; flips mirror along no side, one or both."""

_CORNERS = ((-1, -1), (1, 1), (1, -1), (-1, 1))


class CropPlace(NamedTuple):
    """A crop: its side as a share of the field's, and its position, −1 to 1 between the edges it can touch."""

    side: float
    x: float
    y: float


class TTA(BaseModel):
    """Test-time augmentation: orientations and crops of a field, and how their probabilities are pooled.

    Args:
        orientations: `none`; `flips`, the 4 mirrors; `dihedral`, all 8.
        crops: 0, the whole field; 1, its centre; 4, its corners; 5, all of these. Their sides go evenly from `crop` to
            1, the range of random crops in training.
        crop: smallest side of a crop, as a share of the field's. Fields are read larger, so that no crop is enlarged.
        pool: pooling of the probabilities: `mean`, `max`, or `geometric`, the mean of a location's logits.

    Example:
        >>> TTA(orientations="dihedral", crops=4, crop=2 / 3, pool="max").count  # as the winner of 2018
        32
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    orientations: TtaKind = "none"
    crops: Crops = 0
    crop: Annotated[float, Field(gt=0.1, le=1)] = 1
    pool: Pooled = "mean"

    @model_validator(mode="before")
    @classmethod
    def _by_present_names(cls, values: object) -> object:
        return under_present_names(values, {"turns": "orientations"})

    @model_validator(mode="after")
    def _sensible(self) -> TTA:
        if bool(self.crops) != (self.crop < 1):
            raise ValueError("set both crops and a crop below 1, or neither")
        if self.pool != "mean" and self.count == 1:
            raise ValueError(f"pool {self.pool} needs several predictions: set decision.tta or decision.crops too")
        return self

    @property
    def count(self) -> int:
        """Number of predictions per field."""
        return len(ORIENTATIONS[self.orientations]) * max(1, self.crops)

    @property
    def crop_places(self) -> tuple[CropPlace, ...]:
        """The crops; empty for the whole field."""
        places = {0: (), 1: ((0, 0),), 4: _CORNERS, 5: ((0, 0), *_CORNERS)}[self.crops]
        steps = ((i + 0.5) / len(places) for i in range(len(places)))
        return tuple(
            CropPlace(self.crop + (1 - self.crop) * step, x, y) for step, (x, y) in zip(steps, places, strict=True)
        )

    def scale(self, seen: Scale) -> Scale:
        """The scale at which fields are read, for a network with the scale `seen`."""
        side = uncropped_side(seen.size, self.crop)
        size = None if seen.pixel_size is None else seen.pixel_size * seen.size / side
        return replace(seen, size=side, pixel_size=size)

    def __str__(self) -> str:
        turned = {"none": "", "flips": "4 mirrors", "dihedral": "8 orientations"}[self.orientations]
        cropped = f"{self.crops} {'crop' if self.crops == 1 else 'crops'}" if self.crops else ""
        views = " × ".join(word for word in (turned, cropped) if word)
        return f"{views}, {self.pool}" if views else "one view"


def uncropped_side(size: int, crop: float) -> int:
    """Side in px at which fields are read so that their smallest crop has `size` px.

    Example:
        >>> uncropped_side(512, crop=2 / 3)  # as the winner of 2018
        768
    """
    return math.ceil(size / crop - 1e-6)  # ignore rounding errors
