"""Find the labels in the text of one table cell."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from cellocate.errors import CellocateError
from cellocate.tables import MISSING
from cellocate.vocabulary.spelling import Spellings

Labels = tuple[int, ...]

UNKNOWN = "?"
"""Written for unknown labels; an empty cell means a field without a location."""

_BRACKETS = {"[": "]", "(": ")", "{": "}"}
_NUMPY = re.compile(r"\bnp\.\w+\(([^()]*)\)")  # NumPy's scalars in a list, such as np.int64(16)
_WORD = re.compile(r"[^\s|;,]+")
_SEPARATOR = re.compile(r"[|;,]")
_QUOTES = "'\""
_DECIMAL_COMMA = re.compile(r"\d+,0+", re.ASCII)
_LONGEST = 2_000  # characters; longer text is no list of labels


def refuse_decimal_commas(texts: Sequence[str], where: Callable[[int], object]) -> None:
    """Raise a `CellocateError` if every label of a column may be two numbers, or one with a decimal comma."""
    filled = [row for row, text in enumerate(texts) if text not in ("", UNKNOWN)]
    if filled and all(_DECIMAL_COMMA.fullmatch(texts[row].strip()) for row in filled):
        text = texts[filled[0]].strip()
        mend = f"Write {text.partition(',')[0]}, or {text.replace(',', '|')}."
        what = "labels that are two numbers each, or one with a decimal comma"
        raise CellocateError(what, where=where(filled[0]), mend=mend)


class LabelCell:
    """The labels that the text of a table cell may mean.

    Args:
        text: text of the cell.
        spellings: spellings of the possible labels.

    Attributes:
        empty: whether it has no label, as an empty cell or list.
        unknown: whether it marks its labels as unknown.
    """

    def __init__(self, text: str, spellings: Spellings) -> None:
        self._spellings, self._whole = spellings, text.strip()
        self._inside = _unbracketed(_NUMPY.sub(r"\1", self._whole))
        self.empty = not self._inside.strip(_QUOTES)
        self.unknown = spellings.find(self._whole) is None and self._inside.casefold() in {*MISSING, UNKNOWN}
        self._words = list(_WORD.finditer(self._inside)) if len(self._inside) <= _LONGEST else []

    def readings(self, separator: str | None) -> list[Labels]:
        """All sets of labels that the text can mean, each in written order.

        If the usual separator yields labels, only this reading counts, except for white space, which names contain too.
        """
        if separator is not None or self._whole.replace(" ", "").isdigit():
            usual = tuple(self._spellings.find(part) for part in self._whole.split(separator))
            if None not in usual:
                return [usual]  # type: ignore[list-item] # none of them is None
        return list(self._searched().values()) if self._words and not self._is_broken() else []

    def unknown_words(self) -> str:
        """The first words in a row that begin no label; or the whole text, if all words are labels."""
        lost: tuple[int, int] | None = None
        word = 0
        while word < len(self._words) and not self._is_broken():
            ends = range(min(len(self._words), word + self._spellings.max_words), word, -1)
            end = next((end for end in ends if self._label(word, end) is not None), None)
            if lost and (end is not None or self._gaps()[word]):
                break
            if end is None:
                lost = (lost[0] if lost else word, word + 1)
            word = end or word + 1
        return self._text(*lost) if lost else self._whole

    def _searched(self) -> dict[frozenset[int], Labels]:
        """Every set of labels that runs of words make, each with one order."""
        made: list[dict[frozenset[int], Labels]] = [{frozenset(): ()}]
        for end in range(1, len(self._words) + 1):
            here: dict[frozenset[int], Labels] = {}
            for start in range(max(0, end - self._spellings.max_words), end):
                if made[start] and (label := self._label(start, end)) is not None:
                    here |= {known | {label}: (*labels, label) for known, labels in made[start].items()}
            made.append(here)
        return made[-1]

    def _label(self, start: int, end: int) -> int | None:
        return self._spellings.find(self._text(start, end))

    def _text(self, start: int, end: int) -> str:
        return self._inside[self._words[start].start() : self._words[end - 1].end()].strip(_QUOTES)

    def _gaps(self) -> list[int]:
        edges = [0, *(edge for word in self._words for edge in word.span()), len(self._inside)]
        between: Iterator[str] = (self._inside[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True))
        return [len(_SEPARATOR.findall(text)) for text in between]

    def _is_broken(self) -> bool:
        """Whether a label is missing before, after or between separators."""
        first, *inner, last = self._gaps()
        return bool(first or last or max(inner, default=0) > 1)


def _unbracketed(text: str) -> str:
    while len(text) > 1 and _BRACKETS.get(text[0]) == text[-1]:
        text = text[1:-1].strip().removesuffix(",").rstrip()
    return text
