"""Predictions: the probabilities and predicted locations of fields or cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from html import escape
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellocate.arrays import Bools, Floats
from cellocate.choices import Format
from cellocate.collection.collection import Unit
from cellocate.counted import counted
from cellocate.decision.anndata_file import write_h5ad
from cellocate.decision.no_signal import clear_empty
from cellocate.decision.probability_tables import (
    CELL,
    FIELD,
    LOCATIONS,
    NOTE,
    OOD_SCORE,
    PREDICTED,
    has_predicted_labels,
    indices,
    read_cell_numbers,
    read_fields,
    read_locations,
    read_notes,
    read_ood_score,
    read_predicted_labels,
    read_probabilities,
)
from cellocate.decision.rules import Rule
from cellocate.decision.submissions import write_kaggle2018, write_kaggle2021
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
        probabilities: shape (N, K); nan if only the labels are known.
        labels: the predicted locations, shape (N, K), bool.
        vocabulary: of K locations.
        ood_score: out-of-distribution score, shape (N,): do not rely on a prediction with a score above 1. None if the
            model has no such score.
        fields: the field of each cell; None for fields.
        cells: the number of each cell in its field; None for fields.
        notes: why a row has no location or a doubtful one, such as "no signal"; "" for most, empty if unknown.
        rule: that chose the labels, if known.

    Raises:
        CellocateError: rows or columns differ in number from the ids or locations.

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
    probabilities: Floats
    labels: Bools
    vocabulary: Vocabulary
    ood_score: Floats | None = None
    fields: list[str] | None = None
    cells: list[int] | None = None
    notes: Sequence[str] = ()
    rule: Rule | None = None

    def __post_init__(self) -> None:
        n, k = len(self.ids), len(self.vocabulary)
        shapes = {name: np.shape(getattr(self, name)) == (n, k) for name in ("probabilities", "labels")}
        known = {name: getattr(self, name) for name in ("ood_score", "fields", "cells", "notes")}
        lengths = {name: values is None or len(values) == n for name, values in known.items()}
        right = shapes | lengths | {"notes": len(self.notes) in (0, n)}
        if wrong := [name for name, fits in right.items() if not fits]:
            what = f"{wrong[0]} that do not fit {counted(n, 'id')} and {counted(k, 'location')}"
            raise CellocateError(what, mend="Give a row for each id, and a column for each location.")

    @classmethod
    def from_rule(
        cls,
        ids: Sequence[str],
        probabilities: Floats,
        vocabulary: Vocabulary,
        rule: Rule,
        **known: Any,  # noqa: ANN401 # further attributes
    ) -> Predictions:
        """Build predictions whose labels a rule chooses; give further attributes by name."""
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
        """Whether probabilities are known, not only labels."""
        return not np.isnan(self.probabilities).all() or not len(self)

    @property
    def locations(self) -> list[list[str]]:
        """The names of the predicted locations of each row."""
        return [[self.vocabulary.names[k] for k in row] for row in self.vocabulary.decode(self.labels)]

    def subset(self, ids: Sequence[str]) -> Predictions:
        """The predictions of these ids only, in this order.

        Raises:
            CellocateError: an id has no prediction.
        """
        place = {own: row for row, own in enumerate(self.ids)}
        if lacking := [wanted for wanted in ids if wanted not in place]:
            what = f"no prediction for {len(lacking)} of {len(ids)} {self.unit}s, such as {lacking[0]}"
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
        """Choose the labels by another rule; rows without signal get none.

        Raises:
            CellocateError: there are no probabilities, or the rule is for another number of locations.
        """
        if not self.has_probabilities:
            raise CellocateError("labels without probabilities", mend="Give a table of probabilities.")
        return replace(self, labels=clear_empty(rule.apply(self.probabilities), self.notes, self.vocabulary), rule=rule)

    def of_cells(self, field: str, numbers: Sequence[int]) -> NDArray[np.float32]:
        """The probabilities of these cells of a field, shape (n, K); 0 for a cell without a prediction.

        Raises:
            CellocateError: these are not predictions of numbered cells, or another cell of the field has one.
        """
        if self.fields is None or self.cells is None:
            mend = "Give a table with the columns field and cell, or use the masks of 'predict --masks'."
            raise CellocateError("predictions without the number of each cell", mend=mend)
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
        """The table that `save` writes (see docs/formats.md)."""
        table = pd.DataFrame({"Id": self.ids, **self._origin()})
        if self.has_probabilities:
            probabilities = pd.DataFrame(self.probabilities, columns=list(self.vocabulary.names)).round(6)
            table = pd.concat([table, probabilities], axis=1)
            table[LOCATIONS] = ["; ".join(names) for names in self.locations]
        else:
            table[PREDICTED] = indices(self.labels)
        if self.ood_score is not None:
            table[OOD_SCORE] = np.round(self.ood_score, 3)
        if any(self.notes):
            table[NOTE] = list(self.notes)
        return table

    def save(
        self,
        path: str | Path,
        format: Format | None = None,  # as the option of 'cellocate predict'
        *,
        metadata: pd.DataFrame | None = None,
        sample: Sequence[str] | None = None,
        masks: ReadMasks | None = None,
        fields: Sequence[str] | None = None,
    ) -> None:
        """Write a table, AnnData (h5ad), or a challenge submission.

        Args:
            path: the file: .csv, .tsv, .xlsx or .parquet for a table, else .h5ad or .csv.
            format: which file to write; `kaggle2018` takes fields, `kaggle2021` cells. By default `h5ad` if the file
                ends so, else `table`.
            metadata: of each row, for h5ad; by default the field and number of each cell.
            sample: the ids that a submission must have; by default those predicted.
            masks: of the cells, for kaggle2021.
            fields: the fields of kaggle2021, in order, with or without cells; by default those of the cells.

        Raises:
            CellocateError: there is no such format, the challenge takes other locations, an id has no prediction, or
                masks are missing or are of other cells.
        """
        format = format or ("h5ad" if Path(path).suffix.lower() == ".h5ad" else "table")
        if format not in (known := get_args(Format)):
            raise CellocateError(f"unknown format {format!r}", mend=f"Choose one of {', '.join(known)}.")
        if format == "table":
            write_table(path, self.to_frame(), sheet="predictions")
        elif format == "h5ad":
            write_h5ad(path, self, self._described(metadata))
        elif format == "kaggle2018":
            write_kaggle2018(path, self.ids, self.labels, self.vocabulary, sample)
        else:
            if masks is None:
                raise CellocateError("a submission of 2021 without masks of cells", mend="Give masks.")
            read = lru_cache(maxsize=1)(masks)  # each field's masks are read twice
            write_kaggle2021(
                path,
                {field: read(field)[0] for field in (dict.fromkeys(self.fields or ()) if fields is None else fields)},
                lambda field: list(read(field)[1].values()),
                lambda field: self.of_cells(field, list(read(field)[1])),
                self.vocabulary,
                sample,
            )

    def _origin(self) -> dict[str, list[Any]]:
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
        """The first ten rows with their locations and probabilities, for a notebook."""
        whole = self.subset(self.ids[:_SHOWN]).to_frame()
        some = whole.drop(columns=[*self.vocabulary.names, PREDICTED], errors="ignore")
        some[LOCATIONS] = [
            ", ".join(
                f"{self.vocabulary.names[k]} {self.probabilities[row, k]:.2f}".removesuffix(" nan") for k in found
            )
            for row, found in enumerate(self.vocabulary.decode(self.labels[:_SHOWN]))
        ]
        return f"<p>{escape(repr(self))}</p>{some.to_html(index=False)}"


def read_cells(path: str | Path) -> dict[str, Any]:
    """The `fields` and `cells` of a table of cells; both None of a table of fields.

    Raises:
        CellocateError: a cell has no number.
    """
    fields = read_fields(path)
    return {"fields": fields, "cells": None if fields is None else read_cell_numbers(path)}


def read_predictions(path: str | Path, vocabulary: Vocabulary) -> Predictions:
    """Read a table of probabilities, or of predicted locations (`Id,Predicted`).

    Without a column `Locations`, the labels are the locations with a probability of at least .5.

    Raises:
        CellocateError: it is not such a table.
    """
    known: dict[str, Any] = {"ood_score": read_ood_score(path), **read_cells(path)}
    found: Bools | None
    if has_predicted_labels(path):
        ids, found = read_predicted_labels(path, vocabulary)
        probabilities = np.full(found.shape, np.nan)
    else:
        ids, probabilities = read_probabilities(path, vocabulary)
        found = read_locations(path, vocabulary)
    known["notes"] = read_notes(path, ids)
    if found is not None:
        return Predictions(ids, probabilities, found, vocabulary, **known)
    half = Rule(kind="fixed", thresholds=(0.5,) * len(vocabulary))
    return Predictions.from_rule(ids, probabilities, vocabulary, half, **known)
