"""The layouts in which phantoms are written, with their label tables and vocabularies."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cellocate.collection.challenge_labels import FORMATS, LabelFormat
from cellocate.errors import CellocateError
from cellocate.phantom.shapes import Image
from cellocate.vocabulary import get_vocabulary, map_between

LabelSet = tuple[int, ...]

DRAWN = "hpa28"  # the vocabulary of drawn locations
NEGATIVE = "Negative"


@dataclass(frozen=True)
class PhantomLayout:
    """How labels of `hpa28`, in which phantoms are drawn, are written in a collection."""

    format: LabelFormat  # columns, separator and vocabulary of its label table
    origins: tuple[LabelSet, ...]  # for each label of its vocabulary, the labels of `hpa28` that it covers

    @property
    def negative(self) -> int | None:
        """The label of fields and cells that show nothing, if the vocabulary has one."""
        names = get_vocabulary(self.format.vocabulary).names
        return names.index(NEGATIVE) if NEGATIVE in names else None

    @property
    def drawable(self) -> LabelSet:
        """The labels of `hpa28` that the layout can express."""
        return tuple(sorted(label for covered in self.origins for label in covered))

    def translate(self, labels: LabelSet) -> LabelSet:
        """Translate labels of `hpa28` to the layout's; none become `Negative` if its vocabulary has that.

        Example:
            >>> layout("kaggle2021").translate((8, 9, 23)), layout("kaggle2021").translate(())
            ((14, 17), (18,))
        """
        nothing = () if self.negative is None else (self.negative,)
        return self._covering(labels) or nothing

    def text(self, labels: LabelSet) -> str:
        """Labels of `hpa28` as written in the label table."""
        return (self.format.separator or " ").join(map(str, self.translate(labels)))

    def merge(self, signal: dict[int, Image]) -> dict[int, Image]:
        """Merge the light of labels of `hpa28` into that of the layout's labels."""
        return {
            label: np.sum([signal[k] for k in self.origins[label] if k in signal], axis=0)
            for label in self._covering(tuple(signal))
        }

    def _covering(self, labels: LabelSet) -> LabelSet:
        return tuple(label for label, covered in enumerate(self.origins) if set(covered) & set(labels))


def layout(name: str, vocabulary: str | None = None) -> PhantomLayout:
    """Look up a layout by its name in `open_collection`, with its own vocabulary or another.

    Raises:
        CellocateError: phantoms cannot be written in this layout or vocabulary.
    """
    for known in FORMATS:
        if known.layout == name:
            words = vocabulary or known.vocabulary
            return PhantomLayout(replace(known, vocabulary=words), _origins(words))
    names = " or ".join(known.layout for known in FORMATS)
    raise CellocateError(f"unknown layout {name!r}", mend=f"Use {names}.")


def _origins(vocabulary: str) -> tuple[LabelSet, ...]:
    n = len(get_vocabulary(vocabulary))
    if get_vocabulary(vocabulary) == get_vocabulary(DRAWN):
        return tuple((label,) for label in range(n))
    targets = map_between(DRAWN, vocabulary).targets
    return tuple(tuple(i for i, target in enumerate(targets) if target == label) for label in range(n))
