"""How the names of single-channel files say their channel: by an exporter's habit, by a dye, or by what a user names.

Habits of Leica (`_ch00`), Zeiss (`_c1`), MetaMorph (`_w1DAPI`), Harmony (`-ch1sk1fk1fl1`), Yokogawa (`A01Z01C01`),
Olympus (`_C001Z001`), InCell (`(fld 1 wv DAPI - DAPI)`), ArrayScan (`f00d0`), ScanR (`--DAPI`, `--C00`), Bio-Formats
(`C=0`) and ImageJ (`C1-`); lasers (`_488`); and the name of a dye at any place (`DAPI_01`, `01-Hoechst`, `01 (DAPI)`).
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

_START, _END = r"(?<![^\W_])", r"(?![^\W_])"  # no letter and no digit beyond
_LASERS = "405|445|458|473|488|491|514|532|546|552|555|559|561|568|594|633|635|638|640|642|647|660|680|730|750"  # nm
_GUID = r"[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}"
_NUMBERED = tuple(
    re.compile(habit, re.IGNORECASE)
    for habit in (
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
_MAX_CHANNELS = 8  # channels that a field may have; more are numbers of something else
_HALF = 0.5

Spans = list[tuple[int, int]]
Convention = Callable[[str], Spans]
"""Where a name says its channel, and then what else is no part of the id; nothing where a name says none."""
Extent = Callable[[str, int, int], tuple[int, int]]
"""How much of a name belongs to a stain that is named in it; nothing where it does not fit."""


class NameParts(NamedTuple):
    """A name taken apart: the id, the token that says the channel, and what stands before and behind the token."""

    id: str
    token: str
    before: str
    behind: str


@dataclass(frozen=True)
class ParsedNames:
    """Names of files, without their endings, taken apart by one habit.

    Attributes:
        parts: of each name that follows the habit.
        total: how many names there are.
    """

    parts: dict[str, NameParts]
    total: int

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        """Each token once, in order."""
        found = {part.token for part in self.parts.values()}
        return tuple(sorted(found, key=lambda token: (channel_number(token) or 0, token)))

    @cached_property
    def sizes(self) -> Counter[str]:
        """The number of files of each id."""
        return Counter(part.id for part in self.parts.values())

    @cached_property
    def kinds(self) -> int:
        """How many different channels the tokens name: `DAPI 1` and `DAPI 2` are one."""
        return len({_kind(token) for token in self.tokens})

    @property
    def place(self) -> float:
        """How many letters stand before the token, on average."""
        return fmean(len(part.before) for part in self.parts.values())

    @property
    def share(self) -> float:
        """How well the names fit together, up to 1: every id has every token, and no name is left over."""
        possible = len(self.sizes) * len(self.tokens)
        return len(self.parts) ** 2 / (possible * self.total) if possible else 0

    @property
    def fit(self) -> bool:
        """Whether they are channels of fields, and not numbers or words of something else."""
        if self.share < _HALF or len(self.tokens) > _MAX_CHANNELS:
            return False
        if len(self.tokens) == 1:
            return any(phrase.kind == "dye" for phrase in phrases(self.tokens[0]))
        return sum(n > 1 for n in self.sizes.values()) >= len(self.sizes) * _HALF


def parse_names(names: Sequence[str]) -> ParsedNames | None:
    """Names of files taken apart by the habit that fits best; None where none does.

    Example:
        >>> parse_names(["sample 01_ch00", "sample 01_ch01"]).parts["sample 01_ch00"][:2]
        ('sample 01', 'ch00')
        >>> parse_names(["DAPI_7", "tubulin_7"]).tokens, parse_names(["control_ER_1", "treated_DNA_2"])
        (('DAPI', 'tubulin'), None)
    """
    taken = [_taken_apart(names, habit) for habit in _CONVENTIONS]
    fitting = [found for found in taken if found.fit]
    if not any(found.kinds > 1 for found in fitting):
        fitting += [joined for found in taken if (joined := _without_paired_numbers(found)).fit]
    complete = [ParsedNames(found.parts | similar_names(found, names), found.total) for found in fitting]
    return max(complete, key=_rank, default=None)


def parse_names_by_words(names: Sequence[str], tokens: Sequence[str]) -> ParsedNames:
    """Names of files taken apart by the words that a user says stand for channels.

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
    """The number of a channel in a token such as `ch00` or `w1DAPI`.

    Example:
        >>> channel_number("ch02"), channel_number("C=1"), channel_number("w1DAPI"), channel_number("DAPI")
        (2, 1, 1, None)
    """
    match = _NUMBER.match(token)
    return int(match[1]) if match else None


def _rank(found: ParsedNames) -> tuple[bool, float, bool, float, int]:
    """How far a habit is to be believed, where several fit.

    A token that all files share may be part of the experiment's name, and `CALR` or `TUBB` a gene that names a sample.
    Exporters write the channel behind what users call their images.
    """
    telling = any(map(_tells_a_channel, found.tokens))
    return found.kinds > 1, round(found.share, 6), telling, found.place, -len(found.tokens)


def _tells_a_channel(token: str) -> bool:
    """Whether a token is an exporter's number, a dye, a colour or the nucleus, and not merely the name of a gene."""
    if channel_number(token) is not None or token[:1].isdecimal() or any(word.text in COLOURS for word in words(token)):
        return True
    return any(phrase.kind in ("dye", "other dye", "light") or phrase.channel == "blue" for phrase in phrases(token))


