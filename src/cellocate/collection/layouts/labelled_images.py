"""Label tables next to image files, as in the challenges, and label tables without images."""

from __future__ import annotations

from pathlib import Path

from cellocate.collection.atlas.label_tables import is_label_table, read_labels
from cellocate.collection.challenge_labels import FORMATS
from cellocate.collection.collection import Collection
from cellocate.collection.identity import uuid
from cellocate.collection.layouts.found_files import FoundFields
from cellocate.collection.layouts.join_labels import join_labels
from cellocate.collection.metadata_tables import tidy
from cellocate.errors import CellocateError
from cellocate.tables import read_columns, table_name, tables_in
from cellocate.vocabulary import Vocabulary

_LISTS = ("IF-image.csv", "IF-image.csv.gz", "kaggle_2021.tsv", "kaggle_2021.tsv.gz")
_USUAL_NAMES = ("train", "labels")
_EDITIONS = (".png", ".tif", ".tiff")


def label_table(folder: Path) -> Path | None:
    """The label table in `folder`: an image list of the atlas, `train` or `labels`, or the only label table there.

    Raises:
        CellocateError: a table with a usual name lacks a column, or several tables could be meant.
    """
    if lists := [folder / name for name in _LISTS if (folder / name).is_file()]:
        return lists[0]
    tables = tables_in(folder)
    usual = [path for path in tables if table_name(path) in _USUAL_NAMES and path.suffix != ".txt"]
    found = [path for path in usual if path.is_file()]
    found = found or [path for path in tables if is_label_table(path)]
    if len(found) > 1:
        names = " and ".join(path.name for path in found)
        raise CellocateError(f"several label tables ({names})", where=folder, mend="Name one with --labels.")
    return found[0] if found else None


def unreadable_tables(folder: Path) -> tuple[str, ...]:
    """A sentence for each unreadable table in `folder`, which may be the missing label table."""
    sentences = []
    for path in tables_in(folder):
        if path.suffix == ".txt":  # mostly not a table
            continue
        try:
            read_columns(path)
        except CellocateError as error:
            sentences.append(f"{path.name} was not read: {error.what}. {error.mend}")
    return tuple(sentences)


def read(
    folder: Path, name: str, found: FoundFields, path: Path, vocabulary: Vocabulary | str | None, own: str | None = None
) -> Collection:
    """A labelled collection of the ids in the table at `path` and of the files; `name` is the layout's name."""
    fields, labels, problems = join_labels(found.table(), path, vocabulary, own)
    because = f"{found.because}; labels of {labels.vocabulary.name} in {path.name}"
    if name == "folder" and not found.stains and labels.format in FORMATS and _may_be_challenge_images(found):
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


def labels_only(path: Path, vocabulary: Vocabulary | str | None) -> Collection:
    """The collection of a label table without images."""
    labels = read_labels(path, vocabulary)
    fields = tidy(labels.table, path)
    because = f"the rows of {path.name}, without images"
    return Collection(path, "labels", fields, labels.vocabulary, labels.problems, because)


def _may_be_challenge_images(found: FoundFields) -> bool:
    return all(
        uuid(i) == i.lower() or all(file.lower().endswith(_EDITIONS) for file in files.values())
        for i, files in found.by_id.items()
    )
