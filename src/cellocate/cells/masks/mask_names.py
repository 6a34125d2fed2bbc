"""Read the field and the kind of a mask from its file name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from cellocate.collection.channels.name_meaning import phrases, understand
from cellocate.collection.channels.stain_names import COLOURS

MaskKind = Literal["cells", "nuclei", ""]

_CELLS = (
    *("cell", "cells", "cellmask", "cellmasks", "predictedmask", "mask", "masks", "object", "objects", "identities"),
    *("label", "labels", "labelled", "labeled", "lbl", "seg", "segmented", "segmentation", "predictions"),
    *("cellpose", "stardist", "roi", "rois", "roiset"),
)
_NUCLEI = ("nuclei", "nucleus", "nucleimask")
_BESIDES = ("cp", "simple", "count", "map", "morpho", "of")  # words that occur only with these
_WORD, _BREAK = "|".join((*_CELLS, *_NUCLEI, *_BESIDES)), "[ _.-]+"
_LAST = re.compile(rf"(?P<rest>.*[^ _.-]){_BREAK}(?P<word>{_WORD})", re.IGNORECASE)
_FIRST = re.compile(rf"(?P<word>{_WORD}){_BREAK}(?P<rest>.+)", re.IGNORECASE)
_FORMAT = re.compile(r"(?:\.ome)?(?:\.(?:tiff?|png|jpe?g|zarr|czi|nd2|lif))?$", re.IGNORECASE)
_AT_END = re.compile(rf"(?P<rest>.+?){_BREAK}(?P<channel>[^ _.-]+)")
_AT_START = re.compile(rf"(?P<channel>[^ _.-]+){_BREAK}(?P<rest>.+)")
_NUMBERED = re.compile(r"(?:channel|chan|ch|c|w)=?\d+", re.IGNORECASE)


class NameReading(NamedTuple):
    """One way to read a name."""

    field: str  # the id of the field
    kind: MaskKind = ""  # the kind of mask by the name; "" if the name does not say
    channel: str = ""  # the word for the channel that the mask was made from; "" for none


def readings(stem: str) -> list[NameReading]:
    """All ways to read a name without its suffix; in the first, the whole name is the id.

    Example:
        >>> [(found.field, found.kind, found.channel) for found in readings("f0_green_cp_masks")[1:]]
        [('f0_green_cp', 'cells', ''), ('f0_green', 'cells', ''), ('f0', 'cells', 'green')]
        >>> NameReading("f0", "nuclei") in readings("Nuclei of f0")
        True
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
    """The kind of mask that these words in its name mean."""
    small = {word.casefold() for word in words}
    return "nuclei" if small & set(_NUCLEI) else "cells" if small & set(_CELLS) else ""


def reading_at_end(stem: str) -> NameReading:
    """Read only the words at the end of a name.

    Example:
        >>> reading_at_end("mask_1_nuclei_labels"), reading_at_end("f0_green").kind
        (NameReading(field='mask_1', kind='nuclei', channel=''), '')
    """
    cuts = [NameReading(rest, kind_of(words)) for rest, words in _from(stem, _LAST)]
    return next((reading for reading in reversed(cuts) if reading.kind), NameReading(stem))


def made_from_nuclei(channel: str) -> bool:
    """Whether a channel is that of the nuclei."""
    return understand(channel).channel == "blue"


def _without_words(name: str) -> Iterator[tuple[str, list[str]]]:
    """All ways to strip words for masks from the start and end of a name, with these words."""
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
