"""Vocabularies: ordered lists of locations, each with its name, Gene Ontology id and group."""

from __future__ import annotations

import csv
import difflib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import resources
from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from cellocate.choices import BuiltInVocabulary
from cellocate.errors import CellocateError
from cellocate.tables import MISSING, is_date, missing_column_error, quoted, read_table, table_name
from cellocate.vocabulary.label_cell import LabelCell, refuse_decimal_commas
from cellocate.vocabulary.own_numbers import INDEX, in_own_order
from cellocate.vocabulary.spelling import Spellings

BUILT_IN: tuple[str, ...] = get_args(BuiltInVocabulary)
_COLUMNS = ("name", "go", "group")


@dataclass(frozen=True)
class Location:
    """A location in the cell: its name, Gene Ontology id (or None) and coarse group."""

    name: str
    go: str | None
    group: str


@dataclass(frozen=True)
class Vocabulary:
    """An ordered list of locations; a label is an index into it.

    Example:
        >>> hpa28 = get_vocabulary("hpa28")
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
        """The different coarse groups, in order of appearance."""
        return tuple(dict.fromkeys(location.group for location in self.locations))

    @cached_property
    def _spellings(self) -> Spellings:
        return Spellings(self.names, [location.go for location in self.locations])

    def index(self, label: str) -> int:
        """The index of one label, given as a number, a name or a GO id.

        Case, blanks, hyphens and British or American spelling of names do not matter. Numbers may have a decimal point
        (`26.0`), which pandas and Excel add.

        Raises:
            CellocateError: the vocabulary has no such label.

        Example:
            >>> hpa28 = get_vocabulary("hpa28")
            >>> [hpa28.index(label) for label in ("26", "26.0", "golgi_apparatus", "GO:0005813")]
            [26, 26, 7, 19]
        """
        found = self._spellings.find(label)
        if found is None:
            raise self._unknown(label.strip())
        return found

    def _unknown(self, label: str) -> CellocateError:
        mend = f"Labels are 0 to {len(self) - 1}, or names such as {self.names[0]!r}, with | between several."
        if near := self._spellings.near(label):
            mend = f"Did you mean {near!r} ({self.names.index(near)})?"
        elif is_date(label):
            mend = "A spreadsheet converted it to a date: type the labels again, as text."
        elif label.casefold() == "negative":
            mend = "Leave the cell empty for a field without a location."
        what, where = f"unknown label {quoted(label)}", f"vocabulary {self.name}"
        return CellocateError(what, where=where, mend=mend, kind="unknown label")

    def subset(self, words: Sequence[str]) -> Vocabulary:
        """A vocabulary of some locations, in the same order.

        Args:
            words: names, or `group:` with the name of a group, in any case.

        Raises:
            CellocateError: there is no such location or group.

        Example:
            >>> get_vocabulary("hpa28").subset(["group:Nucleoli", "Mitochondria"]).names
            ('Nucleoli', 'Nucleoli fibrillar center', 'Mitochondria')
        """
        wanted = {word.casefold() for word in words}
        known = [(x.name.casefold(), f"group:{x.group.casefold()}") for x in self.locations]
        if unknown := [word for word in words if not any(word.casefold() in pair for pair in known)]:
            written = {w.casefold(): w for x in self.locations for w in (x.name, f"group:{x.group}")}
            near = difflib.get_close_matches(unknown[0].casefold(), sorted(written), n=1)
            mend = f"Did you mean {written[near[0]]!r}?" if near else f"Write groups as 'group:{self.groups[0]}'."
            raise CellocateError(f"unknown location {unknown[0]!r}", where=f"vocabulary {self.name}", mend=mend)
        kept = tuple(x for x, pair in zip(self.locations, known, strict=True) if wanted.intersection(pair))
        return Vocabulary(f"{self.name} ({', '.join(words)})", kept)

    def parse(self, text: str, separator: str | None = None) -> tuple[int, ...]:
        """Parse the labels in one table cell to sorted indices without repeats; see `labels_in`.

        Args:
            text: such as `"16 0"` or `"13|13"`; empty text is an empty label set.
            separator: usual separator of labels; None for white space.

        Raises:
            CellocateError: as for `labels_in`.
        """
        return tuple(sorted(set(self.labels_in(text, separator))))

    def labels_in(self, text: str, separator: str | None = None) -> tuple[int, ...]:
        """The labels in one table cell, in written order, with repeats.

        Labels are numbers, names or GO ids (see `index`). Text without the usual separator may separate labels by `|`,
        `;`, `,`, line breaks or blanks, even between names of several words, and may have brackets and quotation marks,
        as Python lists do.

        Args:
            text: text of the cell; an empty cell, or an empty list, is a field without a location.
            separator: usual separator of labels; None for white space.

        Raises:
            CellocateError: a label is unknown, the text is ambiguous, or the cell marks its labels as unknown, such as
                `nan`.

        Example:
            >>> hpa28 = get_vocabulary("hpa28")
            >>> hpa28.labels_in("16 0"), hpa28.labels_in("[16, 0]"), hpa28.labels_in("['Cytosol' 'Golgi apparatus']")
            ((16, 0), (16, 0), (25, 7))
            >>> hpa28.labels_in("Nuclear membrane Cytosol"), hpa28.labels_in("26.0"), hpa28.labels_in("[]")
            ((1, 25), (26,), ())
            >>> hpa28.labels_in("Nuclear speckels")
            Traceback (most recent call last):
            ...
            cellocate.errors.CellocateError: unknown label 'Nuclear speckels': vocabulary hpa28. Did you mean 'Nuclear \
speckles' (4)?
        """
        cell = LabelCell(text, self._spellings)
        if cell.empty:
            return ()
        if cell.unknown:
            mend = "Write them, or leave the cell empty if the field shows no location."
            raise CellocateError("its labels are not known", where=quoted(text), mend=mend)
        readings = cell.readings(separator)
        if len(readings) > 1:
            mend = f"Write {' or '.join('|'.join(map(str, labels)) for labels in readings[:3])}."
            kind = "labels that can be read in several ways"
            raise CellocateError(f"{kind}: {quoted(text)}", mend=mend, kind=kind)
        if not readings:
            raise self._unknown(cell.unknown_words())
        return readings[0]

    def parse_all(
        self, texts: Iterable[str], where: Callable[[int], object], separator: str | None = None
    ) -> list[tuple[int, ...]]:
        """`parse` each cell of a column; `where` gives the place of row i, for errors.

        Raises:
            CellocateError: as for `labels_in`; or every cell is like `16,0`, which may be 16 with a decimal comma.
        """
        texts = list(texts)
        refuse_decimal_commas(texts, where)
        known: dict[str, tuple[int, ...]] = {}  # few differ, even among a million
        sets = []
        for row, text in enumerate(texts):
            if text not in known:
                try:
                    known[text] = self.parse(text, separator)
                except CellocateError as error:
                    raise error.at(where(row)) from None
            sets.append(known[text])
        return sets

    def encode(self, label_sets: Iterable[Sequence[int]]) -> NDArray[np.bool_]:
        """Convert label sets to a binary array, shape (N, len(self)), bool."""
        number: dict[tuple[int, ...], int] = {}  # few sets differ, even in a million
        rows = [number.setdefault(tuple(labels), len(number)) for labels in label_sets]
        truth = np.zeros((len(number), len(self)), dtype=bool)
        for row, labels in enumerate(number):
            if labels and min(labels) < 0:
                raise CellocateError(f"unknown label {min(labels)}", where=f"vocabulary {self.name}")
            truth[row, list(labels)] = True
        return truth[np.array(rows, dtype=np.intp)]

    def decode(self, truth: NDArray[np.bool_]) -> list[tuple[int, ...]]:
        """Convert a binary array, shape (N, len(self)), to label sets; the inverse of `encode`."""
        return [tuple(int(i) for i in np.flatnonzero(row)) for row in truth]


def get_vocabulary(name: str | Path) -> Vocabulary:
    """A built-in vocabulary by name, or a user's own from a table (CSV) with the columns name, go, group.

    A table may number its locations itself, in a column such as id, index or label (see `in_own_order`).

    `hpa28` is that of the 2018 challenge, `hpa19` of the 2021 challenge, `subcell31` of the SubCell foundation model
    (names from the Human Protein Atlas; GO ids from its table of subcellular locations).

    Raises:
        CellocateError: there is no such vocabulary, the file is invalid, or its numbers are not 0, 1, 2 and so on.

    Example:
        >>> vocabulary = get_vocabulary("hpa28")
        >>> len(vocabulary), vocabulary.names[7]
        (28, 'Golgi apparatus')
    """
    if str(name) in BUILT_IN:
        return _built_in(str(name))
    path = Path(name)
    if not path.is_file():
        raise CellocateError(
            f"unknown vocabulary {str(name)!r}",
            mend=f"Give one of {', '.join(BUILT_IN)}, or a table (CSV) with the columns name, go, group.",
        )
    table, _ = read_table(path, "vocabulary", _COLUMNS, index_name=INDEX)
    if "name" not in table:
        raise missing_column_error(path, "not a vocabulary", "It needs a column 'name', and may have go and group.")
    known = table.mask(table.apply(lambda column: column.str.lower().isin(MISSING)), "")
    ordered = in_own_order(known, path)
    rows = [dict(zip(map(str, ordered), row, strict=True)) for row in ordered.to_numpy(dtype=object).tolist()]
    return _read(table_name(path), rows, where=path)


@lru_cache
def _built_in(name: str) -> Vocabulary:
    source = resources.files("cellocate.vocabulary") / f"{name}.csv"
    return _read(name, list(csv.DictReader(source.read_text(encoding="utf-8").splitlines())), where=name)


def _read(name: str, rows: Sequence[dict[str, str]], where: object) -> Vocabulary:
    if not rows or not all(row["name"] for row in rows):
        raise CellocateError("not a vocabulary", where=where, mend="Each row needs a value in 'name'.")
    locations = tuple(Location(row["name"], row.get("go") or None, row.get("group") or "") for row in rows)
    names = [location.name.casefold() for location in locations]
    numbers = [name for i, name in enumerate(names) if name.isdigit() and name != str(i)]
    if numbers:
        raise CellocateError(f"location {numbers[0]!r} reads as a number", where=where, mend="Rename it.")
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise CellocateError(f"location {repeated[0]!r} is there twice", where=where, mend="Names must differ.")
    return Vocabulary(name, locations)
