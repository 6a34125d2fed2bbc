"""Predictions as the file that is asked for: a table, AnnData, or the submission of a challenge."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pandas as pd

from cellocate.cells.masks import CellMasks
from cellocate.choices import Format
from cellocate.collection import Collection
from cellocate.decision import write_table
from cellocate.decision.silenced import silenced
from cellocate.decision.tables import NOTE
from cellocate.images import CHANNELS
from cellocate.networks import Model
from cellocate.prediction.cells import PredictedCells
from cellocate.prediction.fields import Compared
from cellocate.prediction.h5ad import write_h5ad
from cellocate.prediction.submissions import write_kaggle2018, write_kaggle2021


@dataclass(frozen=True)
class Output:
    """A file to write what a model predicts to, and what its rule decides.

    Args:
        path: a CSV file, or h5ad.
        format: a table of probabilities and locations, AnnData, or the submission of a challenge: 2018 takes fields,
            2021 cells.
        wanted: the ids that a submission must have, in this order; those that were predicted, unless given.
    """

    path: Path
    format: Format = "table"
    wanted: Sequence[str] | None = None

    def write_fields(self, model: Model, collection: Collection, predicted: Compared) -> None:
        """Write what is predicted of the fields of a collection.

        Raises:
            CellocateError: the challenge takes other locations, or a field that it asks for is missing.
        """
        probabilities, ood_score, notes = predicted
        ids, words, decided = collection.ids, model.vocabulary, predicted.decided(model)
        if self.format == "table":
            write_table(self.path, ids, probabilities, decided, words, ood_score, notes=notes)
        elif self.format == "h5ad":
            known = _known(collection).assign(**{NOTE: notes})
            known = known if ood_score is None else known.assign(ood_score=ood_score)
            write_h5ad(self.path, ids, probabilities, decided, words, known)
        else:
            write_kaggle2018(self.path, ids, decided, words, self.wanted)

    def write_cells(
        self,
        model: Model,
        found: PredictedCells,
        cells: Collection | None = None,
        masks: CellMasks | None = None,
        fields: Sequence[str] = (),
        shapes: Callable[[str], tuple[int, int]] | None = None,
    ) -> None:
        """Write what is predicted of single cells.

        Args:
            model: which predicted them.
            found: what it predicted.
            cells: the same cells, where they are a collection with metadata of its own.
            masks: of the cells, which a submission needs.
            fields: all of them, in the order of the submission; some may have no cell.
            shapes: height and width of a field, where they are known; masks as outlines need them.

        Raises:
            CellocateError: masks cannot be had or are of other cells; the challenge takes other locations, or a field
                that it asks for is missing.
        """
        p, words = found.probabilities, model.vocabulary
        notes = found.notes or [""] * len(found.ids)
        decided = silenced(model.card.rule.apply(p), notes, words)
        if self.format == "table":
            write_table(self.path, found.ids, p, decided, words, cells=(found.fields, found.cells), notes=notes)
        elif self.format == "h5ad":
            own = pd.DataFrame({"field": found.fields, "cell": found.cells}) if cells is None else _known(cells)
            write_h5ad(self.path, found.ids, p, decided, words, own.assign(**{NOTE: notes}))
        else:
            assert masks is not None
            # a field's masks are asked for, and then its probabilities
            read = lru_cache(maxsize=1)(lambda field: masks.read(field, None if shapes is None else shapes(field)))
            write_kaggle2021(
                self.path,
                {field: read(field)[0] for field in fields},
                lambda field: list(read(field)[1].values()),
                lambda field: found.of(field, list(read(field)[1])),
                words,
                self.wanted,
            )


def _known(collection: Collection) -> pd.DataFrame:
    """What is told of each field or cell, without its files and labels."""
    return collection.fields.drop(columns=["labels", *CHANNELS], errors="ignore")
