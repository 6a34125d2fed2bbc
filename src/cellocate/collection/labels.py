"""Label tables, as the 2018 and 2021 challenges write them, read strictly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellocate.collection.collection import Problem, group_of
from cellocate.errors import CellocateError
from cellocate.images import CHANNELS
from cellocate.tables import read_columns, read_table
from cellocate.vocabulary import Vocabulary, get


@dataclass(frozen=True)
class LabelFormat:
    """The columns of a label table, what separates labels, and whose vocabulary it uses unless told otherwise."""

    layout: str
    id: str
    labels: str
    separator: str | None
    vocabulary: str


FORMATS = (
    LabelFormat("kaggle2018", "Id", "Target", None, "hpa28"),
    LabelFormat("kaggle2021", "ID", "Label", "|", "hpa19"),
)


@dataclass(frozen=True)
class Labels:
    """A label table: labels and metadata by id, its vocabulary, and the rows at fault."""

    format: LabelFormat
    table: pd.DataFrame
    vocabulary: Vocabulary
    problems: tuple[Problem, ...]

    def truth(self, ids: Sequence[str]) -> NDArray[np.bool_]:
        """The labels of these fields as a table, shape (N, len(vocabulary)), bool.

        Raises:
            CellocateError: a field has no labels here, or its row is at fault.
        """
        asked = set(ids)
        for problem in self.problems:
            if problem.id in asked and problem.severity == "fault":
                raise problem.error
        lacking = [i for i in ids if i not in self.table.index]
        if lacking:
            what = f"{len(lacking)} of {len(ids)} fields have no labels, such as {lacking[0]}"
            raise CellocateError(what, mend="Give the label table of these fields.")
        return self.vocabulary.encode(self.table["labels"][list(ids)])

    def group(self, ids: Sequence[str]) -> list[str]:
        """What each of these fields of the table shares with others: antibody, plate, or only itself."""
        return list(group_of(self.table.loc[list(ids)]))


def format_of(path: Path) -> LabelFormat | None:
    """The format whose columns the table at `path` has, by its first line alone."""
    columns = read_columns(path, "label table")
    return next((f for f in FORMATS if f.id in columns and f.labels in columns), None)


def read_labels(path: str | Path, vocabulary: Vocabulary | str | None = None) -> Labels:
    """Read a label table (CSV, plain or gzipped) with the columns `Id,Target` or `ID,Label`.

    Labels are numbers or names of the vocabulary, separated by spaces (`Target`; so only one-word names) or by `|`
    (`Label`); repeats within a row count once. An empty cell is a field with no location. A row with an unknown
    label or a repeated id is a problem of that id and left out of the table; further columns become metadata.

    Args:
        path: the table.
        vocabulary: of the labels; hpa28 for `Id,Target` and hpa19 for `ID,Label` unless given.

    Raises:
        CellocateError: the file is missing, no table, or lacks a column.
    """
    path = Path(path)
    layout = format_of(path)
    if layout is None:
        found = ", ".join(read_columns(path))
        mend = "It needs Id,Target or ID,Label."
        if ";" in found or "\t" in found:
            mend += " Its columns are not separated by commas: save it with commas."
        raise CellocateError(f"no label table: its columns are {found}", where=path, mend=mend)
    rows, lines = read_table(path)
    _see_names(rows, path)
    return labels_of(rows, lines, path, layout, vocabulary)


def labels_of(
    rows: pd.DataFrame, lines: list[int], path: Path, layout: LabelFormat, vocabulary: Vocabulary | str | None
) -> Labels:
    """The labels in `rows` of the table at `path`, which stand in these `lines`; see `read_labels`."""
    if not isinstance(vocabulary, Vocabulary):
        vocabulary = get(vocabulary or layout.vocabulary)
    ids = rows[layout.id].str.strip()
    problems = faulty_ids(ids, lines, path)
    texts = rows[layout.labels].to_numpy(dtype=object)
    parsed = {text: _parse(text, layout.separator, vocabulary) for text in set(texts)}  # few differ
    labels = [parsed[text][0] for text in texts]
    wrong = {text: error for text, (_, error) in parsed.items() if error is not None}
    for row in np.flatnonzero(rows[layout.labels].isin(list(wrong))):
        error = wrong[texts[row]]
        error = CellocateError(error.what, where=f"{path}, line {lines[row]}", mend=error.mend)
        problems.append(Problem(ids.iloc[row], "labels", error, "fault" if labels[row] is None else "warning"))
    table = rows.drop(columns=[layout.id, layout.labels])
    table.insert(0, "labels", pd.Series(labels, index=table.index, dtype=object))
    table.index = pd.Index(ids, name="id")
    bad = {problem.id for problem in problems if problem.severity == "fault"}
    return Labels(layout, table.loc[~ids.isin(bad).to_numpy(dtype=bool)], vocabulary, tuple(problems))


def _parse(
    text: str, separator: str | None, vocabulary: Vocabulary
) -> tuple[tuple[int, ...] | None, CellocateError | None]:
    """The labels written in a cell, None where one is unknown; and what is wrong with them."""
    try:
        labels = vocabulary.parse(text, separator)
    except CellocateError as error:
        return None, error
    if len(labels) < len([part for part in text.split(separator) if part.strip()]):
        return labels, CellocateError("a label stands twice in a row", mend="It counts once; nothing need be done.")
    return labels, None


def faulty_ids(ids: pd.Series[str], lines: list[int], path: Path) -> list[Problem]:
    """Problems of ids that stand in several rows, and of rows without one."""
    return _repeated(ids, lines, path) + _nameless(ids, lines, path)


def _see_names(rows: pd.DataFrame, path: Path) -> None:
    taken = [column for column in rows if column in (*CHANNELS, "labels")]
    if taken:
        raise CellocateError(
            f"a column named {taken[0]!r}, which cellocate keeps for itself", where=path, mend="Rename it."
        )


def _repeated(ids: pd.Series[str], lines: list[int], path: Path) -> list[Problem]:
    problems = []
    for field, group in ids[ids.duplicated(keep=False)].groupby(ids):
        where = ", ".join(str(lines[int(row)]) for row in group.index)
        error = CellocateError("an id stands in several rows", where=f"{path}, lines {where}", mend="Keep one row.")
        problems.append(Problem(str(field), "labels", error))
    return problems


def _nameless(ids: pd.Series[str], lines: list[int], path: Path) -> list[Problem]:
    nameless = [lines[row] for row in np.flatnonzero(ids == "")]
    error = CellocateError("a row without an id", where=f"{path}, line {nameless[0]}" if nameless else path)
    return [Problem("", "labels", error)] if nameless else []
