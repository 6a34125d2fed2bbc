"""Files whose names follow a pattern that the user gave."""

from __future__ import annotations

import re
from pathlib import Path

from cellocate.collection.channels import ChannelChoices, assign
from cellocate.collection.collection_yaml import FILE, FolderSettings
from cellocate.collection.layouts import stack_files
from cellocate.collection.layouts.found_files import FoundFields, describe_contents
from cellocate.collection.layouts.naming_conventions import channel_number
from cellocate.collection.metadata_tables import NUMBERS
from cellocate.errors import CellocateError
from cellocate.images import CHANNELS
from cellocate.tables import normalised

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_KEPT = (*CHANNELS, "labels", *NUMBERS)  # reserved names of columns


def find(folder: Path, pattern: str, reading: FolderSettings) -> FoundFields:
    """Find the files below `folder` whose relative paths follow `pattern`.

    Raises:
        CellocateError: the pattern is invalid, no file follows it, or a channel of `reading` is not in the names.
        UnclearChannelsError: nothing shows which channel is which.
    """
    expression = compiled(pattern)
    paths = sorted(folder.rglob("*"))
    named = [(p, match) for p in paths if (match := expression.fullmatch(p.relative_to(folder).as_posix()))]
    if not named:
        what = f"no file follows the pattern {pattern} ({describe_contents(folder)})"
        raise CellocateError(what, where=folder, mend=f"Each {{name}} stands for text without /. Correct it in {FILE}.")
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


def _of_channels(named: list[tuple[Path, re.Match[str]]], reading: FolderSettings, folder: Path) -> FoundFields:
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
    r"""Compile a pattern of names to a regular expression.

    Raises:
        CellocateError: it has no placeholder, one twice, or one with a reserved name.

    Example:
        >>> compiled("{plate}/{id}_w{channel}.tif").fullmatch("p1/a7_w2.tif").groupdict()
        {'plate': 'p1', 'id': 'a7', 'channel': '2'}
    """
    parts = _PLACEHOLDER.split(pattern)
    names = parts[1::2]
    if not names or len(set(names)) < len(names) or not set(names) - {"channel"}:
        mend = "Write one such as {plate}_{id}_{channel}.tif into collection.yaml, with each name once."
        raise CellocateError(f"not a pattern of file names: {pattern}", mend=mend)
    if wrong := [name for name in names if name in _KEPT or not name.isidentifier()]:
        mend = f"Choose another name: {', '.join(_KEPT)} are reserved, and a name begins with a letter."
        raise CellocateError(f"the pattern {pattern} has a placeholder {{{wrong[0]}}}, which is not allowed", mend=mend)
    return re.compile("".join(f"(?P<{part}>[^/]+?)" if i % 2 else re.escape(part) for i, part in enumerate(parts)))


def _id(match: re.Match[str]) -> str:
    groups = match.groupdict()
    id_ = groups["id"] if "id" in groups else "_".join(v for name, v in groups.items() if name != "channel")
    return normalised(id_)


def _metadata(match: re.Match[str]) -> dict[str, object]:
    return {name: normalised(value) for name, value in match.groupdict().items() if name not in ("id", "channel")}
