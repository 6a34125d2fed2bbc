"""Sample submissions of the challenges, and the contents of a submission."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from cellocate.collection import Collection, are_cells
from cellocate.collection.collection import FIELD
from cellocate.errors import CellocateError
from cellocate.tables import find_column, missing_column_error, quoted, table_rows
from cellocate.vocabulary import Vocabulary, get_vocabulary

LONGEST = 2**30  # characters of all the masks of a field


class SubmissionContents(NamedTuple):
    """Contents of a valid submission.

    Args:
        fields: number of fields.
        cells: number of cells, in 2021.
        labels: number of fields, or cells, with each label.
    """

    fields: int
    cells: int | None
    labels: Counter[int]


def require_vocabulary(vocabulary: Vocabulary, year: int) -> None:
    """Refuse another vocabulary than that of the challenge of a year."""
    name = "hpa28" if year == 2018 else "hpa19"
    if vocabulary.names != get_vocabulary(name).names:
        raise CellocateError(
            f"the {year} challenge uses {name}, but this model predicts {vocabulary.name}",
            mend=f"Use --format table, or a model trained on {name} labels.",
        )


def read_sample(path: str | Path) -> list[str]:
    """The ids of a challenge's sample submission (`Id` in 2018, `ID` in 2021), in its order.

    Raises:
        CellocateError: it has no such column, or repeats an id.
    """
    return list(read_shapes(path))


def read_shapes(path: str | Path) -> dict[str, tuple[int, int] | None]:
    """Height and width in px of each field of a sample submission; None in 2018.

    Raises:
        CellocateError: it has no column of ids, or repeats one, or a size is no number.
    """
    rows = table_rows(path, "sample submission", ("ImageHeight", "ImageWidth"), longest=LONGEST)
    _, columns = next(rows)
    id_, mend = find_column(columns, "Id", "ID"), "It needs a column Id (2018) or ID (2021) without repeats."
    if id_ is None:
        raise missing_column_error(path, "not a sample submission", mend)
    found: dict[str, tuple[int, int] | None] = {}
    for line, values in rows:
        row = dict(zip(columns, values, strict=True))
        height, width = row.get("ImageHeight"), row.get("ImageWidth")
        what = f"id {quoted(row[id_])} is in several rows" if row[id_] in found else ""
        for text in (height, width):
            if text is not None and not text.isdecimal():
                what = f"{quoted(text)} is not a number of px"
        if what:
            raise CellocateError(f"not a sample submission: {what}", where=f"{path}, line {line}", mend=mend)
        found[row[id_]] = None if height is None or width is None else (int(height), int(width))
    return found


def in_sample_order(collection: Collection, ids: Sequence[str]) -> Collection:
    """The fields of a sample submission, in its order; of a collection of cells, the cells of these fields.

    Raises:
        CellocateError: the collection lacks a field, or all of their cells.
    """
    if are_cells(collection):
        return collection.subset(_cells_of(collection, ids))
    missing = sorted(set(ids) - set(collection.ids))
    if missing:
        raise CellocateError(
            f"{len(missing)} of the sample's {len(ids)} fields have no images, such as {missing[0]}",
            where=collection.folder,
            mend="Give the folder of the challenge's test images.",
        )
    return collection.subset(ids)


def _cells_of(cells: Collection, fields: Sequence[str]) -> list[str]:
    members: dict[str, list[str]] = {field: [] for field in fields}
    for cell, field in zip(cells.ids, cells.fields[FIELD].astype(str), strict=True):
        if field in members:
            members[field].append(cell)
    if not (found := [cell for some in members.values() for cell in some]):
        what = f"no cells of the sample's {len(fields)} fields, such as {fields[0]}" if fields else "an empty sample"
        raise CellocateError(what, where=cells.folder, mend="Give the cells of the challenge's test images.")
    return found
