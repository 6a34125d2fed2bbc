"""How a folder is to be read, where it does not say so itself: `collection.yaml`."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from cellocate.collection.channels import parse_mapping, parse_value
from cellocate.errors import CellocateError
from cellocate.images.address import Colour, Projection, checked_axes
from cellocate.registry import LAYOUTS

FILE = "collection.yaml"
_LISTING = "listing"
IN_YAML = "channels: {nucleus: DAPI, protein: AF488}"
"""How channels are named there, for messages."""


def _known_layout(name: str) -> str:
    return name if name == _LISTING else LAYOUTS.checked(name)


class Reading(BaseModel):
    """What may be said of a folder of images; all of it is optional.

    Attributes:
        layout: which of several that fit; "folder" is that of files named by channel, whatever labels lie beside them.
        pattern: of file names, such as `{plate}_{well}_f{id}_w{channel}.tif`; `{id}` and `{channel}` are understood,
            other names become metadata. Without `{channel}` each file holds all channels; without `{id}`, all else
            together is the id.
        channels: for each channel its name in files of several channels, or its number there, from 0; or the part of
            the names of files that stands for it. `collection.yaml` may speak of nucleus, protein, microtubules and er.
        z: of a stack, which plane, from 0, or "max" (unless given) or "mean" of all.
        axes: of a stack, what its axes are, in the order in which they are stored, where the file does not say so
            rightly: letters of T(ime), C(hannel), Z, Y and X, such as `CYX` or `ZCYX`; those of length 1 are left out.
        yellow: which colour of a colour image holds the yellow channel; the mean of red and green unless given.
        pixel_size: µm per px of every file.
        bits: of the camera, where every pixel of 16-bit files holds fewer, such as 12.
        camera_offset: counts that were added to every pixel; they are subtracted.
        labels: the label table, and `vocabulary`, that of its labels.
        metadata: tables whose rows are joined by id.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    layout: Annotated[str, AfterValidator(_known_layout)] | None = None
    pattern: str | None = None
    channels: dict[str, int | str] = {}
    z: int | Projection | None = None
    axes: Annotated[str, AfterValidator(checked_axes)] | None = None
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
        CellocateError: it is not YAML, or says what is not understood.
    """
    try:
        root = yaml.compose(path.read_text(encoding="utf-8-sig"), Loader=yaml.SafeLoader)
        said = {} if root is None else _typed(root, path)
    except yaml.MarkedYAMLError as error:
        raise _not_yaml(error, path) from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        what = f"not readable as YAML ({type(error).__name__})"
        raise CellocateError(what, where=path, mend="Correct it or remove it.") from None
    said = {} if said is None else said
    if not isinstance(said, dict):
        raise CellocateError("not a list of settings", where=path, mend="Write lines such as pixel_size: 0.08.")
    for name in said:
        if name not in Reading.model_fields:
            raise CellocateError(f"no setting is called {str(name)!r}", where=path, mend=_nearest(str(name)))
    said = {name: value for name, value in said.items() if value is not None}
    if "channels" in said:
        if not isinstance(said["channels"], dict):
            mend = (
                "Write the stain and then the name of its channel, such as channels: {nucleus: DAPI, protein: AF488}."
            )
            raise CellocateError("channels names no stains", where=path, mend=mend)
        named = {stain: "" if name is None else name for stain, name in said["channels"].items()}
        said["channels"] = parse_mapping(named, path, IN_YAML)
    try:
        reading = Reading.model_validate(said)
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        what = f"{name} cannot be {_shown(said[name])}"
        raise CellocateError(what, where=path, mend=f"It is {_meant(name)}.") from None
    beside = path.parent
    labels = None if reading.labels is None else beside / reading.labels
    return reading.model_copy(update={"labels": labels, "metadata": tuple(beside / m for m in reading.metadata)})


def _not_yaml(error: yaml.MarkedYAMLError, path: Path) -> CellocateError:
    """Where a file is no YAML, and what is most often wrong there."""
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    mark = error.problem_mark or error.context_mark
    number = min(mark.line, len(lines) - 1) if mark else 0
    line = lines[number] if lines else ""
    setting, _, value = line.strip().partition(":")
    if "\t" in line:
        mend = "Write blanks in the place of tabs."
    elif "{" in value and setting != "channels":
        mend = f'Put it in quotes: {setting}: "{value.strip()}".'
    else:
        mend = "Write a setting and its value in each line, such as pixel_size: 0.08, and put other text in quotes."
    shown = _shown(" ".join(line.split()))
    return CellocateError(f"not readable as YAML ({shown})", where=f"{path}, line {number + 1}", mend=mend)


_MEANT = {
    "pattern": 'a pattern of file names, such as "{id}_{channel}.tif"',
    "z": "the number of a plane, from 0, or max or mean",
    "yellow": "red, green, blue or mean",
    "axes": "the letters of T, C, Z, Y and X, each once, such as CYX or ZCYX",
    "bits": "the bits of the camera, 8 to 16, such as 12",
    "camera_offset": "the counts that were added to every pixel, such as 100",
    "pixel_size": "µm per px, such as 0.08",
    "labels": "the name of a file",
    "vocabulary": "hpa28, hpa19, subcell31, or the name of a file",
    "metadata": "a list of files, such as [wells.csv, antibodies.csv]",
}
"""What each setting may be, as the end of a sentence."""


def _meant(name: str) -> str:
    return f"{', '.join(map(repr, LAYOUTS))} or {_LISTING!r}" if name == "layout" else _MEANT[name]


def _typed(node: yaml.Node, path: Path) -> Any:  # noqa: ANN401 # whatever YAML can hold
    """What a file says as it is typed: 00, no or 1e3 are names, and only 0, 1, 2 and so on are numbers.

    Raises:
        CellocateError: a name stands twice, or no name can stand there.
    """
    if isinstance(node, yaml.ScalarNode):
        if node.style is not None:
            return node.value
        return None if node.value in ("", "~", "null") else parse_value(node.value)
    if isinstance(node, yaml.SequenceNode):
        return [_typed(item, path) for item in node.value]
    found: dict[int | str, Any] = {}
    for key, value in node.value:
        name = _typed(key, path)
        where = f"{path}, line {key.start_mark.line + 1}"
        if not isinstance(name, int | str):
            raise CellocateError("no name before a colon", where=where, mend="Write lines such as pixel_size: 0.08.")
        if name in found:
            raise CellocateError(f"two lines for {name}", where=where, mend="Keep one of them.")
        found[name] = _typed(value, path)
    return found


def _nearest(name: str) -> str:
    near = get_close_matches(name.lower(), Reading.model_fields, n=1)
    return f"{f'Did you mean {near[0]}? ' if near else ''}It can say {', '.join(Reading.model_fields)}."


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


_LONGEST = 60
