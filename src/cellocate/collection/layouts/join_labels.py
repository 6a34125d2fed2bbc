"""Join a label table to fields by id."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from cellocate.collection.atlas.label_tables import labels_for, read_labels
from cellocate.collection.challenge_labels import Labels, format_of
from cellocate.collection.collection import Problem
from cellocate.collection.metadata_tables import tidy, update_metadata
from cellocate.errors import CellocateError
from cellocate.vocabulary import Vocabulary, get_vocabulary


def join_labels(
    fields: pd.DataFrame, path: Path, vocabulary: Vocabulary | str | None, own: Vocabulary | str | None = None
) -> tuple[pd.DataFrame, Labels, list[Problem]]:
    """Join the labels and metadata of the table at `path` to fields.

    Rows with other ids become fields without files, at the end; except those of an image list, which names the whole
    atlas. Labels that the fields have are replaced; metadata are replaced where the table has a value.

    Args:
        fields: files and metadata, by unique id.
        path: a label table, or an image list of the atlas.
        vocabulary: vocabulary of its labels, if not the usual one.
        own: vocabulary of the labels that the fields have already.

    Returns:
        The fields, the table, and its problems. A field without a row is a problem.

    Raises:
        CellocateError: the table cannot be read, is a list of none of these fields, or could be in its usual vocabulary
            or in `own` and nothing decides.
    """
    labels = labels_for(
        read_labels(path, vocabulary or _labels_vocabulary(path, own)), [str(i) for i in fields.index], path
    )
    metadata = tidy(labels.table, path)
    further = metadata.index.difference(fields.index, sort=False)
    ids = pd.Index([*fields.index, *further], name="id", dtype=object)
    joined = update_metadata(fields.drop(columns="labels", errors="ignore").reindex(ids), metadata)
    faulty = {problem.id for problem in labels.problems}
    without_row = sorted(map(str, fields.index.difference(metadata.index).difference(list(faulty))))
    return joined, labels, [*labels.problems, *(_without_row(i, path) for i in without_row)]


def _labels_vocabulary(path: Path, own: Vocabulary | str | None) -> Vocabulary | str | None:
    """The vocabulary of a table for fields with labels of `own`: numbers mean other locations in each."""
    if own is None or (layout := format_of(path)) is None:
        return own  # lists name locations in words
    usual, own = get_vocabulary(layout.vocabulary), own if isinstance(own, Vocabulary) else get_vocabulary(own)
    if usual.names != own.names:
        what = f"labels of {usual.name} (usual for such tables) or of {own.name} (the fields' own): it is unclear which"
        raise CellocateError(what, where=path, mend=f"Add --vocabulary {usual.name}, or {own.name}.")
    return own


def _without_row(field: str, path: Path) -> Problem:
    error = CellocateError("image files without a row", where=path, mend="Add the row, or remove the files.")
    return Problem(field, "labels", error)
