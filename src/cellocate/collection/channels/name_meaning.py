"""The meaning of a channel's or file's name: the stain in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal, NamedTuple

from cellocate.collection.channels import stain_names

Kind = Literal["dye", "target", "hint", "other dye", "other", "neither", "light"]

_RUN = re.compile(r"[^\W\d_]+|\d+")
_GREEK = {"α": "alpha", "β": "beta", "γ": "gamma"}
WAVELENGTHS = range(350, 851)
"""nm of lasers and filters."""

_SHORT = 3  # letters of names that no separator may split, such as ER
_ANTIBODY = re.compile(r"\b(?:HPA|CAB)\d{6}\b")  # the atlas's own


class Word(NamedTuple):
    """A word in lower case and its span."""

    text: str
    start: int
    end: int


class Phrase(NamedTuple):
    """A name of the table in a text: its kind, channel or wavelength, and span."""

    kind: Kind
    channel: str | None
    wavelength: int | None
    start: int
    end: int


@dataclass(frozen=True)
class Meaning:
    """The meaning of a name.

    Attributes:
        channel: red, green, blue or yellow, if it names one stain and no other.
        text: the same for the user: "nucleus", "no target", "none of the four stains", or "" if not understood.
        wavelength: roughly, in nm, if it names a colour of light.
        other_stain: whether it is surely none of the four.
    """

    channel: str | None = None
    text: str = ""
    wavelength: int | None = None
    other_stain: bool = False


def understand(name: str) -> Meaning:
    """The stain in a name, by the words in it, in any case.

    Example:
        >>> [understand(name).channel for name in ("Hoechst 33342", "SYTOX Green", "anti-α-tubulin", "Channel red")]
        ['blue', 'blue', 'red', 'red']
        >>> [understand(name).text for name in ("Alexa 488", "MitoTracker Red", "DNA/ER", "marker")]
        ['no target', 'none of the four stains', 'nucleus or er', '']
    """
    found = words(name)
    phrases = list(_phrases(name, found))
    free = [w.text for w in found if not any(p.start <= w.start < p.end for p in phrases)]
    colours = {word for word in free if word in stain_names.COLOURS}
    stains = {p.channel for p in phrases if p.kind in ("dye", "target")}
    if not stains and (_ANTIBODY.search(name) or any(p.kind == "hint" for p in phrases)):
        stains = {"green"}
    dyed = any(p.kind == "dye" for p in phrases)
    others = [p for p in phrases if p.kind in ("other dye", "other")]
    wavelength = _wavelength(phrases, free)
    if any(p.kind == "neither" for p in phrases):
        return Meaning()
    if others and not stains:
        return Meaning(text="none of the four stains", other_stain=True)
    if others or len(stains) > 1 or (stains and not dyed and colours - stains):
        return Meaning(text=_either({*stains, *colours}, others=bool(others)))
    if stains:
        [channel] = stains
        return Meaning(channel, stain_names.STAINS[str(channel)])
    if wavelength is not None:
        return Meaning(text="no target", wavelength=wavelength)
    if len(colours) == 1 and all(w in stain_names.COLOURS or w in stain_names.NEUTRAL or w.isdigit() for w in free):
        [colour] = colours
        return Meaning(colour, stain_names.STAINS[colour])
    return Meaning()


def phrases(text: str) -> list[Phrase]:
    """Names of stains, dyes and colours of light in a text, in order; the longest where several fit."""
    return list(_phrases(text, words(text)))


def words(text: str) -> list[Word]:
    """Words and numbers of a text, split where letters and digits meet and before capitals, as in NucBlue.

    Example:
        >>> [word.text for word in words("w1DAPI_NucBlue-cDNA")]
        ['w', '1', 'dapi', 'nuc', 'blue', 'cdna']
    """
    found = []
    for run in _RUN.finditer(text):
        chunk, start = run.group(), run.start()
        cuts = [i for i in range(2, len(chunk)) if chunk[i - 1].islower() and chunk[i].isupper()]
        for a, b in zip([0, *cuts], [*cuts, len(chunk)], strict=True):
            word = chunk[a:b].casefold()
            found.append(Word(_GREEK.get(word, word), start + a, start + b))
    return found


def occurrences(wanted: str, text: str) -> list[tuple[int, int]]:
    """Spans of the words of `wanted` in a text, one after the other.

    Example:
        >>> occurrences("ch1", "a_ch1_ch10.tif")
        [(2, 5)]
    """
    asked, found = [w.text for w in words(wanted)], words(text)
    if not asked:
        return []
    places = range(len(found) - len(asked) + 1)
    runs = [found[i : i + len(asked)] for i in places]
    return [(run[0].start, run[-1].end) for run in runs if [w.text for w in run] == asked]


def _phrases(text: str, found: list[Word]) -> Iterator[Phrase]:
    at, known = 0, _names()
    while at < len(found):
        for n in range(min(5, len(found) - at), 0, -1):
            run = found[at : at + n]
            name = "".join(word.text for word in run)
            in_one = run[-1].end - run[0].start == len(name)
            apart = "/" in text[run[0].start : run[-1].end]  # as in DNA/ER, and between a folder and a file
            if name in known and not apart and (in_one or len(name) > _SHORT):
                kind, channel, wavelength = known[name]
                at += n
                while kind in ("dye", "other dye") and at < len(found) and found[at].text in stain_names.VARIANTS:
                    at += 1
                yield Phrase(kind, channel, wavelength, run[0].start, found[at - 1].end)
                break
        else:
            at += 1


@cache
def _names() -> dict[str, tuple[Kind, str | None, int | None]]:
    rows: list[tuple[Kind, str | None, int | None, str]] = []
    rows += [("light", None, nm, names) for nm, names in stain_names.LIGHT.items()]
    rows += [("other", None, None, stain_names.OTHER_TARGETS), ("other dye", None, None, stain_names.OTHER_DYES)]
    rows.append(("hint", None, None, stain_names.PROTEIN_HINTS))
    for kind, by_channel in (("target", stain_names.TARGETS), ("dye", stain_names.DYES)):
        rows += [(kind, channel, None, names) for channel, names in by_channel.items()]  # type: ignore[misc] # a Kind
    rows.append(("neither", None, None, stain_names.NEITHER))
    return {
        "".join(word.text for word in words(name)): (kind, channel, nm)
        for kind, channel, nm, names in rows
        for name in names.split(",")
    }


def _wavelength(phrases: list[Phrase], free: list[str]) -> int | None:
    numbers = [int(word) for word in free if len(word) == len("488") and word.isdecimal() and int(word) in WAVELENGTHS]
    return next(iter([*numbers, *(p.wavelength for p in phrases if p.kind == "light")]), None)


def _either(channels: set[str | None], *, others: bool) -> str:
    stains = [stain for channel, stain in stain_names.STAINS.items() if channel in channels]
    return " or ".join([*stains, *(["none of the four"] if others else [])])
