"""Predictions: the probabilities and locations of some fields or cells, whoever predicted them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellocate.choices import Format
from cellocate.collection.collection import Unit
from cellocate.counted import counted
from cellocate.decision.h5ad import write_h5ad
from cellocate.decision.rules import Rule
from cellocate.decision.silenced import silenced
from cellocate.decision.submissions import write_kaggle2018, write_kaggle2021
from cellocate.decision.tables import (
    CELL,
    FIELD,
    LOCATIONS,
    NOTE,
    OOD_SCORE,
    is_decided,
    read_decided,
    read_fields,
    read_locations,
    read_notes,
    read_probabilities,
)
from cellocate.errors import CellocateError
from cellocate.images.rle import Mask
from cellocate.vocabulary import Vocabulary
from cellocate.write_tables import write_table

ReadMasks = Callable[[str], tuple[tuple[int, int], Mapping[int, Mask]]]
"""From the id of a field to its height and width in px, and its cells by their numbers."""

_SHOWN = 10  # rows in a notebook


@dataclass(frozen=True, eq=False, repr=False)
class Predictions:
    """Probabilities and predicted locations of N fields, or of N cells.

    Args:
        ids: of the fields or cells.
        probabilities: shape (N, K); nan where only the labels are known.
        labels: the predicted locations, shape (N, K), bool.
        vocabulary: of K locations.
        ood_score: out-of-distribution score, shape (N,): do not rely on a prediction whose score is above 1. None where
            the model has no such score.
        fields: of cells, the field of each; None for fields.
        cells: of cells, the number of each in its field.
        notes: why a row has no location, or one in doubt, such as "no signal"; "" for most, and empty where unknown.
        rule: that chose the labels, where it is known.

    Example:
        >>> from cellocate.vocabulary import Location
        >>> words = Vocabulary("two", (Location("Nucleus", None, ""), Location("Cytosol", None, "")))
        >>> half = Rule(kind="fixed", thresholds=(0.5, 0.5))
        >>> found = Predictions.from_rule(["a", "b"], np.array([[0.9, 0.2], [0.6, 0.7]]), words, half)
        >>> found
        <Predictions of 2 fields: 2 locations of two, 1.5 per field>
        >>> found.locations
        [['Nucleus'], ['Nucleus', 'Cytosol']]
        >>> found.subset(["b"]).decide(Rule(kind="fixed", thresholds=(0.65, 0.65))).locations
        [['Cytosol']]
    """

    ids: list[str]
    probabilities: NDArray[np.floating[Any]]
    labels: NDArray[np.bool_]
    vocabulary: Vocabulary
    ood_score: NDArray[np.floating[Any]] | None = None
    fields: list[str] | None = None
    cells: list[int] | None = None
    notes: Sequence[str] = ()
    rule: Rule | None = None

    @classmethod
    def from_rule(
        cls,
        ids: Sequence[str],
        probabilities: NDArray[np.floating[Any]],
        vocabulary: Vocabulary,
        rule: Rule,
        **known: Any,  # noqa: ANN401 # further attributes
    ) -> Predictions:
        """Probabilities, and the labels that a rule chooses; further attributes by name."""
        nothing = np.zeros(probabilities.shape, bool)
        return cls(list(ids), probabilities, nothing, vocabulary, **known).decide(rule)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def unit(self) -> Unit:
        """What each row is: a field, or a cell."""
        return "field" if self.fields is None else "cell"

    @property
    def has_probabilities(self) -> bool:
        """Whether probabilities are known, and not the labels alone."""
        return not np.isnan(self.probabilities).all() or not len(self)

    @property
    def locations(self) -> list[list[str]]:
        """The names of the predicted locations of each row."""
        return [[self.vocabulary.names[k] for k in row] for row in self.vocabulary.decode(self.labels)]

    def subset(self, ids: Sequence[str]) -> Predictions:
        """The predictions of these ids alone, in this order.

        Raises:
            CellocateError: one of them has no prediction.
        """
        place = {own: row for row, own in enumerate(self.ids)}
        if lacking := [wanted for wanted in ids if wanted not in place]:
            what = f"no prediction of {len(lacking)} of {len(ids)} {self.unit}s, such as {lacking[0]}"
            raise CellocateError(what, mend=f"Give predictions of all of these {self.unit}s.")
        rows = [place[wanted] for wanted in ids]
        return replace(
            self,
            ids=list(ids),
            probabilities=self.probabilities[rows],
            labels=self.labels[rows],
            ood_score=None if self.ood_score is None else self.ood_score[rows],
            fields=None if self.fields is None else [self.fields[row] for row in rows],
            cells=None if self.cells is None else [self.cells[row] for row in rows],
            notes=[self.notes[row] for row in rows] if self.notes else (),
        )

    def decide(self, rule: Rule) -> Predictions:
        """The same probabilities, with the labels that another rule chooses; none where there is no signal.

        Raises:
            CellocateError: there are labels without probabilities, or the rule is for another number of locations.
        """
        if not self.has_probabilities:
            raise CellocateError("labels without probabilities", mend="Give a table of probabilities.")
        return replace(self, labels=silenced(rule.apply(self.probabilities), self.notes, self.vocabulary), rule=rule)

    def of_cells(self, field: str, numbers: Sequence[int]) -> NDArray[np.float32]:
        """The probabilities of these cells of a field, shape (n, K); 0 for a cell without a prediction.

        Raises:
            CellocateError: another cell of the field was predicted.
        """
        rows = self._rows.get(field, {})
        if other := sorted(set(rows) - set(numbers)):
            what = f"cell {other[0]} of field {field} is not in its label image"
            raise CellocateError(what, mend="Give the label images that the cells were cut out by.")
        nothing = np.zeros(len(self.vocabulary), np.float32)
        return np.array([self.probabilities[rows[n]] if n in rows else nothing for n in numbers], np.float32)

    @cached_property
    def _rows(self) -> dict[str, dict[int, int]]:
        rows: dict[str, dict[int, int]] = {}
        for row, (field, number) in enumerate(zip(self.fields or (), self.cells or (), strict=True)):
            rows.setdefault(field, {})[number] = row
        return rows

    def to_frame(self) -> pd.DataFrame:
        """The table that `save` writes: see docs/formats.md."""
        table = pd.DataFrame(self.probabilities, columns=list(self.vocabulary.names)).round(6)
        table.insert(0, "Id", self.ids)
        for place, (name, values) in enumerate(self._origin().items(), start=1):
            table.insert(place, name, values)
        table[LOCATIONS] = ["; ".join(names) for names in self.locations]
        if self.ood_score is not None:
            table[OOD_SCORE] = np.round(self.ood_score, 3)
        if any(self.notes):
            table[NOTE] = list(self.notes)
        return table

    def save(
        self,
        path: str | Path,
        format: Format = "table",  # as the option of 'cellocate predict'
        *,
        metadata: pd.DataFrame | None = None,
        sample: Sequence[str] | None = None,
        masks: ReadMasks | None = None,
        fields: Sequence[str] | None = None,
    ) -> None:
        """Write a table of probabilities and locations, AnnData (h5ad), or the submission of a challenge.

        Args:
            path: the file: .csv, .tsv, .xlsx or .parquet for a table, else .h5ad or .csv.
            format: which file to write; `kaggle2018` takes fields, `kaggle2021` cells.
            metadata: of each row, for h5ad; the field and number of each cell unless given.
            sample: the ids that a submission must have; those predicted, unless given.
            masks: of the cells, for kaggle2021.
            fields: that kaggle2021 must have, in its order, with or without cells; those of the cells, unless given.

        Raises:
            CellocateError: the challenge takes other locations, an id that it asks for is missing, or masks are
                missing or are of other cells.
        """
        if format == "table":
            write_table(path, self.to_frame(), sheet="predictions")
        elif format == "h5ad":
            write_h5ad(path, self, self._described(metadata))
        elif format == "kaggle2018":
            write_kaggle2018(path, self.ids, self.labels, self.vocabulary, sample)
        else:
            if masks is None:
                raise CellocateError("a submission of 2021 without masks of cells", mend="Give masks.")
            read = lru_cache(maxsize=1)(masks)  # a field's masks are asked for, and then its probabilities
            write_kaggle2021(
                path,
                {field: read(field)[0] for field in (dict.fromkeys(self.fields or ()) if fields is None else fields)},
                lambda field: list(read(field)[1].values()),
                lambda field: self.of_cells(field, list(read(field)[1])),
                self.vocabulary,
                sample,
            )

    def _origin(self) -> dict[str, list[Any]]:
        """Of cells, the field of each and its number there, as columns."""
        columns = {FIELD: self.fields, CELL: self.cells}
        return {name: values for name, values in columns.items() if values is not None}

    def _described(self, metadata: pd.DataFrame | None) -> pd.DataFrame:
        known = pd.DataFrame(self._origin(), index=range(len(self))) if metadata is None else metadata
        known = known.assign(**{NOTE: list(self.notes) or [""] * len(self)})
        return known if self.ood_score is None else known.assign(**{OOD_SCORE: self.ood_score})

    def __repr__(self) -> str:
        many = f"{self.labels.sum() / max(len(self), 1):.1f} per {self.unit}"
        words = f"{counted(len(self.vocabulary), 'location')} of {self.vocabulary.name}, {many}"
        if self.ood_score is not None:
            words += f", {int((self.ood_score > 1).sum())} out of distribution"
        return f"<Predictions of {counted(len(self), self.unit)}: {words}>"

    def _repr_html_(self) -> str:
        """The first ten rows, each with its locations and their probabilities, for a notebook."""
        some = self.subset(self.ids[:_SHOWN]).to_frame().drop(columns=list(self.vocabulary.names))
        some[LOCATIONS] = [
            ", ".join(f"{self.vocabulary.names[k]} {self.probabilities[row, k]:.2f}" for k in found)
            for row, found in enumerate(self.vocabulary.decode(self.labels[:_SHOWN]))
        ]
        return f"<p>{escape(repr(self))}</p>{some.to_html(index=False)}"


def read_predictions(path: str | Path, vocabulary: Vocabulary) -> Predictions:
    """Read a table of probabilities, or of predicted locations (`Id,Predicted`).

    Locations are those with a probability of at least .5, where the table has no column `Locations`.

    Raises:
        CellocateError: it is no such table.
    """
    if is_decided(path):
        ids, labels = read_decided(path, vocabulary)
        return Predictions(ids, np.full(labels.shape, np.nan), labels, vocabulary)
    ids, probabilities = read_probabilities(path, vocabulary)
    fields, notes, found = read_fields(path), read_notes(path, ids), read_locations(path, vocabulary)
    if found is not None:
        return Predictions(ids, probabilities, found, vocabulary, fields=fields, notes=notes)
    half = Rule(kind="fixed", thresholds=(0.5,) * len(vocabulary))
    return Predictions.from_rule(ids, probabilities, vocabulary, half, fields=fields, notes=notes)
