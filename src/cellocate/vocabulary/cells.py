"""The text of one cell of a table → the labels that are written there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from cellocate.tables import MISSING
from cellocate.vocabulary.spelling import Spellings

Labels = tuple[int, ...]

UNKNOWN = "?"
"""What cellocate writes for labels that are not known; an empty cell is a field that shows no location."""

_BRACKETS = {"[": "]", "(": ")", "{": "}"}
_SEPARATORS = "|;,\n\r\t"
_QUOTED = re.compile(r"""'[^']*'|"[^"]*\"""")
_NUMPY = re.compile(r"\bnp\.\w+\(([^()]*)\)")  # NumPy's scalars in a list, such as np.int64(16)
_LONGEST = 2_000  # characters; what is longer is no list of labels, and not worth a search


class Cell:
    """What one cell of a table may say.

    Args:
        text: of the cell.
        spellings: of the labels that it may hold.

    Attributes:
        empty: whether it names no label, as an empty cell or list does.
        unknown: whether it says that the labels are not known.
    """

    def __init__(self, text: str, spellings: Spellings) -> None:
        self._find, self._most_words = spellings.find, spellings.most_words
        self._whole = text.strip()
        self._inside = _unbracketed(_NUMPY.sub(r"\1", self._whole))
        self.empty = not self._inside.strip("'\" ")
        self.unknown = self._find(self._whole) is None and self._inside.casefold() in {*MISSING, UNKNOWN}

    def readings(self, separator: str | None) -> list[Labels]:
        """Each set of labels that the text can mean, in the order in which they are written.

        What the usual separator makes of it is all that it means, unless that is white space, which names hold too.
        """
        sure = separator is not None or self._whole.replace(" ", "").isdigit()
        if sure and (usual := self._each(self._whole.split(separator))) is not None:
            return [usual]
        if len(self._inside) > _LONGEST:
            return []
        found: dict[frozenset[int], Labels] = {}
        for labels in self._searched():
            found.setdefault(frozenset(labels), labels)
        return list(found.values())

    def misfit(self) -> str:
        """The first part of the text that is no label, or the whole where it lies between two separators."""
        for part in re.split(f"[{_SEPARATORS}]", self._inside[:_LONGEST]):
            lost = self._lost(part.strip().strip("'\"").split())
            if lost or not part.strip():
                return " ".join(lost) or self._whole
        return self._whole

    def _lost(self, words: list[str]) -> list[str]:
        """The first words in a row that no label begins with."""
        lost: list[str] = []
        while words:
            runs = range(min(len(words), self._most_words), 0, -1)
            known = next((n for n in runs if self._find(" ".join(words[:n])) is not None), 0)
            if known and lost:
                break
            lost += [] if known else words[:1]
            words = words[known or 1 :]
        return lost

    def _searched(self) -> Iterator[Labels]:
        """Every way in which the whole text is labels."""
        quoted = _QUOTED.findall(self._inside)
        if quoted and not _QUOTED.sub("", self._inside).strip(_SEPARATORS + " "):
            parts = [[part[1:-1] for part in quoted]]
        else:
            parts = [self._inside.split(separator) for separator in _SEPARATORS if separator in self._inside]
            parts += [[self._inside], re.split(f"[{_SEPARATORS}]", self._inside)]
        for these in parts:
            if (labels := self._each([part.strip().strip("'\"") for part in these])) is not None:
                yield labels
        yield from self._of_words(parts[-1])

    def _each(self, parts: Sequence[str]) -> Labels | None:
        labels = tuple(self._find(part) for part in parts)
        return None if None in labels else labels  # type: ignore[return-value] # none of them is None

    def _of_words(self, parts: Sequence[str]) -> Iterator[Labels]:
        """The ways to read each part as labels of one or several words, with blanks between them."""
        ways: dict[frozenset[int], Labels] = {frozenset(): ()}
        for part in parts:
            own = self._runs(part.split())
            ways = {a | b: first + then for a, first in ways.items() for b, then in own.items()}
        yield from ways.values()

    def _runs(self, words: Sequence[str]) -> dict[frozenset[int], Labels]:
        """The sets of labels that runs of words make, each with one order in which they stand."""
        made: list[dict[frozenset[int], Labels]] = [{frozenset(): ()}]
        for end in range(1, len(words) + 1):
            here: dict[frozenset[int], Labels] = {}
            for start in range(max(0, end - self._most_words), end):
                if made[start] and (label := self._find(" ".join(words[start:end]))) is not None:
                    here |= {known | {label}: (*labels, label) for known, labels in made[start].items()}
            made.append(here)
        return made[-1] if words else {}


def _unbracketed(text: str) -> str:
    """Text without the brackets around it, and without the last comma of Python's `(16,)`."""
    while len(text) > 1 and _BRACKETS.get(text[0]) == text[-1]:
        text = text[1:-1].strip().removesuffix(",").rstrip()
    return text
