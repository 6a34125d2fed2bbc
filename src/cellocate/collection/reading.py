"""How a folder is to be read, where it does not say so itself: `collection.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cellocate.errors import CellocateError
from cellocate.images.address import Colour, Projection

FILE = "collection.yaml"

Channel = Literal["red", "green", "blue", "yellow"]


class Reading(BaseModel):
    """What may be said of a folder of images; all of it is optional.

    Attributes:
        layout: which of several that fit; "folder" is that of files named by channel, whatever labels lie beside them.
        pattern: of file names, such as `{plate}_{well}_f{id}_w{channel}.tif`; `{id}` and `{channel}` are understood,
            other names become metadata. Without `{channel}` each file holds all channels; without `{id}`, all else
            together is the id.
        channels: for each channel what stands for it, in names of files or in files of several channels: a name, or a
            number from 0.
        z: of a stack, which plane, from 0, or "max" or "mean" of all.
        yellow: which colour of a colour image holds the yellow channel; the mean of red and green unless given.
        pixel_size: µm per px of every file.
        bits: of the camera, where every pixel of 16-bit files holds fewer, such as 12.
        camera_offset: counts that were added to every pixel; they are subtracted.
        labels: the label table, and `vocabulary`, that of its labels.
        metadata: tables whose rows are joined by id.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    layout: Literal["folder", "stacks", "path_list", "listing"] | None = None
    pattern: str | None = None
    channels: dict[Channel, int | str] = {}
    z: int | Projection | None = None
    yellow: Colour = "mean"
    pixel_size: float | None = Field(default=None, gt=0)
    bits: int | None = Field(default=None, ge=8, le=16)
    camera_offset: int | None = Field(default=None, ge=0, lt=2**16)
    labels: Path | None = None
    vocabulary: str | None = None
    metadata: tuple[Path, ...] = ()


def read_reading(path: Path) -> Reading:
    """Read a `collection.yaml`; paths in it start from its folder.

    Raises:
        CellocateError: it is no YAML, or says what is not understood.
    """
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        if not isinstance(said, dict):
            raise CellocateError("not a list of settings", where=path, mend="Write lines such as pixel_size: 0.08.")
        reading = Reading.model_validate(said)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CellocateError(f"no YAML ({type(error).__name__})", where=path, mend="Mend or remove it.") from None
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        mend = f"It can say {', '.join(Reading.model_fields)}."
        raise CellocateError(f"{name}: {first['msg']}", where=path, mend=mend) from None
    beside = path.parent
    labels = None if reading.labels is None else beside / reading.labels
    return reading.model_copy(update={"labels": labels, "metadata": tuple(beside / m for m in reading.metadata)})
