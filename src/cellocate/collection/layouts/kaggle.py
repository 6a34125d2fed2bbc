"""Label tables beside image files, as the challenges have them, and label tables without images."""

from __future__ import annotations

from pathlib import Path

from cellocate.collection.atlas.tables import holds_labels, read_labels
from cellocate.collection.collection import Collection
from cellocate.collection.identity import uuid
from cellocate.collection.labels import FORMATS
from cellocate.collection.layouts.found import Found
from cellocate.collection.layouts.labelled import labelled
from cellocate.collection.metadata import tidy
from cellocate.errors import CellocateError
from cellocate.vocabulary import Vocabulary

_LISTS = ("IF-image.csv", "IF-image.csv.gz", "kaggle_2021.tsv", "kaggle_2021.tsv.gz")
_USUAL_NAMES = ("train.csv", "train.csv.gz", "labels.csv", "labels.csv.gz")
_EDITIONS = (".png", ".tif", ".tiff")


def label_table(folder: Path) -> Path | None:
    """The label table in `folder`: a list of the atlas, one of the usual names, or the only CSV of the right columns.

    Raises:
        CellocateError: a table of a usual name lacks a column, or several tables could be meant.
    """
    if lists := [folder / name for name in _LISTS if (folder / name).is_file()]:
        return lists[0]
    found = [folder / name for name in _USUAL_NAMES if (folder / name).is_file()]
    if not found:
        tables = sorted([*folder.glob("*.csv"), *folder.glob("*.csv.gz")])
        found = [path for path in tables if not path.name.startswith(".") and holds_labels(path)]
    if len(found) > 1:
        names = " and ".join(path.name for path in found)
        raise CellocateError(f"several label tables ({names})", where=folder, mend="Name one with --labels.")
    return found[0] if found else None


def read(
    folder: Path, name: str, found: Found, path: Path, vocabulary: Vocabulary | str | None, own: str | None = None
) -> Collection:
    """A labelled collection: every id of the table at `path` or of a file, joined; `name` is that of its layout."""
    fields, labels, problems = labelled(found.table(), path, vocabulary, own)
    because = f"{found.because}; labels of {labels.vocabulary.name} in {path.name}"
    if name == "folder" and not found.stains and labels.format in FORMATS and _may_be_a_challenges(found):
        name = labels.format.layout
    problems += found.problems
    return Collection(
        folder,
        name,
        fields.sort_index(),
        labels.vocabulary,
        tuple(problems),
        because,
        stains=found.stains,
        notes=tuple(found.notes),
    )


def labels_alone(path: Path, vocabulary: Vocabulary | str | None) -> Collection:
    """The collection of a label table without images: for what needs no pixel."""
    labels = read_labels(path, vocabulary)
    fields = tidy(labels.table, path)
    because = f"the rows of {path.name}, without images"
    return Collection(path, "labels", fields, labels.vocabulary, labels.problems, because)


def _may_be_a_challenges(found: Found) -> bool:
    """Whether all files are PNG or TIFF, as the challenges have them, or are called as theirs are, with a UUID."""
    return all(
        uuid(i) == i.lower() or all(file.lower().endswith(_EDITIONS) for file in files.values())
        for i, files in found.by_id.items()
    )
