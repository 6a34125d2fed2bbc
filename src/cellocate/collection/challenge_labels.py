"""Read label tables in the formats of the 2018 and 2021 challenges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellocate.collection.collection import Problem, group_of
from cellocate.collection.metadata_tables import refuse_reserved
from cellocate.errors import CellocateError
from cellocate.tables import find_column, quoted, read_columns, read_table
from cellocate.tables.rows import missing_column_error
from cellocate.vocabulary import Vocabulary, get_vocabulary
from cellocate.vocabulary.label_cell import refuse_decimal_commas


@dataclass(frozen=True)
class LabelFormat:
    """The columns of a label table, the separator of its labels, and its default vocabulary."""

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
    """A label table: labels and metadata by id, its vocabulary, and its faulty rows."""

    format: LabelFormat
    table: pd.DataFrame
    vocabulary: Vocabulary
    problems: tuple[Problem, ...]

    def truth(self, ids: Sequence[str]) -> NDArray[np.bool_]:
        """The labels of these fields as an array, shape (N, len(vocabulary)), bool.

        Raises:
            CellocateError: a field has no labels here, or its row is faulty.
        """
        asked = set(ids)
        for problem in self.problems:
            if problem.id in asked and problem.severity == "fault":
                raise problem.error
        missing = [i for i in ids if i not in self.table.index]
        if missing:
            what = f"{len(missing)} of {len(ids)} fields have no labels, such as {missing[0]}"
            raise CellocateError(what, mend="Give the label table of these fields.")
        return self.vocabulary.encode(self.table["labels"][list(ids)])

    def group(self, ids: Sequence[str]) -> list[str]:
        """The group of each of these fields: antibody, plate, or only itself."""
        return list(group_of(self.table.loc[list(ids)]))


def format_of(path: Path) -> LabelFormat | None:
    """The format of the table at `path`, judged by its first line; None if it is not a label table."""
    return format_among(read_columns(path, "label table"))


def format_among(columns: Sequence[str]) -> LabelFormat | None:
    """The format of a label table with these columns; upper and lower case may differ.

    The formats number locations differently, so a mixture of their column names, such as `ID,Target`, is neither
    format. Nor is `id,label`, which many other tables have.

    Example:
        >>> [bool(format_among(columns)) for columns in (["id", "target"], ["ID", "label"], ["ID", "Target"])]
        [True, True, False]
    """
    first, second = FORMATS
    for known in FORMATS:
        if known.id in columns and known.labels in columns:
            return known
    if find_column(columns, first.id) not in (None, second.id) and find_column(columns, first.labels):
        return first
    return second if second.id in columns and find_column(columns, second.labels) else None


def read_challenge_labels(path: str | Path, vocabulary: Vocabulary | str | None = None) -> Labels:
    """Read a label table with the columns `Id,Target` or `ID,Label`, from any file that `read_table` reads.

    Labels are numbers, names or GO ids, separated by spaces (`Target`) or `|` (`Label`); `Vocabulary.labels_in` lists
    other ways. Repeated labels count once. An empty cell is a field without locations. A row with an unknown label or
    a repeated id becomes a problem and is left out of the table. Other columns become metadata.

    Args:
        path: the table.
        vocabulary: of the labels; by default hpa28 for `Id,Target` and hpa19 for `ID,Label`.

    Raises:
        CellocateError: the file is missing, is not a table, or lacks a column.
    """
    path = Path(path)
    layout = format_of(path)
    if layout is None:
        mend = "It needs the columns Id,Target (numbers or names of hpa28) or ID,Label (of hpa19)."
        raise missing_column_error(path, "not a label table", mend)
    rows, lines = read_table(path, names=(layout.id, layout.labels))
    refuse_reserved(rows, path)
    return labels_of(rows, lines, path, layout, vocabulary)


def labels_of(
    rows: pd.DataFrame, lines: list[int], path: Path, layout: LabelFormat, vocabulary: Vocabulary | str | None
) -> Labels:
    """The labels in rows of the table at `path`; `lines` are their line numbers. See `read_challenge_labels`."""
    if not isinstance(vocabulary, Vocabulary):
        vocabulary = get_vocabulary(vocabulary or layout.vocabulary)
    ids, column = rows[layout.id], layout.labels
    problems = faulty_ids(ids, lines, path)
    texts = rows[column].to_numpy(dtype=object)

    def where(row: int) -> str:
        return f"{path}, line {lines[row]}, column {column}: {quoted(texts[row])}"

    refuse_decimal_commas(list(texts), where)
    parsed = {text: _parse(text, layout.separator, vocabulary) for text in set(texts)}  # few differ
    labels = [parsed[text][0] for text in texts]
    wrong = {text: error for text, (_, error) in parsed.items() if error is not None}
    for row in np.flatnonzero(rows[column].isin(list(wrong))).tolist():
        error = wrong[texts[row]].at(where(row))
        problems.append(Problem(ids.iloc[row], "labels", error, "fault" if labels[row] is None else "warning"))
    table = rows.drop(columns=[layout.id, column])
    table.insert(0, "labels", pd.Series(labels, index=table.index, dtype=object))
    table.index = pd.Index(ids, name="id")
    bad = {problem.id for problem in problems if problem.severity == "fault"}
    return Labels(layout, table.loc[~ids.isin(bad).to_numpy(dtype=bool)], vocabulary, tuple(problems))


def _parse(
    text: str, separator: str | None, vocabulary: Vocabulary
) -> tuple[tuple[int, ...] | None, CellocateError | None]:
    """The labels in a table cell (None if one is unknown), and what is wrong with them."""
    try:
        written = vocabulary.labels_in(text, separator)
    except CellocateError as error:
        return None, error
    labels = tuple(sorted(set(written)))
    if len(labels) < len(written):
        return labels, CellocateError("a row has a label twice", mend="It counts once; you need not do anything.")
    return labels, None


def faulty_ids(ids: pd.Series[str], lines: list[int], path: Path) -> list[Problem]:
    """The problems of repeated ids and of rows without an id."""
    problems = []
    for field, group in ids[ids.duplicated(keep=False)].groupby(ids):
        where = ", ".join(str(lines[int(row)]) for row in group.index)
        error = CellocateError("an id is in several rows", where=f"{path}, lines {where}", mend="Keep one row.")
        problems.append(Problem(str(field), "labels", error))
    if (nameless := ids == "").any():
        where = f"{path}, line {lines[int(nameless.to_numpy().argmax())]}"
        problems.append(Problem("", "labels", CellocateError("a row without an id", where=where)))
    return problems
