"""A `collection.yaml` for a folder: what was recognised, and what a user has to fill in."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml

from cellocate.collection.channels import UNKNOWN, UnclearChannelsError, describe_channels
from cellocate.collection.channels.stain_names import STAINS
from cellocate.collection.collection import Collection
from cellocate.collection.collection_yaml import FILE
from cellocate.errors import CellocateError
from cellocate.files import write_text

_HEAD = "# How cellocate reads these images, written by 'cellocate check --write'. Correct what is wrong.\n"


def place_of_description(data: Path) -> Path:
    """Where the `collection.yaml` of a folder, or of a file, belongs.

    Raises:
        CellocateError: there is one already.
    """
    path = (data if data.is_dir() and data.suffix.lower() != ".zarr" else data.parent) / FILE
    if path.exists():
        mend = "Change it with an editor, or take it away to have another."
        raise CellocateError(f"there is a {FILE} already", where=path, mend=mend)
    return path


def see_describable(path: Path, collection: Collection) -> None:
    """Raise a `CellocateError` where a collection is a store or a label table, which need no `collection.yaml`."""
    if collection.layout in ("store", "labels"):
        what = f"no {FILE} can describe {collection.because}"
        raise CellocateError(what, where=path, mend="Leave out --write.")


def write_description(path: Path, collection: Collection, **settings: object) -> None:
    """Write a `collection.yaml` by which a folder is read as this collection was.

    Args:
        path: of the file.
        collection: what was read.
        settings: what a user said besides channels: `z`, `pixel_size`, `labels`, `vocabulary`; and what the pixels
            told: `bits`, `camera_offset`; None where nothing.
    """
    own_name = collection.layout in ("stacks", "path_list", "listing")
    said: dict[str, Any] = {"layout": collection.layout if own_name else "folder"}
    comments = ""
    if collection.stains and all(len(names) == 1 for names in collection.stains.values()):
        said["channels"] = {stain: collection.stains[c][0] for c, stain in STAINS.items() if c in collection.stains}
    elif collection.stains:
        comments += f"# channels are known by several names: {' '.join(describe_channels(collection.stains).split())}\n"
    said |= _settings(settings, path.parent)
    if "pixel_size" not in collection.fields:
        comments += "# pixel_size: 0.08   # µm per px, which no file says; take the # away where you know it\n"
    write_text(path, _HEAD + _yaml(said) + comments)


def write_question(path: Path, unclear: UnclearChannelsError, **settings: object) -> None:
    """Write a `collection.yaml` that lacks what nothing tells: the names of some channels, to be filled in."""
    text = "".join(f"# {line}\n" for line in unclear.choices.listed.split("; ")) + "channels:\n"
    for channel, stain in STAINS.items():
        if channel in unclear.proposal and channel not in unclear.guessed:
            text += "  " + _yaml({stain: unclear.proposal[channel]})
        else:
            text += f'  {stain}: "{UNKNOWN}"   # fill in a name, or remove the line if you have none\n'
    said = _settings(settings, path.parent)
    write_text(path, _HEAD + text + (_yaml(said) if said else ""))


def _settings(settings: dict[str, object], folder: Path) -> dict[str, object]:
    """Settings as `collection.yaml` has them: labels by their way from the folder."""
    said = {name: value for name, value in settings.items() if value is not None}
    if isinstance(labels := said.get("labels"), Path):
        said["labels"] = os.path.relpath(labels, folder)
    if isinstance(name := said.get("vocabulary"), str) and Path(name).is_file():
        said["vocabulary"] = str(Path(name).resolve())
    return said


def _yaml(said: dict[str, Any]) -> str:
    text: str = yaml.safe_dump(said, sort_keys=False, allow_unicode=True, width=10_000)
    return text
