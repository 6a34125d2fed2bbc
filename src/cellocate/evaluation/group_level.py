"""Coarse groups of locations: at their level a near miss (the wrong part of the nucleus) counts as right."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellocate.vocabulary import Location, Vocabulary


class GroupLevel:
    """A vocabulary's coarse groups as a vocabulary, and the conversion of arrays to it.

    A group is true, or predicted, if any of its locations is; its probability is the highest of theirs. A location
    without a group is its own group.

    Args:
        vocabulary: of K locations, in G groups.

    Example:
        >>> from cellocate.vocabulary import get_vocabulary
        >>> level = GroupLevel(get_vocabulary("hpa28"))
        >>> len(level.vocabulary), level.vocabulary.names[0]
        (7, 'Nucleus')
        >>> both = get_vocabulary("hpa28").encode([(4,), (5,)])  # nuclear speckles, nuclear bodies
        >>> level.of(both)[:, 0].tolist()
        [True, True]
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        group_of = [location.group or location.name for location in vocabulary.locations]
        names = list(dict.fromkeys(group_of))
        self.vocabulary = Vocabulary(f"groups of {vocabulary.name}", tuple(Location(g, None, g) for g in names))
        self._columns = [[k for k, group in enumerate(group_of) if group == name] for name in names]

    def of(self, table: NDArray[Any]) -> NDArray[Any]:
        """Convert truth, labels or probabilities, shape (N, K) → (N, G): the highest of each group's locations."""
        return np.stack([table[:, columns].max(axis=1) for columns in self._columns], axis=1)
