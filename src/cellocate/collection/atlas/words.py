"""The atlas's words for locations → labels of a vocabulary."""

from __future__ import annotations

from cellocate.vocabulary import BUILT_IN, Vocabulary, get, map_between

# Words of the atlas's lists for what hpa28 calls otherwise.
_SYNONYMS = {
    "Midbody": "Cytokinetic bridge",
    "Midbody ring": "Cytokinetic bridge",
    "Nucleus": "Nucleoplasm",
}
NOTHING = {"negative", "no staining"}
"""The atlas's words for a protein that is not seen, in lower case."""


def labels_by_word(vocabulary: Vocabulary) -> dict[str, int]:
    """The label of each word of the atlas that a vocabulary can say, in lower case.

    Example:
        >>> words = labels_by_word(get("hpa28"))
        >>> words["cell junctions"], words["nucleus"], "vesicles" in words
        (22, 0, False)
    """
    words = {name.casefold(): label for label, name in enumerate(vocabulary.names)}
    if vocabulary.name in BUILT_IN and vocabulary == get(vocabulary.name):
        for other in ("hpa28", "subcell31"):
            if other != vocabulary.name:
                between = map_between(other, vocabulary)
                for name, label in zip(between.source.names, between.targets, strict=True):
                    if label is not None:
                        words.setdefault(name.casefold(), label)
    for word, name in _SYNONYMS.items():
        if name.casefold() in words:
            words.setdefault(word.casefold(), words[name.casefold()])
    return words
