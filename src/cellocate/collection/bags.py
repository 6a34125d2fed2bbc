"""Cells brought together again: a collection of fields, each of which is a bag of its cells."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellocate.collection.collection import CELL, FIELD, FLAGS, Collection, Unit
from cellocate.errors import CellocateError
from cellocate.images import Pixels, Scale

EDGE = "edge"
_PLACES = ("y", "x", "top", "left", "height", "width")
# what a table says of a cell and not of its field; without units in tables of cellocate 0.1
_OF_ONE = (CELL, *(f"{place}_px" for place in _PLACES), "area_um2", *_PLACES, "area", EDGE, FLAGS)
_MEAN = "_cell_mean"  # how such columns end, after the channel
_SHOWN = 16  # cells in the picture of a field


@dataclass(frozen=True)
class Bags(Collection):
    """Fields that are known by their cells: a `Collection` of fields, so that labels, groups and splits are theirs.

    Args:
        cells: the cells of all these fields.
    """

    cells: Collection = field(kw_only=True)

    @cached_property
    def members(self) -> dict[str, list[str]]:
        """The ids of the cells of each field."""
        of = self.cells.fields[FIELD].astype(str).to_numpy(dtype=object)
        found: dict[str, list[str]] = {i: [] for i in self.ids}
        for cell, own in zip(self.cells.ids, of, strict=True):
            found[own].append(cell)
        return found

    def subset(self, ids: Sequence[str]) -> Bags:
        """The bags of these fields alone, in this order, and their cells."""
        some = super().subset(ids)
        assert isinstance(some, Bags)
        kept = self.cells.fields[FIELD].astype(str).isin(set(ids)).to_numpy()
        return replace(some, cells=self.cells.subset([i for i, own in zip(self.cells.ids, kept, strict=True) if own]))

    def read(self, field: str, channels: Sequence[str], scale: Scale | None = None) -> tuple[Pixels, float | None]:
        """A picture of a field's first 16 cells side by side, shape (C, H, W), for the eye; and µm per px of it."""
        found = [self.cells.read(cell, channels) for cell in self.members[field][:_SHOWN]]
        side = max(max(pixels.shape[1:]) for pixels, _ in found)
        across = math.ceil(math.sqrt(len(found)))
        sheet = np.zeros((len(channels), -(-len(found) // across) * side, across * side), found[0][0].dtype)
        for place, (pixels, _) in enumerate(found):
            top, left = place // across * side, place % across * side
            sheet[:, top : top + pixels.shape[1], left : left + pixels.shape[2]] = pixels
        return sheet, found[0][1]


def are_cells(collection: Collection) -> bool:
    """Whether a collection is one of single cells, each of which says which field it is of."""
    return collection.unit == "cell"


def shown_at_once(collection: Collection) -> Unit:
    """What an image is that a network is shown: of bags, one of their cells."""
    return "cell" if isinstance(collection, Bags) else collection.unit


def bags_of(cells: Collection) -> Bags:
    """Bring the cells of each field together.

    A field shows what any of its cells is said to show (cells that carry their field's labels all say the same), and
    has the metadata of its first cell.

    Raises:
        CellocateError: these are no cells, or one does not say which field it is of.

    Example:
        >>> from pathlib import Path
        >>> told = {"field": ["a", "a"], "cell": ["1", "2"], "labels": [(0,), (0, 2)]}
        >>> bags = bags_of(Collection(Path(), "store", pd.DataFrame(told, index=["a_1", "a_2"])))
        >>> bags.ids, bags.fields["labels"].tolist(), bags.members
        (['a'], [(0, 2)], {'a': ['a_1', 'a_2']})
    """
    if not are_cells(cells):
        what = "no columns field and cell, which tell the cells of a field"
        raise CellocateError(what, where=cells.folder, mend="Give single cells, as 'cellocate cells' cuts them out.")
    of = cells.fields[FIELD]
    lacking = of.isna() | (of.astype(str) == "")
    if lacking.any():
        where = f"{cells.folder}, {cells.fields.index[lacking.to_numpy()][0]}"
        raise CellocateError("a cell without its field", where=where, mend="Fill the column field.")
    names = of.astype(str)
    table = cells.fields[~names.duplicated().to_numpy()]
    table = table.drop(columns=[c for c in table if c in _OF_ONE or str(c).endswith(_MEAN)])
    table.index = pd.Index(table.pop(FIELD).astype(str), name="id", dtype=object)
    labels: dict[str, set[int] | None] = {i: set() for i in table.index}
    for own, said in zip(names, cells.fields["labels"], strict=True):
        known = labels[own]
        labels[own] = None if said is None or known is None else known | set(said)
    told = [None if said is None else tuple(sorted(said)) for said in labels.values()]
    table["labels"] = pd.Series(told, index=table.index, dtype=object)
    # faults are of cells, and those that matter were left out before
    same = {f.name: getattr(cells, f.name) for f in fields(Collection) if f.name not in ("fields", "problems")}
    return Bags(**same, fields=table, cells=cells)


def at_edge(cells: Collection) -> NDArray[np.bool_]:
    """Which cells touch the edge of their field, shape (N,), as far as a column `edge` tells."""
    if EDGE not in cells.fields:
        return np.zeros(len(cells), np.bool_)
    return np.array([str(value).lower() in ("1", "1.0", "true") for value in cells.fields[EDGE]], np.bool_)
