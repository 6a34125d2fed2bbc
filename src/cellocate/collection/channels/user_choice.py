"""Which channel is which, as a user says it: stains on the left, names or numbers of channels on the right."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from cellocate.collection.channels.stain_names import STAINS
from cellocate.errors import CellocateError

ChannelNames = Mapping[str, int | str]
"""Channel (or stain) → the number of a channel, or its name, or a part of the names of files."""

UNKNOWN = "?"
"""What stands in a proposed `collection.yaml` where a user has to fill in a name."""

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


def parse_mapping(said: Mapping[str, object], where: object, example: str = _EXAMPLE) -> dict[str, int | str]:
    """What a user says, by red, green, blue and yellow.

    Args:
        said: stain (nucleus, protein, microtubules, er, or a colour) → the name or number of a channel. The other way
            round is understood where it can mean nothing else.
        where: it was said, for errors.
        example: of what could be said there, for errors.

    Raises:
        CellocateError: a stain is unknown or named twice, or what stands for it is none, or stands for two.

    Example:
        >>> parse_mapping({"nucleus": "DAPI", "protein": 1}, "here"), parse_mapping({"DAPI": "blue"}, "here")
        ({'blue': 'DAPI', 'green': 1}, {'blue': 'DAPI'})
    """
    if said and not any(map(_channel, said)) and all(map(_channel, said.values())):
        return parse_mapping(_turned(said, where), where, example)
    found: dict[str, int | str] = {}
    for stain, name in said.items():
        channel = _channel(stain)
        if channel is None:
            raise CellocateError(f"no stain is called {str(stain)!r}", where=where, mend=_mend(str(stain), example))
        if channel in found:
            raise CellocateError(f"two names for {STAINS[channel]}", where=where, mend="Keep one of them.")
        if isinstance(name, bool) or not isinstance(name, int | str) or name == "":
            mend = f"Write the name or the number of one channel, such as {example}."
            raise CellocateError(f"no channel is named for {stain}", where=where, mend=mend)
        if name == UNKNOWN:
            mend = f"Write its name in the place of {UNKNOWN}, or remove {stain} if you do not have it."
            raise CellocateError(f"it is not said yet which channel is {stain}", where=where, mend=mend)
        if name in found.values():
            other = next(STAINS[c] for c, value in found.items() if value == name)
            what = f"{str(name)!r} is named for {other} and for {stain}"
            raise CellocateError(what, where=where, mend="Name another channel for one of them.")
        found[channel] = name
    return found


def parse_pairs(texts: Sequence[str], where: object) -> dict[str, int | str]:
    """Pairs such as `nucleus=DAPI,protein=1`, by red, green, blue and yellow.

    A number is that of a channel, from 0. A name with a comma, or a number that is a name, stands in quotes, single or
    double; of these, one inside is written twice.

    Raises:
        CellocateError: one is no such pair, or as of `parse_mapping`.

    Example:
        >>> parse_pairs(["nucleus=Hoechst 33342,protein=1", 'er="a, b"'], "--channels")
        {'blue': 'Hoechst 33342', 'green': 1, 'yellow': 'a, b'}
    """
    said: dict[str, int | str] = {}
    for text in texts:
        at = 0
        while at < len(text):
            pair = _PAIR.match(text, at)
            if pair is None or not pair["stain"]:
                what = f"no stain and name in {text[at:].partition(',')[0].strip()!r}"
                raise CellocateError(what, where=where, mend=f"Write {_EXAMPLE} and so on.")
            if pair["stain"] in said:
                raise CellocateError(f"two names for {pair['stain']}", where=where, mend="Keep one of them.")
            mark = pair["mark"]
            said[pair["stain"]] = pair["quoted"].replace(mark * 2, mark) if mark else parse_value(pair["bare"])
            at = pair.end()
    return parse_mapping(said, where)


def parse_value(text: str) -> int | str:
    """What stands there without quotes: a number where it is written as one, or else a name.

    Example:
        >>> parse_value("0"), parse_value("00"), parse_value("1e3"), parse_value("DAPI")
        (0, '00', '1e3', 'DAPI')
    """
    return int(text) if _NUMBER.fullmatch(text) else text


def format_pairs(said: ChannelNames) -> str:
    """The pairs that `parse_pairs` reads.

    Example:
        >>> format_pairs({"blue": "DAPI", "green": "a, b", "red": 2})
        'nucleus=DAPI,protein="a, b",microtubules=2'
    """
    return ",".join(f"{STAINS[channel]}={_quoted(said[channel])}" for channel in STAINS if channel in said)


def describe_channels(stains: Mapping[str, Sequence[int | str]]) -> str:
    """Which channel was taken for which, for a user; empty where nothing is known.

    Example:
        >>> describe_channels({"green": ["AF488", "GFP"], "blue": [0]})
        'nucleus = channel 0, protein = AF488 or GFP'
    """

    def name(value: int | str) -> str:
        return f"channel {value}" if isinstance(value, int) else " ".join(value.split())

    return ", ".join(f"{STAINS[c]} = {' or '.join(map(name, stains[c]))}" for c in STAINS if c in stains)


def _channel(stain: object) -> str | None:
    return _CHANNELS.get(stain.strip().lower().replace(" ", "_")) if isinstance(stain, str) else None


def _turned(said: Mapping[str, object], where: object) -> dict[str, object]:
    """Stain → name, of what was said as name → stain."""
    turned: dict[str, object] = {}
    for name, stain in said.items():
        if stain in turned:
            raise CellocateError(f"two names for {stain}", where=where, mend="Keep one of them.")
        turned[str(stain)] = name
    return turned


def _mend(stain: str, example: str) -> str:
    near = get_close_matches(stain.lower(), _CHANNELS, n=1)
    return f"{f'Did you mean {near[0]}? ' if near else ''}Stains are {_STAINS}; write {example}."


def _quoted(name: int | str) -> str:
    if isinstance(name, int):
        return str(name)
    plain = "," not in name and name == name.strip() and name[:1] not in ("", '"', "'") and parse_value(name) == name
    return name if plain else '"{}"'.format(name.replace('"', '""'))
