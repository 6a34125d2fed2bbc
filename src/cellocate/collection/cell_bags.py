"""Multiple-instance bags: the cells of each field, with the labels of the field."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellocate.collection.collection import CELL, FIELD, FLAGS, Collection
from cellocate.errors import CellocateError
from cellocate.images import CHANNELS, Pixels

EDGE = "edge"
_PLACES = ("y", "x", "top", "left", "height", "width")
# columns that describe a cell, not its field; the last ones have no units in tables of cellocate 0.1
_OF_ONE = (*CHANNELS, CELL, *(f"{place}_px" for place in _PLACES), "area_um2", *_PLACES, "area", EDGE, FLAGS)
_MEAN = "_cell_mean"  # ending of the columns of mean intensities
_SHOWN = 16  # cells on a contact sheet


@dataclass(frozen=True)
class CellBags:
    """Multiple-instance bags: fields, and the cells of each.

    Args:
        fields: their labels and metadata, without images.
        cells: the cells of all these fields.
    """

    fields: Collection
    cells: Collection

    @cached_property
    def members(self) -> dict[str, list[str]]:
        """The ids of the cells of each field."""
        found: dict[str, list[str]] = {i: [] for i in self.fields.ids}
        for cell, field in zip(self.cells.ids, self.cells.fields[FIELD].astype(str), strict=True):
            found[field].append(cell)
        return found

    def subset(self, ids: Sequence[str]) -> CellBags:
        """The bags of only these fields, in this order."""
        return CellBags(self.fields.subset(ids), self.cells.subset([cell for i in ids for cell in self.members[i]]))

    def contact_sheet(self, field: str, channels: Sequence[str]) -> tuple[Pixels, float | None]:
        """The first 16 cells of a field in one picture, shape (C, H, W), and its µm per px."""
        found = [self.cells.read(cell, channels) for cell in self.members[field][:_SHOWN]]
        side = max(max(pixels.shape[1:]) for pixels, _ in found)
        across = math.ceil(math.sqrt(len(found)))
        sheet = np.zeros((len(channels), -(-len(found) // across) * side, across * side), found[0][0].dtype)
        for place, (pixels, _) in enumerate(found):
            top, left = place // across * side, place % across * side
            sheet[:, top : top + pixels.shape[1], left : left + pixels.shape[2]] = pixels
        return sheet, found[0][1]


def are_cells(collection: Collection) -> bool:
    """Whether the rows of a collection are single cells."""
    return collection.unit == "cell"


def bags_of(cells: Collection) -> CellBags:
    """Group cells by their field.

    A field gets the labels of all its cells (which usually have the labels of the field) and the metadata of its first
    cell.

    Raises:
        CellocateError: these are not cells, or a cell names no field.

    Example:
        >>> from pathlib import Path
        >>> table = {"field": ["a", "a"], "cell": ["1", "2"], "labels": [(0,), (0, 2)]}
        >>> bags = bags_of(Collection(Path(), "store", pd.DataFrame(table, index=["a_1", "a_2"])))
        >>> bags.fields.ids, bags.fields.fields["labels"].tolist(), bags.members
        (['a'], [(0, 2)], {'a': ['a_1', 'a_2']})
    """
    if not are_cells(cells):
        what = "no columns field and cell, so these are not single cells"
        raise CellocateError(what, where=cells.folder, mend="Give the single cells that 'cellocate cells' made.")
    of = cells.fields[FIELD]
    lacking = of.isna() | (of.astype(str) == "")
    if lacking.any():
        where = f"{cells.folder}, {cells.fields.index[lacking.to_numpy()][0]}"
        raise CellocateError("a cell without its field", where=where, mend="Fill the column field.")
    names = of.astype(str)
    table = cells.fields[~names.duplicated().to_numpy()]
    table = table.drop(columns=[c for c in table if c in _OF_ONE or str(c).endswith(_MEAN)])
    table.index = pd.Index(table.pop(FIELD).astype(str), name="id", dtype=object)
    shown: dict[str, set[int] | None] = {i: set() for i in table.index}
    for field, labels in zip(names, cells.fields["labels"], strict=True):
        known = shown[field]
        shown[field] = None if labels is None or known is None else known | set(labels)
    of_fields = [None if labels is None else tuple(sorted(labels)) for labels in shown.values()]
    table["labels"] = pd.Series(of_fields, index=table.index, dtype=object)
    # problems belong to cells, and faulty cells were left out before
    return CellBags(replace(cells, fields=table, problems=()), cells)


def at_edge(cells: Collection) -> NDArray[np.bool_]:
    """Which cells touch the edge of their field, shape (N,); none if there is no column `edge`."""
    if EDGE not in cells.fields:
        return np.zeros(len(cells), np.bool_)
    return np.array([str(value).lower() in ("1", "1.0", "true") for value in cells.fields[EDGE]], np.bool_)
