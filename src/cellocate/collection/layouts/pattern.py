"""Files whose names follow a pattern that a user gave."""

from __future__ import annotations

import re
from pathlib import Path

from cellocate.collection.layouts import stacks
from cellocate.collection.layouts.found import Found
from cellocate.collection.metadata import NUMBERS
from cellocate.collection.reading import Reading
from cellocate.counted import counted
from cellocate.errors import CellocateError
from cellocate.images import CHANNELS

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_KEPT = (*CHANNELS, "labels", *NUMBERS)  # columns of a collection that are no text


def find(folder: Path, pattern: str, reading: Reading) -> Found:
    """The files below `folder` whose path from there follows `pattern`.

    Raises:
        CellocateError: the pattern is none, no file follows it, or a channel in it is not known.
    """
    expression = compiled(pattern)
    named = [(path, match) for path in sorted(folder.rglob("*"))
             if (match := expression.fullmatch(path.relative_to(folder).as_posix()))]  # fmt: skip
    if not named:
        raise CellocateError(f"no file follows the pattern {pattern}", where=folder, mend="Mend collection.yaml.")
    if "channel" not in expression.groupindex:
        found = stacks.describe_all(((_id(match), path) for path, match in named), reading, folder)
    else:
        found, meaning = Found(), _meaning(reading)
        for path, match in named:
            said = match["channel"]
            if said in meaning:
                found.add(_id(match), meaning[said], str(path))
            elif not reading.channels:
                mend = "Say what stands for each, such as channels: {blue: w1, green: w2}, in collection.yaml."
                raise CellocateError(f"no channel is called {said!r}", where=path, mend=mend)
    for _, match in named:
        said_of = {name: value for name, value in match.groupdict().items() if name not in ("id", "channel")}
        if _id(match) in found.by_id:
            found.told.setdefault(_id(match), {}).update(said_of)
    found.because = f"{counted(len(found.by_id), 'id')} with files {pattern} in {folder}"
    return found


def compiled(pattern: str) -> re.Pattern[str]:
    r"""A pattern of names as a regular expression.

    Raises:
        CellocateError: it has no placeholder, one twice, or one whose name cellocate keeps for itself.

    Example:
        >>> compiled("{plate}/{id}_w{channel}.tif").fullmatch("p1/a7_w2.tif").groupdict()
        {'plate': 'p1', 'id': 'a7', 'channel': '2'}
    """
    parts = _PLACEHOLDER.split(pattern)
    names = parts[1::2]
    if not names or len(set(names)) < len(names) or not set(names) - {"channel"}:
        mend = "Write one such as {plate}_{id}_{channel}.tif into collection.yaml, each name once."
        raise CellocateError(f"no pattern of file names: {pattern}", mend=mend)
    if wrong := [name for name in names if name in _KEPT or not name.isidentifier()]:
        mend = f"Give it another name: {', '.join(_KEPT)} are taken, and a name begins with a letter."
        raise CellocateError(f"no field can be called {{{wrong[0]}}} in the pattern {pattern}", mend=mend)
    return re.compile("".join(f"(?P<{part}>[^/]+?)" if i % 2 else re.escape(part) for i, part in enumerate(parts)))


def _id(match: re.Match[str]) -> str:
    groups = match.groupdict()
    return groups["id"] if "id" in groups else "_".join(v for name, v in groups.items() if name != "channel")


def _meaning(reading: Reading) -> dict[str, str]:
    """What stands in a name → channel."""
    return {str(said): channel for channel, said in reading.channels.items()} or {c: c for c in CHANNELS}
