"""What is known of cells before they are predicted: that they show no protein."""

from __future__ import annotations

from cellocate.cells.flags import SEPARATOR
from cellocate.collection import Bags, Collection
from cellocate.collection.collection import FLAGS
from cellocate.collection.emptiness import NO_SIGNAL


def notes_of_cells(cells: Collection) -> list[str] | None:
    """What the column `flags` of `cellocate cells` says of each cell: that it has no signal, or nothing."""
    if FLAGS not in cells.fields:
        return None
    return [NO_SIGNAL if NO_SIGNAL in str(flags).split(SEPARATOR) else "" for flags in cells.fields[FLAGS]]


def notes_of_bags(bags: Bags) -> list[str]:
    """Of each field that is known by its cells, whether none of them has a signal."""
    own = notes_of_cells(bags.cells)
    if own is None:
        return [""] * len(bags)
    note = dict(zip(bags.cells.ids, own, strict=True))
    return [NO_SIGNAL if all(note[cell] for cell in bags.members[field]) else "" for field in bags.ids]
