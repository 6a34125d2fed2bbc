"""Files whose names follow a pattern that a user gave."""

from __future__ import annotations

import re
from pathlib import Path

from cellocate.collection.channels import ChannelChoices, assign
from cellocate.collection.collection_yaml import FILE, Reading
from cellocate.collection.layouts import stack_files
from cellocate.collection.layouts.found_files import FoundFields, describe_contents
from cellocate.collection.layouts.naming_conventions import channel_number
from cellocate.collection.metadata import NUMBERS
from cellocate.errors import CellocateError
from cellocate.images import CHANNELS
from cellocate.tables import normalised

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_KEPT = (*CHANNELS, "labels", *NUMBERS)  # columns of a collection that are no text


def find(folder: Path, pattern: str, reading: Reading) -> FoundFields:
    """The files below `folder` whose path from there follows `pattern`.

    Raises:
        CellocateError: the pattern is none, no file follows it, or a channel of `reading` is not in the names.
        UnclearChannelsError: nothing tells which channel is which.
    """
    expression = compiled(pattern)
    named = [(path, match) for path in sorted(folder.rglob("*"))
             if (match := expression.fullmatch(path.relative_to(folder).as_posix()))]  # fmt: skip
    if not named:
        what = f"no file follows the pattern {pattern} ({describe_contents(folder)})"
        raise CellocateError(what, where=folder, mend=f"Each {{name}} is any text without /; correct it in {FILE}.")
    if "channel" not in expression.groupindex:
        metadata = {_id(match): _metadata(match) for _, match in named}
        found = stack_files.describe_all(((_id(match), path) for path, match in named), reading, folder, metadata)
    else:
        found = _of_channels(named, reading, folder)
    for _, match in named:
        if _id(match) in found.by_id:
            found.metadata.setdefault(_id(match), {}).update(_metadata(match))
    found.because = f"files {pattern} in {folder}"
    return found


def _of_channels(named: list[tuple[Path, re.Match[str]]], reading: Reading, folder: Path) -> FoundFields:
    """Files of one channel each."""
    tokens = tuple(sorted({match["channel"] for _, match in named}))
    choices = ChannelChoices(tokens, folder, tuple(map(_number, tokens)), named[0][0].name)
    places = assign(choices, reading.channels)
    channels = {tokens[place]: channel for channel, place in places.items()}
    found = FoundFields()
    for path, match in named:
        if match["channel"] in channels:
            found.add(_id(match), channels[match["channel"]], str(path))
    found.record_channels(choices, places)
    return found


def _number(token: str) -> int | None:
    return int(token) if token.isdecimal() else channel_number(token)


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
    id_ = groups["id"] if "id" in groups else "_".join(v for name, v in groups.items() if name != "channel")
    return normalised(id_)


def _metadata(match: re.Match[str]) -> dict[str, object]:
    """What a name says besides id and channel."""
    return {name: normalised(value) for name, value in match.groupdict().items() if name not in ("id", "channel")}
