"""What is known of cells before they are predicted: that they show no protein."""

from __future__ import annotations

from cellocate.cells.flags import SEPARATOR
from cellocate.collection import CellBags, Collection
from cellocate.collection.collection import FLAGS
from cellocate.collection.emptiness import NO_SIGNAL, SILENT


def notes_of_cells(cells: Collection) -> dict[str, str]:
    """What the column `flags` of `cellocate cells` says of the protein of each cell; mostly nothing."""
    known = cells.fields[FLAGS] if FLAGS in cells.fields else [""] * len(cells)
    flagged = [str(flags).split(SEPARATOR) for flags in known]
    return {
        cell: next((note for note in SILENT if note in own), "") for cell, own in zip(cells.ids, flagged, strict=True)
    }


def notes_of_bags(bags: CellBags) -> list[str]:
    """Of each field that is known by its cells, whether none of them has a signal."""
    note = notes_of_cells(bags.cells)
    return [NO_SIGNAL if all(note[cell] for cell in bags.members[field]) else "" for field in bags.fields.ids]
