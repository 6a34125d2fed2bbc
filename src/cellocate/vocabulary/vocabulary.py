"""An ordered list of locations, each with its name, Gene Ontology id and group."""

from __future__ import annotations

import csv
import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cellocate.errors import CellocateError

BUILT_IN = ("hpa28", "hpa19", "subcell31")


@dataclass(frozen=True)
class Location:
    """One place in the cell: its name, Gene Ontology id (or None) and coarse group."""

    name: str
    go: str | None
    group: str


@dataclass(frozen=True)
class Vocabulary:
    """An ordered list of locations; a label is an index into it.

    Example:
        >>> hpa28 = get("hpa28")
        >>> len(hpa28), hpa28.names[7], hpa28.locations[7].go
        (28, 'Golgi apparatus', 'GO:0005794')
        >>> hpa28.parse("16 0 16")
        (0, 16)
    """

    name: str
    locations: tuple[Location, ...]

    def __len__(self) -> int:
        return len(self.locations)

    @property
    def names(self) -> tuple[str, ...]:
        """The names in order."""
        return tuple(location.name for location in self.locations)

    @property
    def groups(self) -> tuple[str, ...]:
        """The distinct coarse groups, in the order in which they first occur."""
        return tuple(dict.fromkeys(location.group for location in self.locations))

    @cached_property
    def _index(self) -> dict[str, int]:
        return {name.casefold(): i for i, name in enumerate(self.names)}

    def index(self, label: str) -> int:
        """The index of one label, given as a number or as a name in any case.

        Raises:
            CellocateError: the vocabulary has no such label.
        """
        label = label.strip()
        if label.isascii() and label.isdigit() and len(label) < 10 and int(label) < len(self):
            return int(label)
        if label.casefold() in self._index:
            return self._index[label.casefold()]
        raise CellocateError(
            f"unknown label {label!r}",
            where=f"vocabulary {self.name}",
            mend=f"Labels are 0 to {len(self) - 1}, or names such as {self.names[0]!r}.",
        )

    def narrowed(self, words: Sequence[str]) -> Vocabulary:
        """Some of the locations, in this vocabulary's order.

        Args:
            words: names, or `group:` and the name of a group, in any case.

        Raises:
            CellocateError: there is no such location or group.

        Example:
            >>> get("hpa28").narrowed(["group:Nucleoli", "Mitochondria"]).names
            ('Nucleoli', 'Nucleoli fibrillar center', 'Mitochondria')
        """
        wanted = {word.casefold() for word in words}
        known = [(x.name.casefold(), f"group:{x.group.casefold()}") for x in self.locations]
        if unknown := [word for word in words if not any(word.casefold() in pair for pair in known)]:
            written = {w.casefold(): w for x in self.locations for w in (x.name, f"group:{x.group}")}
            near = difflib.get_close_matches(unknown[0].casefold(), sorted(written), n=1)
            mend = f"Did you mean {written[near[0]]!r}?" if near else f"Groups are written as 'group:{self.groups[0]}'."
            raise CellocateError(f"unknown location {unknown[0]!r}", where=f"vocabulary {self.name}", mend=mend)
        kept = tuple(x for x, pair in zip(self.locations, known, strict=True) if wanted.intersection(pair))
        return Vocabulary(f"{self.name} ({', '.join(words)})", kept)

    def parse(self, text: str, separator: str | None = None) -> tuple[int, ...]:
        """Labels written in one cell of a table → sorted indices, repeats removed.

        Args:
            text: such as `"16 0"` or `"13|13"`; empty text is an empty label set.
            separator: what stands between labels; None for white space.

        Raises:
            CellocateError: a label that the vocabulary does not have.
        """
        parts = (part for part in text.split(separator) if part.strip()) if separator is None else text.split(separator)
        return tuple(sorted({self.index(part) for part in parts})) if text.strip() else ()

    def encode(self, label_sets: Iterable[Sequence[int]]) -> NDArray[np.bool_]:
        """Label sets → a table of truth, shape (N, len(self)), bool."""
        number: dict[tuple[int, ...], int] = {}  # few sets differ, even in a million
        rows = [number.setdefault(tuple(labels), len(number)) for labels in label_sets]
        truth = np.zeros((len(number), len(self)), dtype=bool)
        for row, labels in enumerate(number):
            if labels and min(labels) < 0:
                raise CellocateError(f"unknown label {min(labels)}", where=f"vocabulary {self.name}")
            truth[row, list(labels)] = True
        return truth[np.array(rows, dtype=np.intp)]

    def decode(self, truth: NDArray[np.bool_]) -> list[tuple[int, ...]]:
        """A table of truth, shape (N, len(self)) → label sets; the inverse of `encode`."""
        return [tuple(int(i) for i in np.flatnonzero(row)) for row in truth]


def get(name: str | Path) -> Vocabulary:
    """A built-in vocabulary by name, or a user's own from a CSV file with the columns name, go, group.

    `hpa28` is the 2018 challenge's, `hpa19` the 2021 challenge's, `subcell31` the SubCell foundation model's
    (names from the Human Protein Atlas; GO ids from its table of subcellular locations).

    Raises:
        CellocateError: there is no such vocabulary, or its file is not one.
    """
    if str(name) in BUILT_IN:
        return _built_in(str(name))
    path = Path(name)
    if not path.is_file():
        raise CellocateError(
            f"unknown vocabulary {str(name)!r}",
            mend=f"Give one of {', '.join(BUILT_IN)}, or a CSV file with the columns name, go, group.",
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise CellocateError("not a vocabulary", where=path, mend="Save it as UTF-8 CSV.") from None
    return _read(path.stem, text, where=path)


@lru_cache
def _built_in(name: str) -> Vocabulary:
    source = resources.files("cellocate.vocabulary") / f"{name}.csv"
    return _read(name, source.read_text(encoding="utf-8"), where=name)


def _read(name: str, text: str, where: object) -> Vocabulary:
    rows = list(csv.DictReader(text.splitlines()))
    if not rows or not all((row.get("name") or "").strip() for row in rows):
        raise CellocateError("not a vocabulary", where=where, mend="It needs rows, each with a value in 'name'.")
    locations = tuple(
        Location(row["name"].strip(), (row.get("go") or "").strip() or None, (row.get("group") or "").strip())
        for row in rows
    )
    names = [location.name.casefold() for location in locations]
    numbers = [name for i, name in enumerate(names) if name.isdigit() and name != str(i)]
    if numbers:
        raise CellocateError(f"location {numbers[0]!r} reads as a number", where=where, mend="Rename it.")
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise CellocateError(f"location {repeated[0]!r} stands twice", where=where, mend="Names must differ.")
    return Vocabulary(name, locations)
