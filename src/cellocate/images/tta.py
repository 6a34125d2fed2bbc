"""Test-time augmentation: a field is predicted turned, mirrored and cropped, and the probabilities are pooled."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, model_validator

from cellocate.choices import TtaKind
from cellocate.images.scale import Scale

Pooled = Literal["mean", "max", "geometric"]
Crops = Literal[0, 1, 4, 5]

ORIENTATIONS: dict[TtaKind, tuple[int, ...]] = {
    "none": (0,),
    "flips": (0, 2, 4, 6),
    "dihedral": (0, 1, 2, 3, 4, 5, 6, 7),
}
"""Of the 8 of a square (see `cellocate.networks.tta.orient`); flips are mirrored along neither side, both, or one."""

_CORNERS = ((-1, -1), (1, 1), (1, -1), (-1, 1))


class Square(NamedTuple):
    """A crop: its side as a share of the field's, and its place, −1 to 1 between the edges that it can touch."""

    side: float
    x: float
    y: float


class TTA(BaseModel):
    """Test-time augmentation: the views of a field, and how their probabilities are pooled.

    Args:
        turns: `none`; `flips`, the 4 mirrors; `dihedral`, the 8 orientations.
        crops: 0, the whole field; 1, its centre; 4, its corners; 5, all of these. Their sides go evenly from `crop` to
            1, as those that training draws by chance.
        crop: smallest side of a crop, as a share of the field's. Fields are read larger, so that none is enlarged.
        pool: of the views' probabilities: `mean`, `max`, or `geometric`, which for a location is the mean of logits.

    Example:
        >>> TTA(turns="dihedral", crops=4, crop=2 / 3, pool="max").count  # as the winner of 2018
        32
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    turns: TtaKind = "none"
    crops: Crops = 0
    crop: Annotated[float, Field(gt=0.1, le=1)] = 1
    pool: Pooled = "mean"

    @model_validator(mode="after")
    def _sensible(self) -> TTA:
        if bool(self.crops) != (self.crop < 1):
            raise ValueError("crops and a crop smaller than the field belong together")
        if self.pool != "mean" and self.count == 1:
            raise ValueError(f"{self.pool} of a single view: set turns or crops as well")
        return self

    @property
    def count(self) -> int:
        """How often a field is looked at."""
        return len(ORIENTATIONS[self.turns]) * max(1, self.crops)

    @property
    def squares(self) -> tuple[Square, ...]:
        """The crops; none where the whole field is looked at."""
        places = {0: (), 1: ((0, 0),), 4: _CORNERS, 5: ((0, 0), *_CORNERS)}[self.crops]
        steps = ((i + 0.5) / len(places) for i in range(len(places)))
        return tuple(
            Square(self.crop + (1 - self.crop) * step, x, y) for step, (x, y) in zip(steps, places, strict=True)
        )

    def scale(self, seen: Scale) -> Scale:
        """The scale that fields are read at, for a network that sees them at `seen`."""
        side = uncropped(seen.size, self.crop)
        size = None if seen.pixel_size is None else seen.pixel_size * seen.size / side
        return replace(seen, size=side, pixel_size=size)

    def __str__(self) -> str:
        turned = {"none": "", "flips": "4 mirrors", "dihedral": "8 orientations"}[self.turns]
        cropped = f"{self.crops} {'crop' if self.crops == 1 else 'crops'}" if self.crops else ""
        looked = " × ".join(word for word in (turned, cropped) if word)
        return f"{looked}, {self.pool}" if looked else "one view"


def uncropped(size: int, crop: float) -> int:
    """Side, px, at which fields are read so that their smallest crop has `size` px.

    Example:
        >>> uncropped(512, crop=2 / 3)  # as the winner of 2018
        768
    """
    return math.ceil(size / crop - 1e-6)  # what rounding adds is no pixel
