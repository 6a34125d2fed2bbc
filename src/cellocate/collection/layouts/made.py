"""Files that are made of images: masks, and pictures of several channels."""

from __future__ import annotations

import re
from collections.abc import Collection

from cellocate.collection.channels.meaning import words

_MADE = {
    "composite",
    "identities",
    "labelled",
    "labels",
    "mask",
    "masks",
    "merge",
    "merged",
    "outlines",
    "overlay",
    "predictions",
    "probabilities",
    "seg",
    "segmentation",
    "thumb",
}
_MASKS = re.compile(r".*_(?:cells|nuclei|cellmask|nucleimask|predictedmask)", re.IGNORECASE)
_OF_IMAGES = re.compile(r".*[ _-](?:cell|cells|label|lbl|nuclei|nucleus|objects|cellmask|predictedmask)", re.IGNORECASE)
_BREAK = re.compile(r"[ _.-]+")


def is_made(name: str) -> bool:
    """Whether a name, without its ending, is that of a mask or of a picture made of channels.

    Example:
        >>> is_made("a_cp_masks"), is_made("Mask of a"), is_made("a_DAPI")
        (True, True, False)
    """
    return bool(_MASKS.fullmatch(name)) or any(word.text in _MADE for word in words(name))


def made_of(name: str, ids: Collection[str]) -> bool:
    """Whether a name is that of a mask, or of a picture made of channels, of one of the images with these ids.

    A name alone says less of an image of several channels, which may be called "merged", or "HeLa cells".

    Example:
        >>> made_of("a_cells", {"a"}), made_of("Mask of a", {"a"}), made_of("HeLa_cells", {"a"}), made_of("a_2", {"a"})
        (True, True, False, False)
    """
    if not (is_made(name) or _OF_IMAGES.fullmatch(name)):
        return False
    starts = [0, *(found.end() for found in _BREAK.finditer(name))]
    ends = [*(found.start() for found in _BREAK.finditer(name)), len(name)]
    parts = (name[start:end] for start in starts for end in ends if start < end)
    return any(part in ids for part in parts if part != name)
