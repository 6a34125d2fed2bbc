"""The text of one cell of a table → the labels that are written there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from cellocate.errors import CellocateError
from cellocate.tables import MISSING
from cellocate.vocabulary.spelling import Spellings

Labels = tuple[int, ...]

UNKNOWN = "?"
"""What cellocate writes for labels that are not known; an empty cell is a field that shows no location."""

_BRACKETS = {"[": "]", "(": ")", "{": "}"}
_NUMPY = re.compile(r"\bnp\.\w+\(([^()]*)\)")  # NumPy's scalars in a list, such as np.int64(16)
_WORD = re.compile(r"[^\s|;,]+")
_SEPARATOR = re.compile(r"[|;,]")
_QUOTES = "'\""
_DECIMAL_COMMA = re.compile(r"\d+,0+", re.ASCII)
_LONGEST = 2_000  # characters; what is longer is no list of labels, and not worth a search


def refuse_decimal_commas(texts: Sequence[str], where: Callable[[int], object]) -> None:
    """Raise a `CellocateError` where every label of a column may be two numbers, or one with a decimal comma."""
    filled = [row for row, text in enumerate(texts) if text not in ("", UNKNOWN)]
    if filled and all(_DECIMAL_COMMA.fullmatch(texts[row].strip()) for row in filled):
        text = texts[filled[0]].strip()
        mend = f"Write {text.partition(',')[0]}, or {text.replace(',', '|')}."
        what = "labels that are two numbers each, or one with a decimal comma"
        raise CellocateError(what, where=where(filled[0]), mend=mend)


class LabelCell:
    """What one cell of a table may say.

    Args:
        text: of the cell.
        spellings: of the labels that it may hold.

    Attributes:
        empty: whether it names no label, as an empty cell or list does.
        unknown: whether it says that the labels are not known.
    """

    def __init__(self, text: str, spellings: Spellings) -> None:
        self._spellings, self._whole = spellings, text.strip()
        self._inside = _unbracketed(_NUMPY.sub(r"\1", self._whole))
        self.empty = not self._inside.strip(_QUOTES)
        self.unknown = spellings.find(self._whole) is None and self._inside.casefold() in {*MISSING, UNKNOWN}
        self._words = list(_WORD.finditer(self._inside)) if len(self._inside) <= _LONGEST else []

    def readings(self, separator: str | None) -> list[Labels]:
        """Each set of labels that the text can mean, in the order in which they are written.

        What the usual separator makes of it is all that it means, unless that is white space, which names hold too.
        """
        if separator is not None or self._whole.replace(" ", "").isdigit():
            usual = tuple(self._spellings.find(part) for part in self._whole.split(separator))
            if None not in usual:
                return [usual]  # type: ignore[list-item] # none of them is None
        return list(self._searched().values()) if self._words and not self._is_broken() else []

    def unknown_words(self) -> str:
        """The first words in a row that no label begins with; or the whole text, where all words are labels."""
        lost: tuple[int, int] | None = None
        word = 0
        while word < len(self._words) and not self._is_broken():
            ends = range(min(len(self._words), word + self._spellings.most_words), word, -1)
            end = next((end for end in ends if self._label(word, end) is not None), None)
            if lost and (end is not None or self._gaps()[word]):
                break
            if end is None:
                lost = (lost[0] if lost else word, word + 1)
            word = end or word + 1
        return self._text(*lost) if lost else self._whole

    def _searched(self) -> dict[frozenset[int], Labels]:
        """Every set of labels that runs of words make, each with one order in which they stand."""
        made: list[dict[frozenset[int], Labels]] = [{frozenset(): ()}]
        for end in range(1, len(self._words) + 1):
            here: dict[frozenset[int], Labels] = {}
            for start in range(max(0, end - self._spellings.most_words), end):
                if made[start] and (label := self._label(start, end)) is not None:
                    here |= {known | {label}: (*labels, label) for known, labels in made[start].items()}
            made.append(here)
        return made[-1]

    def _label(self, start: int, end: int) -> int | None:
        return self._spellings.find(self._text(start, end))

    def _text(self, start: int, end: int) -> str:
        """The text from one word to another, without quotation marks at its ends."""
        return self._inside[self._words[start].start() : self._words[end - 1].end()].strip(_QUOTES)

    def _gaps(self) -> list[int]:
        """The number of separators before each word, and at the end."""
        edges = [0, *(edge for word in self._words for edge in word.span()), len(self._inside)]
        between: Iterator[str] = (self._inside[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True))
        return [len(_SEPARATOR.findall(text)) for text in between]

    def _is_broken(self) -> bool:
        """Whether a label is lacking before, after or between separators."""
        first, *inner, last = self._gaps()
        return bool(first or last or max(inner, default=0) > 1)


def _unbracketed(text: str) -> str:
    """Text without the brackets around it, and without the last comma of Python's `(16,)`."""
    while len(text) > 1 and _BRACKETS.get(text[0]) == text[-1]:
        text = text[1:-1].strip().removesuffix(",").rstrip()
    return text
