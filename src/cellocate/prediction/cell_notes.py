"""Notes on cells that show no protein."""

from __future__ import annotations

from cellocate.cells.flags import SEPARATOR
from cellocate.collection import CellBags, Collection
from cellocate.collection.collection import FLAGS
from cellocate.collection.emptiness import NO_SIGNAL, SILENT


def notes_of_cells(cells: Collection) -> dict[str, str]:
    """The note on each cell's protein in the column `flags`; "" for most."""
    known = cells.fields[FLAGS] if FLAGS in cells.fields else [""] * len(cells)
    flagged = [str(flags).split(SEPARATOR) for flags in known]
    return {
        cell: next((note for note in SILENT if note in own), "") for cell, own in zip(cells.ids, flagged, strict=True)
    }


def notes_of_bags(bags: CellBags) -> list[str]:
    """For each field known by its cells, "no signal" if none of them has any."""
    note = notes_of_cells(bags.cells)
    return [NO_SIGNAL if all(note[cell] for cell in bags.members[field]) else "" for field in bags.fields.ids]
