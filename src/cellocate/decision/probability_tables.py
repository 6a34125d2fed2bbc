"""Read and write tables of probabilities and of predicted labels, one row per field."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from cellocate import write_tables
from cellocate.arrays import Bools, Doubles
from cellocate.collection.identity import match_ids
from cellocate.decision.rules.check_values import suggest_mend
from cellocate.errors import CellocateError
from cellocate.tables import missing_column_error, numbers, quoted, read_columns, read_table
from cellocate.vocabulary import Location, Vocabulary

LOCATIONS, NOTE, OOD_SCORE = "Locations", "Note", "ood_score"
FIELD, CELL = "field", "cell"  # of a table of cells
PREDICTED = "Predicted"
_OOD_SCORE_BEFORE = "Unlike"  # in tables of cellocate 0.1
_OTHERS = ("Id", LOCATIONS, OOD_SCORE, _OOD_SCORE_BEFORE, NOTE, FIELD, CELL)
_NAMES = (*_OTHERS, PREDICTED)


def read_probabilities(path: str | Path, vocabulary: Vocabulary) -> tuple[list[str], Doubles]:
    """Read `Id` and one column per location, headed by its name or index.

    `Locations`, `ood_score`, `Note`, `field` and `cell` are skipped. Decimal commas are accepted.

    Returns:
        The ids, and the probabilities in the vocabulary's order, shape (N, K).

    Raises:
        CellocateError: a column is missing or unknown, an id is repeated, or a value is no probability; the message
            gives its id and column.
    """
    table, lines = _read(path)
    columns = [c for c in table.columns if c not in _OTHERS]
    try:
        position = {vocabulary.index(column): column for column in columns}
    except CellocateError as error:
        raise CellocateError(f"a column that is not a location: {error.what}", where=path, mend=error.mend) from None
    lacking = [name for i, name in enumerate(vocabulary.names) if i not in position]
    if lacking or len(position) < len(columns):
        what = f"no column for {lacking[0]!r}" if lacking else "two columns for one location"
        raise CellocateError(what, where=path, mend=f"It needs one column per location of {vocabulary.name}.")
    texts = table[[position[i] for i in range(len(vocabulary))]]
    probabilities = texts.apply(numbers).to_numpy(dtype=np.float64)
    for wrong, what in (
        (np.isnan(probabilities), "not a number"),
        (~((probabilities >= 0) & (probabilities <= 1)), "probability outside 0 to 1"),
    ):
        if wrong.any():
            row, column = (int(i[0]) for i in np.nonzero(wrong))
            raise CellocateError(
                f"{what}: {quoted(str(texts.iloc[row, column]))}",
                where=f"{path}, line {lines[row]} (id {table['Id'].iloc[row]}), column {texts.columns[column]}",
                mend=suggest_mend(probabilities),
            )
    return list(table["Id"]), probabilities


def read_tables(paths: Sequence[str | Path], vocabulary: Vocabulary) -> tuple[list[str], Doubles]:
    """Read several tables of the same fields, in any order of rows.

    Returns:
        The ids in the first table's order, and the probabilities of the M tables, shape (M, N, K).

    Raises:
        CellocateError: a table cannot be read, or lacks or adds a field.
    """
    ids, first = read_probabilities(paths[0], vocabulary)
    tables = [first]
    for path in paths[1:]:
        others, table = read_probabilities(path, vocabulary)
        others = match_ids(others, ids)
        position = {field: row for row, field in enumerate(others)}
        if set(others) != set(ids):
            odd = min(set(others) ^ set(ids))
            what = f"fields differ from {paths[0]}, such as {odd}"
            raise CellocateError(what, where=path, mend="Give tables of the same fields.")
        tables.append(table[[position[field] for field in ids]])
    return ids, np.stack(tables)


def write_predicted_labels(path: str | Path, ids: Sequence[str], labels: Bools) -> None:
    """Write `Id,Predicted` (see `indices`)."""
    write_tables.write_table(path, pd.DataFrame({"Id": ids, PREDICTED: indices(labels)}), sheet="locations")


def indices(labels: Bools) -> list[str]:
    """The column `Predicted`: the indices of each row's locations, separated by spaces."""
    return [" ".join(str(i) for i in np.flatnonzero(row)) for row in labels]


