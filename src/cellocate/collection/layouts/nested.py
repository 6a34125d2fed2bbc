"""Images in folders of a folder: the pattern of their paths, for a `collection.yaml`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from os.path import commonprefix
from pathlib import Path

from cellocate.collection.layouts.habits import Names, by_habit
from cellocate.collection.layouts.made import is_made, stem
from cellocate.collection.layouts.pattern import compiled

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
    if len({name.partition("/")[0] for name in names}) < len(("one", "another")):
        return None
    [(ending, _)] = Counter(name[len(base) :] for name, base in names.items()).most_common(1)
    bases = [base for name, base in names.items() if name.endswith(ending)]
    found = by_habit(bases)
    return None if found is None else _pattern(found, ending)


def images_below(folder: Path) -> dict[str, str]:
    """The images one folder further in, by their way from `folder`, each without its ending."""
    found = {}
    for inner in sorted(folder.iterdir()):
        if inner.is_dir() and not inner.name.startswith(".") and not is_made(inner.name):
            for path in sorted(inner.iterdir()):
                base = stem(path.name)
                if base and not base.startswith(".") and not is_made(base):
                    found[f"{inner.name}/{path.name}"] = f"{inner.name}/{base}"
    return found


def _pattern(names: Names, ending: str) -> str | None:
    parts = list(names.parts.values())
    befores, behinds = [part.before for part in parts], [part.behind for part in parts]
    pieces = [*_generalised(befores), "{channel}", *_generalised(behinds)]
    free = [i for i, piece in enumerate(pieces) if piece is None]
    called = ["id"] if len(free) == 1 else ["folder", "image", "part"][: len(free)]
    if len(called) < len(free):
        return None
    for i, name in zip(free, called, strict=True):
        pieces[i] = f"{{{name}}}"
    pattern = "".join(map(str, pieces)) + ending
    return pattern if _fits(pattern, names, ending) else None


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


def _fits(pattern: str, names: Names, ending: str) -> bool:
    """Whether the pattern finds the same channels as the names have, in every file."""
    expression = compiled(pattern)
    return all(
        (match := expression.fullmatch(name + ending)) and match["channel"] == part.token
        for name, part in names.parts.items()
    )
