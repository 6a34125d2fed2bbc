"""Fields and cells without signal get no location."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from cellocate.arrays import Bools
from cellocate.collection.collection import Unit
from cellocate.collection.emptiness import COPIES, NEARLY_EMPTY, NO_SIGNAL, SATURATED, SILENT
from cellocate.counted import counted
from cellocate.vocabulary import Vocabulary

NEGATIVE = "Negative"

__all__ = ["SILENT", "clear_empty", "describe_notes"]

_WORDS = {
    NEARLY_EMPTY: "nearly empty: no cell stands out from the noise",
    NO_SIGNAL: "without signal: the protein does not stand out from the noise",
    SATURATED: "saturated: the protein channel is white nearly all over",
}


def clear_empty(labels: Bools, notes: Sequence[str], vocabulary: Vocabulary) -> Bools:
    """Remove the locations of fields or cells without signal from labels, shape (N, K).

    If the vocabulary has the location Negative, a field or cell without protein gets it.

    Example:
        >>> import numpy as np
        >>> from cellocate.vocabulary import get_vocabulary
        >>> labels = clear_empty(np.ones((3, 19), bool), ["no signal", "nearly empty", ""], get_vocabulary("hpa19"))
        >>> get_vocabulary("hpa19").decode(labels)[0], labels.sum(axis=1).tolist()
        ((18,), [1, 0, 19])
    """
    labels = labels.copy()
    labels[[note in SILENT for note in notes]] = False
    if NEGATIVE in vocabulary.names:
        labels[[note == NO_SIGNAL for note in notes], vocabulary.index(NEGATIVE)] = True
    return labels


def describe_notes(notes: Sequence[str], unit: Unit) -> list[str]:
    """How many fields or cells have each note, as sentences."""
    of = f"of {counted(len(notes), unit)}"
    found = []
    for note, n in Counter(filter(None, notes)).items():
        if note in SILENT:
            found.append(f"{n:,} {of} {_WORDS[note]} (column Note); they get no location")
        elif note in COPIES:
            found.append(
                f"{n:,} {of} with a protein channel that is a copy of {COPIES[note]} (column Note): do not "
                "rely on the locations"
            )
    return found
