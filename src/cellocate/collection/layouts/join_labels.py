"""A label table and the fields that it is of, joined by id."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from cellocate.collection.atlas.label_tables import labels_for, read_labels
from cellocate.collection.collection import Problem
from cellocate.collection.labels import Labels, format_of
from cellocate.collection.metadata import said_of, tidy
from cellocate.errors import CellocateError
from cellocate.vocabulary import Vocabulary, get_vocabulary


def join_labels(
    fields: pd.DataFrame, path: Path, vocabulary: Vocabulary | str | None, own: Vocabulary | str | None = None
) -> tuple[pd.DataFrame, Labels, list[Problem]]:
    """Fields with the labels and metadata of the table at `path`.

    Rows of other ids become fields without files, at the end; but those of a list, which names the whole atlas. Labels
    that were known are replaced, metadata where the table says something.

    Args:
        fields: by id, each once: files and what is known of them.
        path: a label table, or a list of the atlas.
        vocabulary: of its labels, if not its usual one.
        own: the vocabulary that the fields had labels of, where it is known.

    Returns:
        The fields; the table; and its problems, a field without a row being one.

    Raises:
        CellocateError: the table cannot be read, or is a list of none of these fields; or its labels may be of its
            usual vocabulary or of `own`, and nobody says which.
    """
    labels = labels_for(
        read_labels(path, vocabulary or _labels_vocabulary(path, own)), [str(i) for i in fields.index], path
    )
    said = tidy(labels.table, path)
    further = said.index.difference(fields.index, sort=False)
    ids = pd.Index([*fields.index, *further], name="id", dtype=object)
    joined = said_of(fields.drop(columns="labels", errors="ignore").reindex(ids), said)
    faulty = {problem.id for problem in labels.problems}
    without_row = sorted(map(str, fields.index.difference(said.index).difference(list(faulty))))
    return joined, labels, [*labels.problems, *(_without_row(i, path) for i in without_row)]


def _labels_vocabulary(path: Path, own: Vocabulary | str | None) -> Vocabulary | str | None:
    """The vocabulary of a table, of fields that had labels of `own`: a number means another location in each."""
    if own is None or (layout := format_of(path)) is None:
        return own  # a list has words
    usual, own = get_vocabulary(layout.vocabulary), own if isinstance(own, Vocabulary) else get_vocabulary(own)
    if usual.names != own.names:
        what = f"labels of {usual.name}, as such tables have, or of {own.name}, as the fields had: nothing tells which"
        raise CellocateError(what, where=path, mend=f"Add --vocabulary {usual.name}, or {own.name}.")
    return own


def _without_row(field: str, path: Path) -> Problem:
    error = CellocateError("image files without a row", where=path, mend="Add the row, or take the files out.")
    return Problem(field, "labels", error)
