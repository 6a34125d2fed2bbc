"""Read `collection.yaml`, which describes how a folder of images is to be read."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from cellocate.collection.channels import parse_value
from cellocate.collection.channels.user_choice import parse_mapping
from cellocate.errors import CellocateError
from cellocate.images.address import Colour, Projection, checked_axes
from cellocate.registry import LAYOUTS

FILE = "collection.yaml"
_LISTING = "listing"
IN_YAML = "channels: {nucleus: DAPI, protein: AF488}"
"""An example of channels in `collection.yaml`, for messages."""


def _known_layout(name: str) -> str:
    return LAYOUTS.checked(name, _LISTING)


class FolderSettings(BaseModel):
    """The settings in a `collection.yaml`; all are optional.

    Attributes:
        layout: the layout to use, if several fit. "folder" means files named by channel, whatever labels are there.
        pattern: of file names, such as `{plate}_{well}_f{id}_w{channel}.tif`. Fields other than `{id}` and `{channel}`
            become metadata. Without `{channel}` each file holds all channels; without `{id}` the id is made of all
            other fields.
        channels: for each channel (nucleus, protein, microtubules, er, or a colour) its name or number, from 0, in
            files of several channels, or the part of file names that stands for it.
        z: plane of a stack, from 0, or "max" (the default) or "mean" of all planes.
        axes: axes of a stack, in the order they are stored, if the file does not give them correctly: letters of
            T(ime), C(hannel), Z, Y and X, such as `CYX` or `ZCYX`, without axes of length 1.
        yellow: the colour of a colour image that holds the yellow channel; by default the mean of red and green.
        pixel_size: µm per px of every file.
        bits: of the camera, if pixels of 16-bit files use fewer, such as 12.
        camera_offset: counts that the camera added to every pixel; they are subtracted.
        labels: the label table.
        vocabulary: the vocabulary of the labels.
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


def read_collection_yaml(path: Path) -> FolderSettings:
    """Read a `collection.yaml`; paths in it are relative to its folder.

    Raises:
        CellocateError: it is not YAML, or has an unknown setting or value.
    """
    try:
        root = yaml.compose(path.read_text(encoding="utf-8-sig"), Loader=yaml.SafeLoader)
        settings = {} if root is None else _typed(root, path)
    except yaml.MarkedYAMLError as error:
        raise _not_yaml(error, path) from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        what = f"not readable as YAML ({type(error).__name__})"
        raise CellocateError(what, where=path, mend="Correct it or remove it.") from None
    settings = {} if settings is None else settings
    if not isinstance(settings, dict):
        raise CellocateError("not a list of settings", where=path, mend="Write lines such as pixel_size: 0.08.")
    for name in settings:
        if name not in FolderSettings.model_fields:
            raise CellocateError(f"no setting is called {str(name)!r}", where=path, mend=_nearest(str(name)))
    settings = {name: value for name, value in settings.items() if value is not None}
    if "channels" in settings:
        if not isinstance(settings["channels"], dict):
            mend = (
                "Write the stain and then the name of its channel, such as channels: {nucleus: DAPI, protein: AF488}."
            )
            raise CellocateError("channels names no stains", where=path, mend=mend)
        named = {stain: "" if name is None else name for stain, name in settings["channels"].items()}
        settings["channels"] = parse_mapping(named, path, IN_YAML)
    try:
        checked = FolderSettings.model_validate(settings)
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        what = f"{name} cannot be {_shown(settings[name])}"
        meant = f"{', '.join(map(repr, LAYOUTS))} or {_LISTING!r}" if name == "layout" else _MEANT[name]
        raise CellocateError(what, where=path, mend=f"It is {meant}.") from None
    labels = None if checked.labels is None else path.parent / checked.labels
    metadata = tuple(path.parent / table for table in checked.metadata)
    return checked.model_copy(update={"labels": labels, "metadata": metadata})


def _not_yaml(error: yaml.MarkedYAMLError, path: Path) -> CellocateError:
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    mark = error.problem_mark or error.context_mark
    number = min(mark.line, len(lines) - 1) if mark else 0
    line = lines[number] if lines else ""
    setting, _, value = line.strip().partition(":")
    if "\t" in line:
        mend = "Use spaces instead of tabs."
    elif "{" in value and setting != "channels":
        mend = f'Put it in quotes: {setting}: "{value.strip()}".'
    else:
        mend = "Write one setting and its value per line, such as pixel_size: 0.08, and put other text in quotes."
    shown = _shown(" ".join(line.split()))
    return CellocateError(f"not readable as YAML ({shown})", where=f"{path}, line {number + 1}", mend=mend)


_MEANT = {
    "pattern": 'a pattern of file names, such as "{id}_{channel}.tif"',
    "z": "the number of a plane, from 0, or max or mean",
    "yellow": "red, green, blue or mean",
    "axes": "the letters of T, C, Z, Y and X, each once, such as CYX or ZCYX",
    "bits": "the bits of the camera, 8 to 16, such as 12",
    "camera_offset": "the counts that the camera added to every pixel, such as 100",
    "pixel_size": "µm per px, such as 0.08",
    "labels": "the name of a file",
    "vocabulary": "hpa28, hpa19, subcell31, or the name of a file",
    "metadata": "a list of files, such as [wells.csv, antibodies.csv]",
}
"""The possible values of each setting, as the end of a sentence."""


def _typed(node: yaml.Node, path: Path) -> Any:  # noqa: ANN401 # whatever YAML can hold
    """The content of a file as it is typed: 00, no and 1e3 are names, and only 0, 1, 2 and so on are numbers.

    Raises:
        CellocateError: a name occurs twice, or something else stands in its place.
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
    near = get_close_matches(name.lower(), FolderSettings.model_fields, n=1)
    return f"{f'Did you mean {near[0]}? ' if near else ''}Settings are {', '.join(FolderSettings.model_fields)}."


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


_LONGEST = 60
