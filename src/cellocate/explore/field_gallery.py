"""Choose the fields to show, and read their pictures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cellocate.explore.exploration import Exploration
from cellocate.explore.typical_fields import TypicalFields, choose_typical
from cellocate.pictures import Picture, read_pictures
from cellocate.pictures.choose_fields import choose_examples

_SMALL = 200  # px; with six for each location, the page stays below some megabytes
_EXAMPLES, _RANDOM = 4, 12


@dataclass(frozen=True)
class FieldGallery:
    """Ids of the fields to show, and their pictures.

    Args:
        examples: fields that together show many locations.
        random: fields drawn at random.
        locations: fields of each location that occurs, by its index.
        large: pictures of the examples, by id.
        small: pictures of the others, by id.
    """

    examples: list[str]
    random: list[str]
    locations: dict[int, TypicalFields]
    large: dict[str, Picture]
    small: dict[str, Picture]


def read_gallery(explored: Exploration) -> FieldGallery:
    """Choose among the measured fields, and read their pictures; without images there are none."""
    pixels, random = explored.pixels, explored.random
    if pixels is None or random is None:
        return FieldGallery([], [], {}, {}, {})
    ids = [str(i) for i in random.index]
    examples, locations = ids[:_EXAMPLES], {}
    if explored.labels is not None:
        position = {field: i for i, field in enumerate(explored.collection.ids)}
        truth = explored.labels.truth[[position[str(i)] for i in pixels.index]]
        examples = [str(pixels.index[i]) for i in choose_examples(truth, _EXAMPLES)]
        locations = {int(k): choose_typical(pixels, truth[:, k]) for k in np.flatnonzero(truth.any(axis=0))}
    rest = [field for field in ids if field not in examples][:_RANDOM]
    wanted = dict.fromkeys([*rest, *(field for chosen in locations.values() for kind in chosen for field in kind)])
    where = explored.collection
    return FieldGallery(
        examples, rest, locations, read_pictures(where, examples), read_pictures(where, list(wanted), side=_SMALL)
    )
