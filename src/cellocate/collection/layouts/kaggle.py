"""The layouts of the 2018 and 2021 challenges: channel files and a label table beside them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from cellocate.collection.collection import Collection, Problem
from cellocate.collection.labels import format_of, read_labels
from cellocate.collection.layouts.plain import ChannelFiles, table
from cellocate.errors import CellocateError
from cellocate.images.scale import check_pixel_size
from cellocate.vocabulary import Vocabulary

_USUAL_NAMES = ("train.csv", "train.csv.gz", "labels.csv", "labels.csv.gz")


def label_table(folder: Path) -> Path | None:
    """The label table in `folder`: one of the usual names, or else the only CSV with the right columns.

    Raises:
        CellocateError: a table of a usual name lacks a column, or several tables could be meant.
    """
    found = [folder / name for name in _USUAL_NAMES if (folder / name).is_file()]
    if not found:
        tables = sorted([*folder.glob("*.csv"), *folder.glob("*.csv.gz")])
        found = [path for path in tables if not path.name.startswith(".") and _holds_labels(path)]
    if len(found) > 1:
        names = " and ".join(path.name for path in found)
        raise CellocateError(f"several label tables ({names})", where=folder, mend="Name one with --labels.")
    return found[0] if found else None


def _holds_labels(path: Path) -> bool:
    try:
        return format_of(path) is not None
    except CellocateError:  # a table of something else need not be readable
        return False


def read(folder: Path, files: ChannelFiles, path: Path, vocabulary: Vocabulary | str | None) -> Collection:
    """A labelled collection: every id of the table at `path` or of a file, joined."""
    labels = read_labels(path, vocabulary)
    fields = labels.table.join(table(files.by_id), how="outer")
    fields["labels"] = fields["labels"].astype(object).where(fields["labels"].notna(), None)
    faulty = {problem.id for problem in labels.problems}
    without_row = sorted(set(files.by_id) - set(labels.table.index) - faulty)
    problems = [*labels.problems, *files.problems, *(_without_row(i, path) for i in without_row)]
    if "pixel_size" in fields:
        fields["pixel_size"] = pixel_sizes(fields["pixel_size"], path)
    return Collection(folder, labels.format.layout, fields, labels.vocabulary, tuple(problems))


def _without_row(field: str, path: Path) -> Problem:
    error = CellocateError("image files without a row", where=path, mend="Add the row, or take the files out.")
    return Problem(field, "labels", error)


def pixel_sizes(column: pd.Series[str], path: Path) -> pd.Series[float]:
    """The column `pixel_size` of the table at `path` as µm per px, NaN where it is empty."""
    try:
        sizes = pd.to_numeric(column.replace("", None).astype(object)).astype(float)
    except ValueError as error:
        raise CellocateError(f"pixel_size is not a number ({error})", where=path, mend="Give µm per px.") from None
    for size in sizes.dropna().unique():
        check_pixel_size(float(size))
    return sizes
