"""True cells of fields: a folder of label images, or a table of masks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cellocate.cells.field_notes import Note
from cellocate.cells.masks import MaskFolder
from cellocate.collection.layouts.phantoms import CARD, read_metadata
from cellocate.decision.submissions.kaggle2021 import Cells, Shape, parse_mask, parse_side
from cellocate.decision.submissions.sample import LONGEST
from cellocate.errors import CellocateError
from cellocate.evaluation import Instances
from cellocate.images.rle import Mask
from cellocate.tables import missing_column_error, quoted, read_table, table_rows
from cellocate.vocabulary import Vocabulary

COLUMNS = ("ID", "ImageWidth", "ImageHeight", "Label", "Mask")
"""Of a table of true cells: a row for each; one without a mask says that a field has no cell."""


class TrueCells:
    """The cells of fields, read field by field.

    Args:
        ids: of the fields.
        read: gives the cells of one of them.
        notes: on how the masks of a field were read, for the fields read so far.
    """

    def __init__(
        self, ids: Sequence[str], read: Callable[[str], Cells], notes: Mapping[str, Sequence[Note]] | None = None
    ) -> None:
        self.ids, self.read, self.notes = list(ids), read, {} if notes is None else notes


def read_true_cells(path: str | Path, vocabulary: Vocabulary) -> TrueCells:
    """Read true cells, in one of two forms.

    - a folder with label images `<Id>_cells.png` and `cells.csv` (`Id`, `cell`, `labels` between spaces), as `simulate`
      writes it; or the collection that has this in `truth/`;
    - a table `ID,ImageWidth,ImageHeight,Label,Mask`, with a row for each cell: labels between `|`, and the mask as in a
      submission. A row without a mask means that its field has no cell.

    Args:
        path: of the folder or table.
        vocabulary: of the labels.

    Raises:
        CellocateError: it is neither, or of another vocabulary; or, later, a cell is broken, unknown or missing.
    """
    path = Path(path)
    if not path.is_dir():
        return _of_table(path, vocabulary)
    folder = path / "truth" if (path / "truth" / "cells.csv").is_file() else path
    own = read_metadata(folder.parent).get("vocabulary") if folder.name == CARD.parent.name else None
    if own is not None and own != vocabulary.name:
        mend = "Simulate the collection with --layout kaggle2021."
        raise CellocateError(f"cells are labelled in {own}, not in {vocabulary.name}", where=path, mend=mend)
    return _of_folder(folder, vocabulary)


def _of_folder(folder: Path, vocabulary: Vocabulary) -> TrueCells:
    path, names = folder / "cells.csv", ("Id", "cell", "labels")
    table, lines = read_table(path, "table of cells", names)
    if not set(names) <= set(table.columns):
        raise missing_column_error(path, "not a table of cells", "It needs the columns Id, cell and labels.")
    images = MaskFolder(folder)
    labels: dict[str, dict[int, tuple[int, ...]]] = {field: {} for field in images.ids}
    sets = vocabulary.parse_all(table["labels"], lambda row: f"{path}, line {lines[row]}")
    for line, field, cell, shows in zip(lines, table["Id"], table["cell"], sets, strict=True):
        if not (cell.isascii() and cell.isdigit()) or int(cell) in labels.setdefault(field, {}):
            what = f"cell {quoted(cell)} is not a number, or is repeated"
            raise CellocateError(what, where=f"{path}, line {line}, column cell", mend="Mend the row.")
        labels[field][int(cell)] = shows

    def read(field: str) -> Cells:
        shape, masks = images.read(field, known=labels[field])
        if unknown := sorted(set(masks) - set(labels[field])):
            what = f"cell {unknown[0]} of field {field} has no row"
            raise CellocateError(what, where=folder / "cells.csv", mend="Give a row for each cell of its label image.")
        # a cell hidden under others has a row but no pixel: it cannot be found
        return Cells(shape, Instances.of(list(masks.values()), [labels[field][number] for number in masks]))

    return TrueCells(list(labels), read, images.notes)


def _of_table(path: Path, vocabulary: Vocabulary) -> TrueCells:
    rows = table_rows(path, "table of cells", COLUMNS, longest=LONGEST)
    _, columns = next(rows)
    if not set(COLUMNS) <= set(columns):
        mend = f"Give a folder with label images and cells.csv, or a table with the columns {', '.join(COLUMNS)}."
        raise missing_column_error(path, "not a table of true cells", mend)
    places = [columns.index(column) for column in COLUMNS]
    cells: dict[str, tuple[Shape, list[Mask], list[tuple[int, ...]]]] = {}
    fields, texts, lines = [], [], []  # of cells, whose labels are read when all are known
    for line, row in rows:
        where = f"{path}, line {line}"
        field, width, height, label, text = (row[place] for place in places)
        shape = (parse_side(height, "ImageHeight", where), parse_side(width, "ImageWidth", where))
        known, masks, _ = cells.setdefault(field, (shape, [], []))
        if known != shape:
            raise CellocateError(f"field {field} has two sizes", where=where, mend="Give the size of its image.")
        if text:
            masks.append(parse_mask(text, shape, where))
            fields.append(field)
            texts.append(label)
            lines.append(line)
    sets = vocabulary.parse_all(texts, lambda row: f"{path}, line {lines[row]}, column Label", "|")
    for field, labels in zip(fields, sets, strict=True):
        cells[field][2].append(labels)
    return TrueCells(list(cells), lambda field: Cells(cells[field][0], Instances.of(*cells[field][1:])))
