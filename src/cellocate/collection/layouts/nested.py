"""Images in folders of a folder: the pattern of their paths, for a `collection.yaml`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from os.path import commonprefix
from pathlib import Path

from cellocate.collection.layouts.habits import Names, by_habit
from cellocate.collection.layouts.made import is_made, stem
from cellocate.collection.layouts.pattern import compiled
from cellocate.images.address import suffix
from cellocate.images.stack import MICROSCOPES

_OF_STACKS = (".ome.tif", ".ome.tiff", *MICROSCOPES)
_MOST = 20_000  # images that are looked at
_ENDS = (" ", "_", "-", ".")  # where a part of a name ends


def proposed(folder: Path) -> str | None:
    """A pattern that the images in the folders of `folder` follow, such as `{channel}/{id}.tif`; None if none is found.

    Masks and pictures made of several channels are passed over.

    Example:
        >>> import tempfile
        >>> place = Path(tempfile.mkdtemp())
        >>> for name in ("Pos0/a_DAPI_0.tif", "Pos0/a_GFP_0.tif", "Pos1/a_DAPI_0.tif", "Pos1/a_GFP_0.tif"):
        ...     (place / name).parent.mkdir(exist_ok=True)
        ...     (place / name).touch()
        >>> proposed(place)
        '{id}/a_{channel}_0.tif'
    """
    names = images_below(folder)
    if len(_folders(names)) < len(("one", "another")) or len(names) > _MOST:
        return None
    [(ending, _)] = Counter(name[len(base) :] for name, base in names.items()).most_common(1)
    bases = [base for name, base in names.items() if name[len(base) :] == ending]
    found = by_habit(bases)
    if found is not None and _folders(found.parts) == _folders(names):
        return _of_channels(found, ending)
    return _written(_generalised(bases), ending) if found is None and ending.lower() in _OF_STACKS else None


def images_below(folder: Path, depth: int = 2) -> dict[str, str]:
    """The images one or two folders further in, by their way from `folder`, each with the same without its ending.

    Args:
        folder: whose own images are no part of it.
        depth: how many folders further in.
    """
    found: dict[str, str] = {}
    for inner in sorted(folder.iterdir()):
        if not inner.is_dir() or inner.name.startswith(".") or is_made(inner.name):
            continue
        here = {}
        for path in sorted(inner.iterdir()):
            base = stem(path.name) or (path.stem if suffix(path) in MICROSCOPES else None)
            if base and not base.startswith(".") and not is_made(base):
                here[path.name] = base
        if not here and depth > 1:
            here = images_below(inner, depth - 1)
        found |= {f"{inner.name}/{name}": f"{inner.name}/{base}" for name, base in here.items()}
        if len(found) > _MOST:
            break
    return found


def _folders(names: Iterable[str]) -> set[str]:
    return {name.partition("/")[0] for name in names}


def _of_channels(names: Names, ending: str) -> str | None:
    """The pattern of files of one channel, if it finds the same channels and fields as their names have."""
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
    """A pattern of pieces, of which those that differ from file to file are None: alone they are the id."""
    free = sum(piece is None for piece in pieces)
    called = iter(["id"] if free == 1 else ["folder", "image", *(f"part{i}" for i in range(3, free + 1))])
    return "".join(f"{{{next(called)}}}" if piece is None else piece for piece in pieces) + ending


def _generalised(texts: Sequence[str]) -> list[str | None]:
    """What texts have in common, folder by folder, with None where they differ."""
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
    """The beginning that texts share, up to the end of a part of a name."""
    shared = commonprefix(list(texts))  # noqa: RUF071 # letter by letter is what is meant
    if len(set(texts)) == 1:
        return shared
    return shared[: max(shared.rfind(end) for end in _ENDS) + 1]
