"""What the name of a file says about the field that it is a mask of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from cellocate.collection.channels.meaning import phrases, understand
from cellocate.collection.channels.table import COLOURS

MaskKind = Literal["cells", "nuclei", ""]

_CELLS = (
    *("cell", "cells", "cellmask", "cellmasks", "predictedmask", "mask", "masks", "object", "objects", "identities"),
    *("label", "labels", "labelled", "labeled", "lbl", "seg", "segmented", "segmentation", "predictions"),
    *("cellpose", "stardist", "roi", "rois", "roiset"),
)
_NUCLEI = ("nuclei", "nucleus", "nucleimask")
_BESIDES = ("cp", "simple", "count", "map", "morpho", "of")  # words that stand only beside those
_WORD, _BREAK = "|".join((*_CELLS, *_NUCLEI, *_BESIDES)), "[ _.-]+"
_LAST = re.compile(rf"(?P<rest>.*[^ _.-]){_BREAK}(?P<word>{_WORD})", re.IGNORECASE)
_FIRST = re.compile(rf"(?P<word>{_WORD}){_BREAK}(?P<rest>.+)", re.IGNORECASE)
_FORMAT = re.compile(r"(?:\.ome)?(?:\.(?:tiff?|png|jpe?g|zarr|czi|nd2|lif))?$", re.IGNORECASE)
_AT_END = re.compile(rf"(?P<rest>.+?){_BREAK}(?P<channel>[^ _.-]+)")
_AT_START = re.compile(rf"(?P<channel>[^ _.-]+){_BREAK}(?P<rest>.+)")
_NUMBERED = re.compile(r"(?:channel|chan|ch|c|w)=?\d+", re.IGNORECASE)


class NameReading(NamedTuple):
    """One way to read a name.

    Attributes:
        field: the id of the field.
        kind: what the name says that the mask is of; "" where it says nothing.
        channel: the word for the channel that the mask was made from; "" where there is none.
    """

    field: str
    kind: MaskKind = ""
    channel: str = ""


def readings(stem: str) -> list[NameReading]:
    """All ways to read a name without its suffix; the first is that it says nothing but the id.

    Example:
        >>> readings("f0_green_cp_masks")[1:]
        [Reading(field='f0_green_cp', kind='cells', channel=''), Reading(field='f0_green', kind='cells', channel=''), \
Reading(field='f0', kind='cells', channel='green')]
        >>> NameReading("f0", "cells") in readings("Mask of f0"), NameReading("f0", "nuclei") in readings("f0.ome-nuclei")
        (True, True)
    """
    folder, slash, name = stem.rpartition("/")
    found = [NameReading(name)]
    for rest, words in _without_words(name):
        kind = kind_of(words)
        if kind:
            for field in dict.fromkeys([rest, _FORMAT.sub("", rest, count=1)]):
                found.append(NameReading(field, kind))
                found += [NameReading(other, kind, channel) for other, channel in _without_channel(field)]
    return [reading._replace(field=folder + slash + reading.field) for reading in dict.fromkeys(found) if reading.field]


def kind_of(words: list[str]) -> MaskKind:
    """What a mask is of that has these words in its name."""
    small = {word.casefold() for word in words}
    return "nuclei" if small & set(_NUCLEI) else "cells" if small & set(_CELLS) else ""


def reading_at_end(stem: str) -> NameReading:
    """What a name says by the words at its end alone.

    Example:
        >>> reading_at_end("mask_1_nuclei_labels"), reading_at_end("f0_green")
        (Reading(field='mask_1', kind='nuclei', channel=''), Reading(field='f0_green', kind='', channel=''))
    """
    cuts = [NameReading(rest, kind_of(words)) for rest, words in _from(stem, _LAST)]
    return next((reading for reading in reversed(cuts) if reading.kind), NameReading(stem))


def made_from_nuclei(channel: str) -> bool:
    """Whether a channel is that of the nuclei."""
    return understand(channel).channel == "blue"


def _without_words(name: str) -> Iterator[tuple[str, list[str]]]:
    """A name without words for masks at its start and at its end, in all ways, and these words."""
    for rest, first in _from(name, _FIRST):
        for field, last in _from(rest, _LAST):
            yield field, first + last


def _from(name: str, habit: re.Pattern[str]) -> Iterator[tuple[str, list[str]]]:
    words: list[str] = []
    yield name, []
    while match := habit.fullmatch(name):
        name, words = match["rest"], [*words, match["word"]]
        yield name, words


def _without_channel(field: str) -> Iterator[tuple[str, str]]:
    for habit in (_AT_END, _AT_START):
        match = habit.fullmatch(field)
        if match and _is_channel(match["channel"]):
            yield match["rest"], match["channel"]


def _is_channel(word: str) -> bool:
    return bool(_NUMBERED.fullmatch(word) or word.casefold() in COLOURS or phrases(word))
