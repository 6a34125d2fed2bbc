"""Find the channel in names of single-channel files: by exporters' conventions, dyes, or words that a user gives.

Conventions of Leica (`_ch00`), Zeiss (`_c1`), MetaMorph (`_w1DAPI`), Harmony (`-ch1sk1fk1fl1`), Yokogawa
(`A01Z01C01`), Olympus (`_C001Z001`), InCell (`(fld 1 wv DAPI - DAPI)`), ArrayScan (`f00d0`), ScanR (`--DAPI`,
`--C00`), Bio-Formats (`C=0`) and ImageJ (`C1-`); lasers (`_488`); and the name of a dye anywhere (`DAPI_01`,
`01-Hoechst`, `01 (DAPI)`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from statistics import fmean
from typing import NamedTuple

from cellocate.collection.channels.name_meaning import occurrences, phrases, understand, words
from cellocate.collection.channels.stain_names import COLOURS

_START, _END = r"(?<![^\W_])", r"(?![^\W_])"  # no letter or digit beyond
_LASERS = "405|445|458|473|488|491|514|532|546|552|555|559|561|568|594|633|635|638|640|642|647|660|680|730|750"  # nm
_GUID = r"[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}"
_NUMBERED = tuple(
    re.compile(convention, re.IGNORECASE)
    for convention in (
        rf"{_START}(?P<channel>w\d)(?P<drop>{_GUID})",
        rf"{_START}(?P<channel>w\d(?:[ -]?[a-z][^_]*)?)(?=_|$)",
        rf"{_START}(?P<channel>(?:channel|chan|ch)[ _=-]?\d+)(?=sk\d|{_END})",
        rf"T\d{{4}}F\d{{3}}L\d{{2}}(?P<drop>A\d{{2}})Z\d{{2}}(?P<channel>C\d{{2}}){_END}",
        rf"(?:{_START}|(?<=[abhmstz]\d)|(?<=[abhmstz]\d\d))(?P<channel>c=?\d+)(?=[mstxyz]\d|{_END})",
        rf"(?<=f\d\d)(?P<channel>d\d){_END}",
        r"(?P<channel>wv [^()]+)(?=\))",
        rf"{_START}(?P<channel>(?:{_LASERS})(?:nm)?){_END}",
    )
)
_NUMBER = re.compile(r"(?:channel|chan|ch|c|w|d)[ _=-]?(\d+)", re.IGNORECASE)
_BETWEEN = " _-.()[]{}"
_MAX_CHANNELS = 8  # more are numbers of something else
_HALF = 0.5

Spans = list[tuple[int, int]]
Convention = Callable[[str], Spans]
"""Name → span of its channel, then spans of other text that is no part of the id; empty if it has no channel."""
Extent = Callable[[str, int, int], tuple[int, int]]
"""Name and span of a stain → span of all text that belongs to it; (0, 0) if it does not fit."""


class NameParts(NamedTuple):
    """A file name in parts: the id, the token for the channel, and the text before and behind the token."""

    id: str
    token: str
    before: str
    behind: str


@dataclass(frozen=True)
class ParsedNames:
    """File names (without suffix) parsed by one convention.

    Attributes:
        parts: parts of each name that follows the convention.
        total: number of all names.
    """

    parts: dict[str, NameParts]
    total: int

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        """The different tokens, in order."""
        found = {part.token for part in self.parts.values()}
        return tuple(sorted(found, key=lambda token: (channel_number(token) or 0, token)))

    @cached_property
    def sizes(self) -> Counter[str]:
        """Number of files of each id."""
        return Counter(part.id for part in self.parts.values())

    @cached_property
    def kinds(self) -> int:
        """Number of different channels that the tokens name; `DAPI 1` and `DAPI 2` count once."""
        return len({_kind(token) for token in self.tokens})

    @property
    def position(self) -> float:
        """Average number of letters before the token."""
        return fmean(len(part.before) for part in self.parts.values())

    @property
    def completeness(self) -> float:
        """How well the names fit, up to 1: every id has every token, and no name is left over."""
        possible = len(self.sizes) * len(self.tokens)
        return len(self.parts) ** 2 / (possible * self.total) if possible else 0

    @property
    def plausible(self) -> bool:
        """Whether the tokens are channels of fields, rather than other numbers or words."""
        if self.completeness < _HALF or len(self.tokens) > _MAX_CHANNELS:
            return False
        if len(self.tokens) == 1:
            return any(phrase.kind == "dye" for phrase in phrases(self.tokens[0]))
        return sum(n > 1 for n in self.sizes.values()) >= len(self.sizes) * _HALF


def parse_names(names: Sequence[str]) -> ParsedNames | None:
    """Parse file names by the convention that fits best; None if none does.

    Example:
        >>> parse_names(["sample 01_ch00", "sample 01_ch01"]).parts["sample 01_ch00"][:2]
        ('sample 01', 'ch00')
        >>> parse_names(["DAPI_7", "tubulin_7"]).tokens, parse_names(["control_ER_1", "treated_DNA_2"])
        (('DAPI', 'tubulin'), None)
    """
    parsed = [_parse(names, convention) for convention in _CONVENTIONS]
    fitting = [found for found in parsed if found.plausible]
    if not any(found.kinds > 1 for found in fitting):
        fitting += [joined for found in parsed if (joined := _without_paired_numbers(found)).plausible]
    complete = [ParsedNames(found.parts | similar_names(found, names), found.total) for found in fitting]
    return max(complete, key=_rank, default=None)


def parse_names_by_words(names: Sequence[str], tokens: Sequence[str]) -> ParsedNames:
    """Parse file names by the words that a user gave for the channels.

    Example:
        >>> parse_names_by_words(["a_01_left", "a_01_right", "notes"], ["left", "right"]).parts["a_01_left"][:2]
        ('a_01', 'left')
    """
    parts = {}
    for name in names:
        found = [(end - start, start, end, token) for token in tokens for start, end in occurrences(token, name)]
        if found:
            _, start, end, token = max(found)  # the longest, and of these the last
            parts[name] = _part(name, [(start, end)])._replace(token=token)
    return ParsedNames(parts, len(names))


def channel_number(token: str) -> int | None:
    """The channel's number in a token such as `ch00` or `w1DAPI`.

    Example:
        >>> channel_number("ch02"), channel_number("C=1"), channel_number("w1DAPI"), channel_number("DAPI")
        (2, 1, 1, None)
    """
    match = _NUMBER.match(token)
    return int(match[1]) if match else None


def _rank(found: ParsedNames) -> tuple[bool, float, bool, float, int]:
    """Rank a convention among several that fit.

    A token that all files share may be part of the experiment's name; `CALR` or `TUBB` may be a gene that names a
    sample. Exporters write the channel behind the user's own name.
    """
    says_channel = any(map(_says_channel, found.tokens))
    return found.kinds > 1, round(found.completeness, 6), says_channel, found.position, -len(found.tokens)


def _says_channel(token: str) -> bool:
    """Whether a token is an exporter's number, a dye, a colour or the nucleus, and not just a gene's name."""
    if channel_number(token) is not None or token[:1].isdecimal() or any(word.text in COLOURS for word in words(token)):
        return True
    return any(phrase.kind in ("dye", "other dye", "light") or phrase.channel == "blue" for phrase in phrases(token))


def _kind(token: str) -> object:
    meaning, stains = understand(token), [token[start:end].casefold() for start, end in _stains(token)]
    return meaning.channel or ((meaning.wavelength, *stains) if stains else token)


def _without_paired_numbers(found: ParsedNames) -> ParsedNames:
    """Remove numbers that change with the token, such as the second one in Cytation's `A1_02_1_1_GFP_001`.

    They must do so in several fields: `img_1_DAPI` and `img_2_GFP` are two images.
    """
    if not 1 < len(found.tokens) <= _MAX_CHANNELS:
        return ParsedNames({}, found.total)
    digits = {name: _digits(name, part) for name, part in found.parts.items()}
    found_at: dict[tuple[bool, int], dict[str, set[str]]] = {}  # position of a number → token → the numbers there
    for name, part in found.parts.items():
        for place, (start, end) in digits[name].items():
            found_at.setdefault(place, {}).setdefault(part.token, set()).add(name[start:end])
    tokens = len(found.tokens)
    paired = [
        place
        for place, by_token in found_at.items()
        if len(by_token) == tokens == sum(map(len, by_token.values())) == len(set().union(*by_token.values()))
    ]
    parts = {}
    for name, part in found.parts.items() if paired else ():
        spans = [digits[name][place] for place in paired if place in digits[name]]
        whole = (len(part.before), len(name) - len(part.behind))
        parts[name] = _part(name, [whole, *spans])._replace(token=part.token)
    joined = ParsedNames(parts, found.total)
    return joined if len(joined.sizes) > 1 else ParsedNames({}, found.total)


def _digits(name: str, part: NameParts) -> dict[tuple[bool, int], tuple[int, int]]:
    start = len(name) - len(part.behind)
    before = [match.span() for match in re.finditer(r"\d+", part.before)]
    behind = [(start + a, start + b) for a, b in (match.span() for match in re.finditer(r"\d+", part.behind))]
    return {(later, i): span for later, spans in ((False, before), (True, behind)) for i, span in enumerate(spans)}


def _parse(names: Sequence[str], convention: Convention) -> ParsedNames:
    parts = {name: _part(name, spans) for name in names if (spans := convention(name))}
    first: dict[str, str] = {}  # a token is the same in any case
    for name, part in parts.items():
        parts[name] = part._replace(token=first.setdefault(part.token.casefold(), part.token))
    return ParsedNames(parts, len(names))


def _part(name: str, spans: Spans) -> NameParts:
    start, end = spans[0]
    rest, at = [], 0
    for a, b in sorted(spans):
        rest.append(name[at:a].rstrip(_BETWEEN) if at == 0 else name[at:a].strip(_BETWEEN))
        at = b
    rest.append(name[at:].lstrip(_BETWEEN))
    return NameParts("_".join(filter(None, rest)), name[start:end], name[:start], name[end:])


def similar_names(known: ParsedNames, names: Sequence[str]) -> dict[str, NameParts]:
    """Names that differ from the parsed ones only in the token, if at least half of the ids have that token.

    Example:
        >>> known = parse_names(["1_DAPI", "1_GFP", "2_DAPI", "2_GFP"])
        >>> list(similar_names(known, ["1_GOLGA5", "2_GOLGA5", "notes"]))
        ['1_GOLGA5', '2_GOLGA5']
    """
    around: dict[str, dict[str, str]] = {}  # before → behind → id
    for part in known.parts.values():
        around.setdefault(part.before, {})[part.behind] = part.id
    found: dict[str, NameParts] = {}
    for name in names:
        if name not in known.parts and (parts := _similar_name(name, around)):
            found[name] = parts
    counts = Counter(part.token for part in found.values())
    return {name: part for name, part in found.items() if counts[part.token] >= len(known.sizes) * _HALF}


def _similar_name(name: str, around: dict[str, dict[str, str]]) -> NameParts | None:
    for i in range(len(name)):
        ids = around.get(name[:i], {})
        for j in range(i + 1, len(name) + 1 if ids else 0):
            if name[j:] in ids:
                return NameParts(ids[name[j:]], name[i:j], name[:i], name[j:])
    return None


def _numbered(name: str, convention: re.Pattern[str], at: int) -> Spans:
    matches = list(convention.finditer(name))
    return [matches[at].span(group) for group in sorted(convention.groupindex)] if matches else []


def _named(name: str, wide: Extent, at: int) -> Spans:
    found = _stains(name)
    span = wide(name, *found[at]) if found else (0, 0)
    return [span] if span[1] else []


def _numbered_and_named(name: str, convention: re.Pattern[str], at: int) -> Spans:
    """A number next to the name of a stain, such as `ch00_DAPI`."""
    spans = _numbered(name, convention, at)
    for start, end in _stains(name) if spans else ():
        a, b = min(start, spans[0][0]), max(end, spans[0][1])
        between = name[min(end, spans[0][1]) : max(start, spans[0][0])]
        if not between.strip(_BETWEEN) and (start >= spans[0][1] or end <= spans[0][0]):
            return [(a, b), *spans[1:]]
    return []


@lru_cache(maxsize=2**17)
def _stains(name: str) -> Spans:
    """Spans of the names of stains and dyes, of colours of light, and of plain colours."""
    found = [(phrase.start, phrase.end) for phrase in phrases(name)]
    colours = [(w.start, w.end) for w in words(name) if w.text in COLOURS]
    return sorted([*found, *(c for c in colours if not any(a <= c[0] < b for a, b in found))])


def _at_an_end(name: str, start: int, end: int) -> tuple[int, int]:
    start, end = _with_what_touches(name, start, end)
    return (start, end) if (start == 0) != (end == len(name)) else (0, 0)


def _alone(_: str, start: int, end: int) -> tuple[int, int]:
    return start, end


def _with_number(name: str, start: int, end: int) -> tuple[int, int]:
    """A colour of light with its wavelength, such as `Alexa 488`."""
    match = re.compile(rf"[ _-]?\d{{3,5}}{_END}").match(name, end)
    return start, match.end() if match else end


def _with_what_touches(name: str, start: int, end: int) -> tuple[int, int]:
    while start and name[start - 1].isalnum():
        start -= 1
    while end < len(name) and name[end].isalnum():
        end += 1
    return start, end


def _between(first: str, last: str, name: str, start: int, end: int) -> tuple[int, int]:
    """All text between two marks, such as `anti-tubulin Cy3` in `7_anti-tubulin Cy3`."""
    before, behind = name.rfind(first, 0, start), name.find(last, end)
    if max(before, behind) < 0 or (first != last and min(before, behind) < 0):
        return 0, 0
    return 0 if before < 0 else before + len(first), len(name) if behind < 0 else behind


_EXTENTS: tuple[Extent, ...] = (
    _alone,
    _with_number,
    _with_what_touches,
    *(partial(_between, *marks) for marks in (("_", "_"), ("--", "--"), ("(", ")"), ("[", "]"))),
    _at_an_end,
)
_CONVENTIONS: tuple[Convention, ...] = (
    *(partial(_named, wide=wide, at=at) for at in (-1, 0) for wide in _EXTENTS),
    *(partial(_numbered, convention=convention, at=at) for convention in _NUMBERED for at in (-1, 0)),
    *(partial(_numbered_and_named, convention=convention, at=at) for convention in _NUMBERED for at in (-1, 0)),
)
"""The first one wins among those with the same `_rank`."""