def read_predicted_labels(path: str | Path, vocabulary: Vocabulary) -> tuple[list[str], Bools]:
    """Read `Id,Predicted`, with labels as in a label table, such as the indices of the 2018 challenge."""
    table, lines = _read(path)
    if PREDICTED not in table:
        raise missing_column_error(path, "no column Predicted", "It needs Id,Predicted.")
    return list(table["Id"]), _encoded(table[PREDICTED], vocabulary, lines, path)


def read_locations(path: str | Path, vocabulary: Vocabulary) -> Bools | None:
    """The column `Locations` of a table of predictions, shape (N, K), or None if there is none."""
    table, lines = _read(path)
    return None if LOCATIONS not in table else _encoded(table[LOCATIONS], vocabulary, lines, path, ";")


def read_fields(path: str | Path) -> list[str] | None:
    """The column `field` of a table of cells, or None if there is none."""
    table, lines = _read(path)
    if FIELD not in table or not (table[FIELD] != "").any():
        return None
    fields = list(table[FIELD])
    if "" in fields:
        where = f"{path}, line {lines[fields.index('')]}"
        raise CellocateError("a cell without its field", where=where, mend="Fill the column field.")
    return fields


def read_cell_numbers(path: str | Path) -> list[int] | None:
    """The column `cell` of a table of cells, or None if there is none or it has other than whole numbers."""
    table, _ = _read(path)
    found = numbers(table[CELL]) if CELL in table else pd.Series([np.nan])
    return [int(number) for number in found] if (found % 1 == 0).all() else None


def read_ood_score(path: str | Path) -> Doubles | None:
    """The column `ood_score` of a table, shape (N,), or None if there is none; nan where it has no number."""
    table, _ = _read(path)
    column = next((name for name in (OOD_SCORE, _OOD_SCORE_BEFORE) if name in table), None)
    return None if column is None else np.asarray(numbers(table[column]), np.float64)


def read_notes(path: str | Path, ids: Sequence[str]) -> list[str]:
    """The column `Note` of a table for these ids; "" where there is none."""
    table, _ = _read(path)
    if NOTE not in table:
        return [""] * len(ids)
    notes = dict(zip(match_ids(list(table["Id"]), ids), table[NOTE], strict=True))
    return [notes.get(i, "") for i in ids]


def vocabulary_from_columns(path: str | Path) -> Vocabulary:
    """The locations that the columns of a table of probabilities name (without GO ids and groups).

    Raises:
        CellocateError: the table cannot be read, or its columns are numbers.
    """
    names = [column for column in read_columns(path, names=_NAMES) if column not in _OTHERS]
    if any(name.removesuffix(".0").isdigit() for name in names):
        mend = "Give the vocabulary with --vocabulary, or a rule with --rule."
        raise CellocateError("columns are numbers, not names of locations", where=path, mend=mend)
    return Vocabulary("its columns", tuple(Location(name, None, "") for name in names))


def has_predicted_labels(path: str | Path) -> bool:
    """Whether the table at `path` holds predicted labels (`Id,Predicted`), not probabilities."""
    return PREDICTED in read_columns(path, names=_NAMES)


def _read(path: str | Path) -> tuple[pd.DataFrame, list[int]]:
    table, lines = read_table(path, names=_NAMES)
    if "Id" not in table:
        raise missing_column_error(path, "no column Id", "The ids of the fields are in a column Id.")
    if (empty := table["Id"] == "").any():
        where = f"{path}, line {lines[int(empty.argmax())]}"
        raise CellocateError("a row without an id", where=where, mend="Fill the column Id.")
    if table["Id"].duplicated().any():
        row = int(table["Id"].duplicated().to_numpy().argmax())
        what = f"id {table['Id'].iloc[row]} is in several rows"
        raise CellocateError(what, where=f"{path}, line {lines[row]}", mend="Keep one row for each.")
    return table, lines


def _encoded(
    texts: pd.Series[str], vocabulary: Vocabulary, lines: list[int], path: str | Path, separator: str | None = None
) -> Bools:
    def where(row: int) -> str:
        return f"{path}, line {lines[row]}, column {texts.name}: {quoted(texts.iloc[row])}"

    return vocabulary.encode(vocabulary.parse_all(texts, where, separator))
