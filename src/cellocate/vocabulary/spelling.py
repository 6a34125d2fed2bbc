"""Find the index of a label in any spelling."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from cellocate.tables import normalised

_NUMBER = re.compile(r"(\d{1,9})(?:\.0*)?", re.ASCII)
_GO = re.compile(r"go[:_]?(\d{7})", re.ASCII)
_BRITISH = (("centre", "center"), ("fibre", "fiber"), ("isation", "ization"), ("ising", "izing"))
_AND = ("", "and", "&")


class Spellings:
    """The labels of a vocabulary by their possible spellings.

    Args:
        names: names of the locations.
        go: Gene Ontology id of each, or None.

    Attributes:
        max_words: largest number of words in a name.
    """

    def __init__(self, names: Sequence[str], go: Sequence[str | None]) -> None:
        self._names = names
        self._exact = {name.casefold(): i for i, name in enumerate(names)}
        keys = [_key(name) for name in names]
        self._alike = _unique(keys)
        self.max_words = max((len(re.split(r"[\s|;,]+", name)) for name in names), default=1)
        self._go = _unique([(id_ or "").casefold() for id_ in go])

    def find(self, label: str) -> int | None:
        """The index of a label, or None if it is unknown or ambiguous."""
        label = normalised(label).casefold()
        if label in self._exact:
            return self._exact[label]
        if number := _NUMBER.fullmatch(label):
            return int(number[1]) if int(number[1]) < len(self._names) else None
        if go := _GO.fullmatch(label):
            return self._go.get(f"go:{go[1]}")
        return self._alike.get(_key(label))

    def near(self, label: str) -> str | None:
        """The name that was probably meant by a misspelt label."""
        keys = {_key(name): name for name in self._names}
        near = difflib.get_close_matches(_key(label), keys, n=1, cutoff=0.8)
        near = near or [key for key in keys if key.startswith(f"{_key(label)} ")]  # Golgi for Golgi apparatus
        return keys[near[0]] if len(near) == 1 else None


def _key(name: str) -> str:
    words = re.split(r"[\s_.-]+", normalised(name).casefold())  # points, as R writes Golgi.apparatus and Rods...rings
    key = " ".join(word for word in words if word not in _AND)
    for british, american in _BRITISH:
        key = key.replace(british, american)
    return key


def _unique(keys: Sequence[str]) -> dict[str, int]:
    return {key: i for i, key in enumerate(keys) if key and keys.count(key) == 1}
