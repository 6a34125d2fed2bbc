"""Advice on images in subfolders: how to read them together, mostly a pattern for `collection.yaml`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from os.path import commonprefix
from pathlib import Path

from cellocate.collection.collection_yaml import FILE
from cellocate.collection.layouts import channel_files, stack_files
from cellocate.collection.layouts.derived_images import is_derived, stem
from cellocate.collection.layouts.naming_conventions import ParsedNames, parse_names
from cellocate.collection.layouts.pattern import compiled
from cellocate.images.address import suffix
from cellocate.images.stack import MICROSCOPES

_OF_STACKS = (".ome.tif", ".ome.tiff", *MICROSCOPES)
_MAX_IMAGES = 20_000
_ENDS = (" ", "_", "-", ".")  # where a part of a name ends


def advice(folder: Path) -> str:
    """How to read the images in the folders of a folder, together if there are several; "" if there are none.

    Masks and pictures made of several channels are ignored.

    Example:
        >>> import tempfile
        >>> place = Path(tempfile.mkdtemp())
        >>> for name in ("Pos0/a_DAPI_0.tif", "Pos0/a_GFP_0.tif", "Pos1/a_DAPI_0.tif", "Pos1/a_GFP_0.tif"):
        ...     (place / name).parent.mkdir(exist_ok=True)
        ...     (place / name).touch()
        >>> advice(place).partition("pattern: ")[2]
        '"{id}/a_{channel}_0.tif".'
    """
    images = _images_below(folder)
    if pattern := _proposed(images):
        return f'To read all folders in it, write this line into {folder / FILE}: pattern: "{pattern}".'
    inside = sorted(
        d
        for d in folder.iterdir()
        if d.is_dir() and (channel_files.has_channel_files(d) or stack_files.has_stack_files(d))
    )
    count = len(_folders(images) | {d.name for d in inside})
    if count <= 1:
        return f"Did you mean {inside[0]}?" if inside else ""
    if _go_together(images):
        together = "put their images into one folder"
    else:
        example = 'pattern: "{plate}/{image}_{channel}.tif"'
        together = f"write a pattern of their paths into {folder / FILE}, such as {example}"
    if inside:
        return f"Give one of the {count} folders in it, such as {inside[0]}; or, if they belong together, {together}."
    return f"If the {count} folders in it belong together, {together}." if _go_together(images) else ""


def _go_together(images: Mapping[str, str]) -> bool:
    """Whether all files would be channels of fields if they were in one folder."""
    names = {Path(base).name for base in images.values()}
    near = all(name.count("/") == 1 for name in images)
    return near and len(names) == len(images) and parse_names(sorted(names)) is not None


def _proposed(images: Mapping[str, str]) -> str | None:
    """A pattern that images in several folders follow, such as `{channel}/{id}.tif`; None if there is none."""
    if len(_folders(images)) < len(("one", "another")) or len(images) > _MAX_IMAGES:
        return None
    [(ending, _)] = Counter(name[len(base) :] for name, base in images.items()).most_common(1)
    bases = [base for name, base in images.items() if name[len(base) :] == ending]
    found = parse_names(bases)
    if found is not None and _folders(found.parts) == _folders(images):
        return _of_channels(found, ending)
    return _written(_generalised(bases), ending) if found is None and ending.lower() in _OF_STACKS else None


def _images_below(folder: Path, depth: int = 2) -> dict[str, str]:
    """Relative paths of images one or two folders down → the same without suffix."""
    found: dict[str, str] = {}
    for inner in sorted(folder.iterdir()):
        if not inner.is_dir() or inner.name.startswith(".") or is_derived(inner.name):
            continue
        here = {}
        for path in sorted(inner.iterdir()):
            base = stem(path.name) or (path.stem if suffix(path) in MICROSCOPES else None)
            if base and not base.startswith(".") and not is_derived(base):
                here[path.name] = base
        if not here and depth > 1:
            here = _images_below(inner, depth - 1)
        found |= {f"{inner.name}/{name}": f"{inner.name}/{base}" for name, base in here.items()}
        if len(found) > _MAX_IMAGES:
            break
    return found


def _folders(names: Iterable[str]) -> set[str]:
    return {name.partition("/")[0] for name in names}


def _of_channels(names: ParsedNames, ending: str) -> str | None:
    """The pattern of single-channel files, if it yields the same channels and fields as their names."""
    parts = names.parts.values()
    before, behind = ([part.before for part in parts], [part.behind for part in parts])
    pattern = _written([*_generalised(before), "{channel}", *_generalised(behind)], ending)
    expression, fields = compiled(pattern), set()
    for name, part in names.parts.items():
        match = expression.fullmatch(name + ending)
        if match is None or match["channel"] != part.token:
            return None
        fields.add(tuple(value for group, value in match.groupdict().items() if group != "channel"))
    return pattern if len(fields) == len(names.sizes) else None


def _written(pieces: Sequence[str | None], ending: str) -> str:
    """Join fixed pieces to a pattern; None stands for text that differs between files: a single one is the id."""
    free = sum(piece is None for piece in pieces)
    called = iter(["id"] if free == 1 else ["folder", "image", *(f"part{i}" for i in range(3, free + 1))])
    return "".join(f"{{{next(called)}}}" if piece is None else piece for piece in pieces) + ending


def _generalised(texts: Sequence[str]) -> list[str | None]:
    """The text that all have in common, folder by folder, with None where they differ."""
    if len({text.count("/") for text in texts}) > 1:
        return [None]
    found: list[str | None] = []
    for i, column in enumerate(zip(*(text.split("/") for text in texts), strict=True)):
        if i:
            found.append("/")
        first = _common(column)
        last = _common([text[len(first) :][::-1] for text in column])[::-1]
        found += [first] if len(set(column)) == 1 else [first, None, last]
    return found


def _common(texts: Sequence[str]) -> str:
    """The beginning that texts share, cut at the end of a part of a name."""
    shared = commonprefix(list(texts))  # noqa: RUF071 # letter by letter is what is meant
    if len(set(texts)) == 1:
        return shared
    return shared[: max(shared.rfind(end) for end in _ENDS) + 1]
