"""Translate the atlas's words for locations to labels of a vocabulary."""

from __future__ import annotations

from collections.abc import Iterable

from cellocate.vocabulary import BUILT_IN, Vocabulary, get_vocabulary, map_between

# Words of the atlas's lists with another name in hpa28.
_SYNONYMS = {
    "Midbody": "Cytokinetic bridge",
    "Midbody ring": "Cytokinetic bridge",
    "Nucleus": "Nucleoplasm",
}
NOTHING = {"negative", "no staining"}
"""The atlas's words for an undetected protein, in lower case."""


def labels_by_word(vocabulary: Vocabulary) -> dict[str, int]:
    """The label of each word of the atlas (in lower case) that a vocabulary has.

    Example:
        >>> words = labels_by_word(get_vocabulary("hpa28"))
        >>> words["cell junctions"], words["nucleus"], "vesicles" in words
        (22, 0, False)
    """
    words = {name.casefold(): label for label, name in enumerate(vocabulary.names)}
    if vocabulary.name in BUILT_IN and vocabulary == get_vocabulary(vocabulary.name):
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


def best_vocabulary(words: Iterable[str]) -> tuple[str, list[str]]:
    """The built-in vocabulary that covers most words, the finest of several, and the words that it lacks.

    Example:
        >>> best_vocabulary(["Golgi apparatus", "Vesicles", "Endosomes"])
        ('subcell31', [])
        >>> best_vocabulary(["Nucleus", "Cell junctions", "Cleavage furrow"])
        ('subcell31', ['Cleavage furrow'])
    """
    shown = [word for word in dict.fromkeys(words) if word.casefold() not in NOTHING]
    labels = {name: labels_by_word(get_vocabulary(name)) for name in BUILT_IN}
    lacking = {name: [word for word in shown if word.casefold() not in of] for name, of in labels.items()}
    distinct = {name: len({of[word.casefold()] for word in shown if word.casefold() in of})
                for name, of in labels.items()}  # fmt: skip
    best = min(BUILT_IN, key=lambda name: (len(lacking[name]), -distinct[name], -len(get_vocabulary(name))))
    return best, lacking[best]
