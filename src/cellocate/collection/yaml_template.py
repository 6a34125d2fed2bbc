"""Write a `collection.yaml` for a folder: what was recognised, and blanks to fill in."""

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


def new_yaml_path(data: Path) -> Path:
    """The path of the `collection.yaml` to write for a folder or file.

    Raises:
        CellocateError: the file exists.
    """
    path = (data if data.is_dir() and data.suffix.lower() != ".zarr" else data.parent) / FILE
    if path.exists():
        mend = "Edit it, or remove it to get a new one."
        raise CellocateError(f"there is a {FILE} already", where=path, mend=mend)
    return path


def check_describable(path: Path, collection: Collection) -> None:
    """Raise a `CellocateError` if a collection is a store or a label table, which need no `collection.yaml`."""
    if collection.layout in ("store", "labels"):
        what = f"{collection.because} needs no {FILE}"
        raise CellocateError(what, where=path, mend="Leave out --write.")


def write_collection_yaml(path: Path, collection: Collection, **settings: object) -> None:
    """Write a `collection.yaml` that makes a folder be read as this collection was.

    Args:
        path: of the file.
        collection: the collection.
        settings: other settings of the user (`z`, `pixel_size`, `labels`, `vocabulary`) and those inferred from pixels
            (`bits`, `camera_offset`); None if there is none.
    """
    own_name = collection.layout in ("stacks", "path_list", "listing")
    found: dict[str, Any] = {"layout": collection.layout if own_name else "folder"}
    comments = ""
    if collection.stains and all(len(names) == 1 for names in collection.stains.values()):
        found["channels"] = {stain: collection.stains[c][0] for c, stain in STAINS.items() if c in collection.stains}
    elif collection.stains:
        comments += f"# channels have several names: {' '.join(describe_channels(collection.stains).split())}\n"
    found |= _settings(settings, path.parent)
    if "pixel_size" not in collection.fields:
        comments += "# pixel_size: 0.08   # µm per px, which no file gives; remove the # if you know it\n"
    write_text(path, _HEAD + _yaml(found) + comments)


def write_yaml_template(path: Path, unclear: UnclearChannelsError, **settings: object) -> None:
    """Write a `collection.yaml` with blanks for the channels that could not be recognised."""
    text = "".join(f"# {line}\n" for line in unclear.choices.listed.split("; ")) + "channels:\n"
    for channel, stain in STAINS.items():
        if channel in unclear.proposal and channel not in unclear.guessed:
            text += "  " + _yaml({stain: unclear.proposal[channel]})
        else:
            text += f'  {stain}: "{UNKNOWN}"   # fill in a name, or remove the line if you have none\n'
    given = _settings(settings, path.parent)
    write_text(path, _HEAD + text + (_yaml(given) if given else ""))


def _settings(settings: dict[str, object], folder: Path) -> dict[str, object]:
    """Settings as `collection.yaml` has them, with paths relative to its folder."""
    given = {name: value for name, value in settings.items() if value is not None}
    if isinstance(labels := given.get("labels"), Path):
        given["labels"] = os.path.relpath(labels, folder)
    if isinstance(name := given.get("vocabulary"), str) and Path(name).is_file():
        given["vocabulary"] = str(Path(name).resolve())
    return given


def _yaml(settings: dict[str, Any]) -> str:
    text: str = yaml.safe_dump(settings, sort_keys=False, allow_unicode=True, width=10_000)
    return text
