"""Fields in files of several images: ids and metadata of each position and time point."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

from cellocate.collection.collection import TIME_SERIES
from cellocate.images.address import suffix
from cellocate.images.stack import Stack
from cellocate.tables import normalised

_ODD = re.compile(r"[^\w.+-]+")  # not allowed in ids
_BREAKS = re.compile(r"(?<=[_\-. ])")  # separators in file names


class FieldInFile(NamedTuple):
    """One field: its id, image, time point and metadata."""

    id: str
    stack: Stack
    time: int | None
    metadata: dict[str, object]


def fields_of(base: str, stacks: Sequence[Stack], metadata: Mapping[str, object]) -> list[FieldInFile]:
    """The fields in the images of one file (or set of files) with the id `base` and its metadata."""
    parts = []
    for number, (name, stack) in enumerate(zip(_ids(base, stacks), stacks, strict=True)):
        of_image: dict[str, object] = {**stack.metadata, **metadata}
        if len(stacks) > 1:
            of_image.setdefault("site", stack.name or str(number))
        if stack.pixel_size is not None:
            of_image["pixel_size"] = stack.pixel_size
        if stack.times == 1:
            parts.append(FieldInFile(name, stack, None, of_image))
            continue
        digits = max(3, len(str(stack.times - 1)))
        for time in range(stack.times):
            of_time = {**of_image, TIME_SERIES: name, "time_point": time}
            parts.append(FieldInFile(f"{name}_t{time:0{digits}}", stack, time, of_time))
    return parts


def field_id(path: Path) -> str:
    """The normalised name of a file without the suffixes of its format.

    Example:
        >>> [field_id(Path(name)) for name in ("a.b.ome.tif", "a_1.czi", "x.companion.ome", "plain")]
        ['a.b', 'a_1', 'x', 'plain']
    """
    name = path.name.removesuffix(suffix(path)) if suffix(path) == path.suffix else path.name[: -len(suffix(path))]
    for ending in (".ome", ".companion"):
        name = name[: -len(ending)] if name.lower().endswith(ending) else name
    return normalised(name)


def _ids(base: str, stacks: Sequence[Stack]) -> list[str]:
    """An id for each image: that of its files if it is unique, or else the file's id with a label."""
    files = [set(stack.members) for stack in stacks]
    if len(set().union(*files)) > 1:
        own = [_of_files(stack.members) for stack in stacks]
        if all(own) and len(set(own)) == len(own):
            return own
        base = _of_files([file for stack in stacks for file in stack.members]) or base
    labels = _labels(stacks)
    return [f"{base}_{label}" if label else base for label in labels]


def _of_files(members: Sequence[Path]) -> str:
    """The common beginning of file names, up to a separator.

    Example:
        >>> _of_files([Path("x_DAPI.ome.tif"), Path("x_DIC.ome.tif")]), _of_files([Path("a.tif"), Path("b.tif")])
        ('x', '')
    """
    names = [field_id(path) for path in dict.fromkeys(members)]
    if len(names) == 1:
        return names[0]
    words = takewhile(lambda those: len(set(those)) == 1, zip(*map(_BREAKS.split, names), strict=False))
    return "".join(those[0] for those in words).rstrip("_-. ")


def _labels(stacks: Sequence[Stack]) -> list[str]:
    names = [_name(stack) for stack in stacks]
    named = len(set(names)) == len(names) and all(names)
    if len(stacks) == 1:
        names, named = [""], True
    labels = [
        _ODD.sub("-", "_".join(str(stack.metadata[key]) for key in ("well", "site") if key in stack.metadata))
        if "well" in stack.metadata
        else name
        if named
        else f"s{number}"
        for number, (stack, name) in enumerate(zip(stacks, names, strict=True))
    ]
    if len(set(labels)) == len(labels):
        return labels
    return [f"{label}_s{number}" for number, label in enumerate(labels)]


def _name(stack: Stack) -> str:
    """The image's name in the file, without the file name, which is in the id already."""
    path, name = stack.members[0], stack.name
    for start in (path.name, field_id(path)):
        if name.startswith(start) and not name[len(start) :][:1].isalnum():
            name = name[len(start) :]
    return _ODD.sub("-", name).strip("-_.")