def _kind(token: str) -> object:
    """What a token says, for comparison with another."""
    meaning, stains = understand(token), [token[start:end].casefold() for start, end in _stains(token)]
    return meaning.channel or ((meaning.wavelength, *stains) if stains else token)


def _without_paired_numbers(found: ParsedNames) -> ParsedNames:
    """The same without numbers that go with the token, such as the second in Cytation's `A1_02_1_1_GFP_001`.

    None are found unless they do so in several fields: `img_1_DAPI` and `img_2_GFP` are two images.
    """
    if not 1 < len(found.tokens) <= _MAX_CHANNELS:
        return ParsedNames({}, found.total)
    digits = {name: _digits(name, part) for name, part in found.parts.items()}
    said: dict[tuple[bool, int], dict[str, set[str]]] = {}  # place of a number → token → the numbers there
    for name, part in found.parts.items():
        for place, (start, end) in digits[name].items():
            said.setdefault(place, {}).setdefault(part.token, set()).add(name[start:end])
    tokens = len(found.tokens)
    twins = [
        place
        for place, by_token in said.items()
        if len(by_token) == tokens == sum(map(len, by_token.values())) == len(set().union(*by_token.values()))
    ]
    parts = {}
    for name, part in found.parts.items() if twins else ():
        spans = [digits[name][place] for place in twins if place in digits[name]]
        whole = (len(part.before), len(name) - len(part.behind))
        parts[name] = _part(name, [whole, *spans])._replace(token=part.token)
    joined = ParsedNames(parts, found.total)
    return joined if len(joined.sizes) > 1 else ParsedNames({}, found.total)


def _digits(name: str, part: NameParts) -> dict[tuple[bool, int], tuple[int, int]]:
    """Where numbers stand in a name, by their place before or behind the token."""
    start = len(name) - len(part.behind)
    before = [match.span() for match in re.finditer(r"\d+", part.before)]
    behind = [(start + a, start + b) for a, b in (match.span() for match in re.finditer(r"\d+", part.behind))]
    return {(later, i): span for later, spans in ((False, before), (True, behind)) for i, span in enumerate(spans)}


def _taken_apart(names: Sequence[str], habit: Convention) -> ParsedNames:
    parts = {name: _part(name, spans) for name in names if (spans := habit(name))}
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
    """The names that differ from others in nothing but the token, where at least half of the ids have that token.

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
        if name not in known.parts and (stranger := _similar_name(name, around)):
            found[name] = stranger
    counts = Counter(part.token for part in found.values())
    return {name: part for name, part in found.items() if counts[part.token] >= len(known.sizes) * _HALF}


def _similar_name(name: str, around: dict[str, dict[str, str]]) -> NameParts | None:
    for i in range(len(name)):
        ids = around.get(name[:i], {})
        for j in range(i + 1, len(name) + 1 if ids else 0):
            if name[j:] in ids:
                return NameParts(ids[name[j:]], name[i:j], name[:i], name[j:])
    return None


def _numbered(name: str, habit: re.Pattern[str], at: int) -> Spans:
    matches = list(habit.finditer(name))
    return [matches[at].span(group) for group in sorted(habit.groupindex)] if matches else []


def _named(name: str, wide: Extent, at: int) -> Spans:
    found = _stains(name)
    span = wide(name, *found[at]) if found else (0, 0)
    return [span] if span[1] else []


def _numbered_and_named(name: str, habit: re.Pattern[str], at: int) -> Spans:
    """A number and the name of a stain beside it, such as `ch00_DAPI`."""
    spans = _numbered(name, habit, at)
    for start, end in _stains(name) if spans else ():
        a, b = min(start, spans[0][0]), max(end, spans[0][1])
        between = name[min(end, spans[0][1]) : max(start, spans[0][0])]
        if not between.strip(_BETWEEN) and (start >= spans[0][1] or end <= spans[0][0]):
            return [(a, b), *spans[1:]]
    return []


@lru_cache(maxsize=2**17)
def _stains(name: str) -> Spans:
    """Where the names of stains, of dyes, of colours of light and plain colours stand."""
    found = [(phrase.start, phrase.end) for phrase in phrases(name)]
    colours = [(w.start, w.end) for w in words(name) if w.text in COLOURS]
    return sorted([*found, *(c for c in colours if not any(a <= c[0] < b for a, b in found))])


def _at_an_end(name: str, start: int, end: int) -> tuple[int, int]:
    """The first word or the last, where the stain stands there and nowhere else."""
    start, end = _with_what_touches(name, start, end)
    return (start, end) if (start == 0) != (end == len(name)) else (0, 0)


def _alone(_: str, start: int, end: int) -> tuple[int, int]:
    return start, end


def _with_number(name: str, start: int, end: int) -> tuple[int, int]:
    """A colour of light and its wavelength, such as `Alexa 488`."""
    match = re.compile(rf"[ _-]?\d{{3,5}}{_END}").match(name, end)
    return start, match.end() if match else end


def _with_what_touches(name: str, start: int, end: int) -> tuple[int, int]:
    while start and name[start - 1].isalnum():
        start -= 1
    while end < len(name) and name[end].isalnum():
        end += 1
    return start, end


def _between(first: str, last: str, name: str, start: int, end: int) -> tuple[int, int]:
    """All that stands between two marks, such as `anti-tubulin Cy3` in `7_anti-tubulin Cy3`."""
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
    *(partial(_numbered, habit=habit, at=at) for habit in _NUMBERED for at in (-1, 0)),
    *(partial(_numbered_and_named, habit=habit, at=at) for habit in _NUMBERED for at in (-1, 0)),
)
"""Of those that fit equally well in all respects (`_rank`) the first is taken."""
