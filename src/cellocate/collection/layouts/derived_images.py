"""Recognise masks, overlays and merged channels by their file names: they are no channels of a field."""

from __future__ import annotations

import re
from collections.abc import Collection

from cellocate.collection.channels.name_meaning import words
from cellocate.images import SUFFIXES

ENDINGS = "|".join(re.escape(ending) for ending in SUFFIXES)
COMPOSITE = re.compile(rf"(?P<id>.+?)_(?P<blue>blue_)?red_green(?:{ENDINGS})", re.IGNORECASE)
"""The atlas's composites: three channels, or lately two, as the colours of one picture."""

_ENDING = re.compile(rf"(?:\.ome)?(?:{ENDINGS})$", re.IGNORECASE)
_WORDS = re.compile(
    "composite|identities|labelled|labels|masks?|merg(e|ed|ing)|outlines|overlay|predictions|preview|probabilities|rgb|"
    "seg|segmentation|thumb|thumbnail"
)
_MASKS = re.compile(r".*_(?:cells|nuclei|cellmask|nucleimask|predictedmask)", re.IGNORECASE)
_OF_IMAGES = re.compile(r".*[ _-](?:cell|cells|label|lbl|nuclei|nucleus|objects|cellmask|predictedmask)", re.IGNORECASE)
_BREAK = re.compile(r"[ _.-]+")
_MERGED = re.compile(r"_c\d+(?:[+-]\d+)+(?![^\W_])", re.IGNORECASE)
_SINGLE = re.compile(r"_c\d+(?![+\d-])", re.IGNORECASE)


def stem(name: str) -> str | None:
    """The name of an image file without its suffix; None for other files.

    Example:
        >>> stem("a.b.OME.tif"), stem("a_green.png"), stem("notes.txt")
        ('a.b', 'a_green', None)
    """
    found = _ENDING.sub("", name)
    return None if found == name else found


def is_derived(name: str) -> bool:
    """Whether an image name (without suffix) is that of a mask or of a picture made of several channels.

    Example:
        >>> is_derived("img01_cp_masks"), is_derived("img01_Overlay"), is_derived("img01_ch00")
        (True, True, False)
    """
    return bool(_MASKS.fullmatch(name)) or any(_WORDS.fullmatch(word.text) for word in words(name))


def is_derived_from(name: str, ids: Collection[str]) -> bool:
    """Whether a name is that of a mask, or a picture made of channels, of an image with one of these ids.

    This is stricter than `is_derived`: an image of several channels may well be called "merged" or "HeLa cells".

    Example:
        >>> [is_derived_from(name, {"a"}) for name in ("a_cells", "Mask of a", "HeLa_cells", "a_2")]
        [True, True, False, False]
    """
    if not (is_derived(name) or _OF_IMAGES.fullmatch(name)):
        return False
    starts = [0, *(found.end() for found in _BREAK.finditer(name))]
    ends = [*(found.start() for found in _BREAK.finditer(name)), len(name)]
    parts = (name[start:end] for start in starts for end in ends if start < end)
    return any(part in ids for part in parts if part != name)


def merged_zen_channels(names: set[str]) -> set[str]:
    """The names of ZEN's merged channels, such as `a_c1-2`, if there are single channels too.

    Example:
        >>> merged_zen_channels({"a_c1", "a_c2", "a_c1-2"}), merged_zen_channels({"a_c1-2"})
        ({'a_c1-2'}, set())
    """
    merged = {name for name in names if _MERGED.search(name)}
    return merged if merged and any(_SINGLE.search(name) for name in names - merged) else set()
