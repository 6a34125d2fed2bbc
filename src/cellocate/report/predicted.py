"""Predictions of some fields, from a table or a model, so that either can be measured and set beside another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cellocate import decision
from cellocate.collection import CellBags, Collection
from cellocate.errors import CellocateError
from cellocate.vocabulary import Vocabulary

if TYPE_CHECKING:
    from cellocate.networks import Model


@dataclass(frozen=True, eq=False)
class Predicted:
    """What is predicted for fields.

    Args:
        source: the table or the model's folder.
        ids: of N fields.
        decided: shape (N, K), bool.
        probabilities: shape (N, K), or None where only locations are known.
        thresholds: K of them, where the probabilities were decided by such.
        warnings: sentences to show to the reader.
    """

    source: Path
    ids: list[str]
    decided: NDArray[np.bool_]
    probabilities: NDArray[np.floating[Any]] | None
    thresholds: tuple[float, ...] | None = None
    warnings: tuple[str, ...] = ()

    def of(self, ids: Sequence[str]) -> Predicted:
        """The predictions of these fields alone, in this order.

        Raises:
            CellocateError: one of them has none.
        """
        place = {field: row for row, field in enumerate(self.ids)}
        if lacking := [field for field in ids if field not in place]:
            what = f"no prediction of {len(lacking)} of {len(ids)} fields, such as {lacking[0]}"
            raise CellocateError(what, where=self.source, mend="Give a table that has all of the measured fields.")
        rows = [place[field] for field in ids]
        values = None if self.probabilities is None else self.probabilities[rows]
        return replace(self, ids=list(ids), decided=self.decided[rows], probabilities=values)


def read_predicted(path: str | Path, vocabulary: Vocabulary) -> Predicted:
    """Read a table of probabilities, or of decided locations (`Id,Predicted`).

    Probabilities are decided at .5 where the table has no column `Locations`.

    Raises:
        CellocateError: it is no such table.
    """
    source = Path(path)
    if decision.is_decided(source):
        return Predicted(source, *decision.read_decided(source, vocabulary), probabilities=None)
    ids, probabilities = decision.read_probabilities(source, vocabulary)
    if (found := decision.read_locations(source, vocabulary)) is not None:
        return Predicted(source, ids, found, probabilities)
    rule = decision.Rule(kind="fixed", thresholds=(0.5,) * len(vocabulary))
    decided = decision.silenced(rule.apply(probabilities), decision.read_notes(source, ids), vocabulary)
    said = "locations were decided at a threshold of .5; 'cellocate decide' fits a better rule"
    return Predicted(source, ids, decided, probabilities, rule.thresholds, (said,))


def predict(
    folder: str | Path,
    model: Model,
    collection: Collection,
    bags: CellBags | None,
    progress: Callable[[int], object] | None,
) -> Predicted:
    """What a model, loaded from `folder`, predicts and decides for a collection, or from the cells of its fields."""
    from cellocate.prediction import predict_and_compare

    found = predict_and_compare(model, collection, bags, progress=progress)
    warnings = tuple(decision.sentences(found.notes, collection.unit))
    return Predicted(
        Path(folder), collection.ids, found.decided(model), found.probabilities, model.card.rule.parted_by, warnings
    )
