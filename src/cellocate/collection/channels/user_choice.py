"""The user's choice of channels: stain → name or number."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from cellocate.collection.channels.stain_names import STAINS
from cellocate.errors import CellocateError

ChannelNames = Mapping[str, int | str]
"""Channel (or stain) → the number of a channel, or its name, or a part of the names of files."""

UNKNOWN = "?"
"""Placeholder in a proposed `collection.yaml` for a name that the user fills in."""

_CHANNELS = {
    **{channel: channel for channel in STAINS},
    **{stain: channel for channel, stain in STAINS.items()},
    "endoplasmic_reticulum": "yellow",
}
_EXAMPLE = "nucleus=DAPI,protein=AF488"
_STAINS = "nucleus, protein, microtubules and er (or blue, green, red and yellow)"
_NUMBER = re.compile(r"0|[1-9]\d*")
_PAIR = re.compile(
    r"""\s*(?P<stain>[^=,]*?)\s*=\s*
    (?:(?P<mark>["'])(?P<quoted>(?:(?!(?P=mark)).|(?P=mark){2})*)(?P=mark)|(?P<bare>[^,]*?))\s*(?:,|\Z)""",
    re.DOTALL | re.VERBOSE,
)


def parse_mapping(chosen: Mapping[str, object], where: object, example: str = _EXAMPLE) -> dict[str, int | str]:
    """Convert a user's mapping to one by red, green, blue and yellow.

    Args:
        chosen: stain (nucleus, protein, microtubules, er, or a colour) → name or number of a channel. The reverse is
            understood where it is unambiguous.
        where: where it was given, for errors.
        example: an example of valid input, for errors.

    Raises:
        CellocateError: a stain is unknown or named twice, or its channel is missing or stands for two.

    Example:
        >>> parse_mapping({"nucleus": "DAPI", "protein": 1}, "here"), parse_mapping({"DAPI": "blue"}, "here")
        ({'blue': 'DAPI', 'green': 1}, {'blue': 'DAPI'})
    """
    if chosen and not any(map(_channel, chosen)) and all(map(_channel, chosen.values())):
        return parse_mapping(_inverted(chosen, where), where, example)
    found: dict[str, int | str] = {}
    for stain, name in chosen.items():
        channel = _channel(stain)
        if channel is None:
            raise CellocateError(f"no stain is called {str(stain)!r}", where=where, mend=_mend(str(stain), example))
        if channel in found:
            raise CellocateError(f"two names for {STAINS[channel]}", where=where, mend="Keep one of them.")
        if isinstance(name, bool) or not isinstance(name, int | str) or name == "":
            mend = f"Write the name or the number of one channel, such as {example}."
            raise CellocateError(f"no channel is named for {stain}", where=where, mend=mend)
        if name == UNKNOWN:
            mend = f"Write its name instead of {UNKNOWN}, or remove {stain} if you do not have it."
            raise CellocateError(f"the channel of {stain} is still missing", where=where, mend=mend)
        if name in found.values():
            other = next(STAINS[c] for c, value in found.items() if value == name)
            what = f"{str(name)!r} stands for both {other} and {stain}"
            raise CellocateError(what, where=where, mend="Name another channel for one of them.")
        found[channel] = name
    return found


def parse_pairs(texts: Sequence[str], where: object) -> dict[str, int | str]:
    """Parse pairs such as `nucleus=DAPI,protein=1` to a mapping by red, green, blue and yellow.

    Numbers count channels from 0. Put a name in single or double quotes if it has a comma or is a number; double such
    a quote within the name.

    Raises:
        CellocateError: a pair is malformed, or as for `parse_mapping`.

    Example:
        >>> parse_pairs(["nucleus=Hoechst 33342,protein=1", 'er="a, b"'], "--channels")
        {'blue': 'Hoechst 33342', 'green': 1, 'yellow': 'a, b'}
    """
    chosen: dict[str, int | str] = {}
    for text in texts:
        at = 0
        while at < len(text):
            pair = _PAIR.match(text, at)
            if pair is None or not pair["stain"]:
                what = f"no stain and name in {text[at:].partition(',')[0].strip()!r}"
                raise CellocateError(what, where=where, mend=f"Write {_EXAMPLE} and so on.")
            if pair["stain"] in chosen:
                raise CellocateError(f"two names for {pair['stain']}", where=where, mend="Keep one of them.")
            mark = pair["mark"]
            chosen[pair["stain"]] = pair["quoted"].replace(mark * 2, mark) if mark else parse_value(pair["bare"])
            at = pair.end()
    return parse_mapping(chosen, where)


def parse_value(text: str) -> int | str:
    """Unquoted text as a number if it is written as one, or else as a name.

    Example:
        >>> parse_value("0"), parse_value("00"), parse_value("1e3"), parse_value("DAPI")
        (0, '00', '1e3', 'DAPI')
    """
    return int(text) if _NUMBER.fullmatch(text) else text


def format_pairs(chosen: ChannelNames) -> str:
    """Write pairs that `parse_pairs` reads.

    Example:
        >>> format_pairs({"blue": "DAPI", "green": "a, b", "red": 2})
        'nucleus=DAPI,protein="a, b",microtubules=2'
    """
    return ",".join(f"{STAINS[channel]}={_quoted(chosen[channel])}" for channel in STAINS if channel in chosen)


def describe_channels(stains: Mapping[str, Sequence[int | str]]) -> str:
    """Which channel is read as which stain, for the user; empty if unknown.

    Example:
        >>> describe_channels({"green": ["AF488", "GFP"], "blue": [0]})
        'nucleus = channel 0, protein = AF488 or GFP'
    """

    def name(value: int | str) -> str:
        return f"channel {value}" if isinstance(value, int) else " ".join(value.split())

    return ", ".join(f"{STAINS[c]} = {' or '.join(map(name, stains[c]))}" for c in STAINS if c in stains)


def _channel(stain: object) -> str | None:
    return _CHANNELS.get(stain.strip().lower().replace(" ", "_")) if isinstance(stain, str) else None


def _inverted(chosen: Mapping[str, object], where: object) -> dict[str, object]:
    inverted: dict[str, object] = {}
    for name, stain in chosen.items():
        if stain in inverted:
            raise CellocateError(f"two names for {stain}", where=where, mend="Keep one of them.")
        inverted[str(stain)] = name
    return inverted


def _mend(stain: str, example: str) -> str:
    near = get_close_matches(stain.lower(), _CHANNELS, n=1)
    return f"{f'Did you mean {near[0]}? ' if near else ''}Stains are {_STAINS}; write {example}."


def _quoted(name: int | str) -> str:
    if isinstance(name, int):
        return str(name)
    plain = "," not in name and name == name.strip() and name[:1] not in ("", '"', "'") and parse_value(name) == name
    return name if plain else '"{}"'.format(name.replace('"', '""'))
