"""The label tables of the 2018 and 2021 challenges, and how they are joined to image files."""

from __future__ import annotations

from pathlib import Path

from cellocate.collection.collection import Collection, Problem
from cellocate.collection.labels import format_of, read_labels
from cellocate.collection.layouts.found import Found
from cellocate.collection.metadata import tidy
from cellocate.errors import CellocateError
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
        found = [path for path in tables if not path.name.startswith(".") and holds_labels(path)]
    if len(found) > 1:
        names = " and ".join(path.name for path in found)
        raise CellocateError(f"several label tables ({names})", where=folder, mend="Name one with --labels.")
    return found[0] if found else None


def holds_labels(path: Path) -> bool:
    """Whether the table at `path` has the columns of a label table."""
    try:
        return format_of(path) is not None
    except CellocateError:  # a table of something else need not be readable
        return False


def read(folder: Path, name: str, found: Found, path: Path, vocabulary: Vocabulary | str | None) -> Collection:
    """A labelled collection: every id of the table at `path` or of a file, joined; `name` is that of its layout."""
    labels = read_labels(path, vocabulary)
    table = tidy(labels.table, path)
    files = found.table()
    fields = table.join(files[[c for c in files if c not in table]], how="outer")
    fields["labels"] = fields["labels"].astype(object).where(fields["labels"].notna(), None)
    faulty = {problem.id for problem in labels.problems}
    without_row = sorted(set(found.by_id) - set(table.index) - faulty)
    problems = [*labels.problems, *found.problems, *(_without_row(i, path) for i in without_row)]
    because = f"{found.because}; labels of {labels.vocabulary.name} in {path.name}"
    layout = labels.format.layout if name == "folder" else name
    return Collection(folder, layout, fields, labels.vocabulary, tuple(problems), because)


def labels_alone(path: Path, vocabulary: Vocabulary | str | None) -> Collection:
    """The collection of a label table without images: for what needs no pixel."""
    labels = read_labels(path, vocabulary)
    fields = tidy(labels.table, path)
    because = f"the rows of {path.name}, without images"
    return Collection(path, "labels", fields, labels.vocabulary, labels.problems, because)


def _without_row(field: str, path: Path) -> Problem:
    error = CellocateError("image files without a row", where=path, mend="Add the row, or take the files out.")
    return Problem(field, "labels", error)
