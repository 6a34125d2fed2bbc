"""The cells of collages, as `collages.py` learns from them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellocate.cells.conversion import convert
from cellocate.cells.crops import CropSettings
from cellocate.cells.cutting import CellPlan
from cellocate.cells.segmentation import segment
from cellocate.collection import Collection

LOCATIONS = {0: "Nucleoplasm", 2: "Nucleoli", 21: "Plasma membrane", 23: "Mitochondria", 25: "Cytosol"}
SQUARE = CropSettings(size=96, span=48)

Said = NDArray[np.floating[Any]]
"""Probabilities of cells, shape (cells, locations); of several repeats, shape (repeats, cells, locations)."""


@dataclass(frozen=True)
class Cells:
    """The cells of all collages.

    Attributes:
        crops: a collection of them.
        folder: that they were written to.
    """

    crops: Collection
    folder: Path

    @cached_property
    def table(self) -> pd.DataFrame:
        """A row for each crop, in their order."""
        return pd.read_csv(self.folder / "cells.csv").set_index("id").loc[self.crops.ids]

    @cached_property
    def collages(self) -> NDArray[np.str_]:
        """The collage of each cell."""
        return self.table["field"].to_numpy(dtype=str)

    @cached_property
    def label(self) -> NDArray[np.intp]:
        """The place of each cell's location among the five; -1 in a mixed collage."""
        of = [list(LOCATIONS).index(x[0]) if len(x) == 1 else -1 for x in self.crops.fields["labels"]]
        return np.array(of)

    @cached_property
    def measured(self) -> NDArray[np.float64]:
        """All measurements of each cell, NaN where there is nothing to say; not its place, nor what is of its field."""
        measures = self.table.loc[:, "contrast":"spot_share"].drop(columns="border_share")
        return measures.assign(area=self.table["area_um2"]).to_numpy(np.float64)

    def of(self, chosen: NDArray[np.bool_]) -> Collection:
        """Some of the crops."""
        return self.crops.subset([i for i, wanted in zip(self.crops.ids, chosen, strict=True) if wanted])


def found(fields: Collection, out: Path) -> Collection:
    """Find and cut out the cells of fields, as `cellocate cells` does."""
    plan = CellPlan(out, fields.channels, SQUARE, None, segment)
    return convert(fields, plan, workers=1, resume=out.is_dir()).cells
