"""Assign channels to stains by the user's choice or by names; if neither helps, ask with a proposal."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cellocate.collection.channels.name_meaning import WAVELENGTHS, Meaning, occurrences, understand
from cellocate.collection.channels.stain_names import STAINS
from cellocate.collection.channels.user_choice import UNKNOWN, ChannelNames, format_pairs, parse_value
from cellocate.errors import CellocateError

_SHOWN = 8


@dataclass(frozen=True)
class ChannelChoices:
    """The channels to choose from.

    Attributes:
        names: name of each channel; "" if it has none.
        where: the file or folder.
        numbers: None for channels of a file, which are numbered from 0. For parts of file names: the number in each
            part, or None.
        example: a file that has one of the names.
    """

    names: tuple[str, ...]
    where: Path
    numbers: tuple[int | None, ...] | None = None
    example: str = ""

    @cached_property
    def meanings(self) -> tuple[Meaning, ...]:
        """The meaning of each name."""
        return tuple(map(understand, self.names))

    def value(self, place: int) -> int | str:
        """The channel's name, or its number if it has none or shares it."""
        name = self.names[place]
        return name if name.strip() not in ("", UNKNOWN) and self.names.count(name) == 1 else place

    def answer(self, place: int) -> int | str:
        """The same as the user best types it: unambiguous numbers without quotes."""
        value = self.value(place)
        number = parse_value(value) if isinstance(value, str) else value
        return number if self.numbers is not None or number in WAVELENGTHS else value

    def place(self, wanted: int | str) -> int:
        """The position of the channel that the user names.

        Raises:
            CellocateError: there is none, or there are several.
        """
        numbers = range(len(self.names)) if self.numbers is None else self.numbers
        by_name = [i for i, name in enumerate(self.names) if name.casefold() == str(wanted).casefold()]
        by_number = [i for i, number in enumerate(numbers) if str(wanted).isdecimal() and number == int(wanted)]
        by_words = [i for i, name in enumerate(self.names) if occurrences(str(wanted), name)]
        if isinstance(wanted, int) and self.numbers is None and wanted not in WAVELENGTHS:
            found = by_number
        else:
            exact = [i for i in by_name if self.names[i] == wanted]
            found = exact or by_name or by_number or by_words
        if len(found) != 1:
            number = f" {wanted}" if isinstance(wanted, int) else f" called {wanted!r}"
            what = f"{'several channels are' if found else 'no channel'}{number} ({self.listed})"
            mend = "Name one of these with --channels or in collection.yaml."
            raise CellocateError(what, where=self.where, mend=mend)
        return found[0]

    @property
    def listed(self) -> str:
        """The first channels and the meanings of their names."""
        texts = [f": {m.text}" if m.text else "" for m in self.meanings]
        more = f", and {len(self.names) - _SHOWN} more" if len(self.names) > _SHOWN else ""
        if self.numbers is not None:
            shown = [f"{name!r}{text}" for name, text in zip(self.names, texts, strict=True)][:_SHOWN]
            return f"the file names have {', '.join(shown)}{more}, such as {self.example!r}"
        names = [f"is {name!r}" if name.strip() else "has no name" for name in self.names]
        return "; ".join(f"channel {i} {names[i]}{texts[i]}" for i in range(len(names))[:_SHOWN]) + more


class UnclearChannelsError(CellocateError):
    """It is unclear which channel is which: the error lists them and proposes an answer.

    Args:
        choices: all channels.
        command: the user's command, to which the answer is appended.

    Attributes:
        proposal: channel → name or number; by name where possible, the rest in the likeliest order.
        guessed: channels of the proposal that no name shows.
    """

    def __init__(self, choices: ChannelChoices, command: str = "") -> None:
        self.choices = choices
        self.proposal, self.guessed = _proposal(choices)
        option = f"--channels {shlex.quote(format_pairs(self.proposal))}"
        place = f"{self.caution}: {command} {option}" if command else f" with {option}{self.caution}"
        also = "" if command else " In Python use channels={…}; collection.yaml works too."
        super().__init__(
            f"it is unclear which channel is which ({choices.listed})",
            where=choices.where,
            mend=f"Type this{place}" if command else f"Name them{place}.{also}",
        )

    @property
    def caution(self) -> str:
        """What to check before using the proposal."""
        names = [str(self.proposal[channel]) for channel in self.guessed]
        if not names:
            return ""
        listed = f"{', '.join(names[:-1])} and {names[-1]}" if names[1:] else names[0]
        return f", with {listed} in the right place{'s' if names[1:] else ''}"


def assign(choices: ChannelChoices, chosen: ChannelNames) -> dict[str, int]:
    """Channel → position among the choices: by the user's names, or else by the meaning of the names.

    Raises:
        CellocateError: a named channel is missing, or stands for two stains.
        UnclearChannelsError: names do not decide.

    Example:
        >>> assign(ChannelChoices(("DAPI", "anti-tubulin", "protein"), Path("a.tif")), {})
        {'blue': 0, 'green': 2, 'red': 1}
    """
    found = {channel: choices.place(name) for channel, name in chosen.items()} if chosen else _by_names(choices)
    if len(set(found.values())) < len(found):
        names = " and ".join(str(chosen[channel]) for channel in chosen)
        what = f"one channel is named for two stains ({names}; {choices.listed})"
        raise CellocateError(what, where=choices.where, mend="Name another channel for one of them.")
    return found


def _by_names(choices: ChannelChoices) -> dict[str, int]:
    """Assign by names. A dye of something else may be left out, unless it could be the protein."""
    found: dict[str, int] = {}
    for i, meaning in enumerate(choices.meanings):
        if meaning.channel in found or (meaning.channel is None and not meaning.other_stain):
            raise UnclearChannelsError(choices)
        if meaning.channel is not None:
            found[meaning.channel] = i
    if not found or ("green" not in found and len(found) < len(choices.names)):
        raise UnclearChannelsError(choices)
    return {channel: found[channel] for channel in STAINS if channel in found}


def _proposal(choices: ChannelChoices) -> tuple[dict[str, int | str], tuple[str, ...]]:
    """Assign by names, then the other channels by wavelength or order to the remaining stains."""
    places: dict[str, list[int]] = {}
    for i, meaning in enumerate(choices.meanings):
        if meaning.channel is not None:
            places.setdefault(meaning.channel, []).append(i)
    named = {channel: at[0] for channel, at in places.items()}
    left = [i for i, meaning in enumerate(choices.meanings) if meaning.channel is None]
    doubled = [] if "green" in named else [i for at in places.values() for i in at[1:]][:1]  # H2B-GFP next to DAPI
    candidates = [*(i for i in left if not choices.meanings[i].other_stain), *doubled] or left
    free = [channel for channel in STAINS if channel not in named]
    found = named | dict(zip(free, _in_order(candidates, choices.meanings), strict=False))
    proposal = {channel: choices.answer(found[channel]) for channel in STAINS if channel in found}
    doubtful = {i for at in places.values() if len(at) > 1 for i in at}
    return proposal, tuple(channel for channel in proposal if channel not in named or found[channel] in doubtful)


def _in_order(places: Sequence[int], meanings: Sequence[Meaning]) -> list[int]:
    """By wavelength if all have one: the atlas has the protein at 488, microtubules at 555 nm."""
    waves = {i: wave for i in places if (wave := meanings[i].wavelength) is not None}
    return sorted(places, key=lambda i: waves[i]) if len(waves) == len(places) else list(places)
