"""Read and save splits: a table `id`, `part` and, next to it, a JSON file of how it was made."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

import cellocate
from cellocate.collection.atlas_names import without_decimals
from cellocate.collection.cell_bags import are_cells
from cellocate.collection.collection import FIELD, Collection
from cellocate.collection.identity import ORIGINAL, match_ids
from cellocate.collection.splits.split import FOLDS, PARTS, Split
from cellocate.errors import CellocateError
from cellocate.files import new_file, write_text
from cellocate.tables import missing_column_error, quoted, read_table

_ALSO = {"val": "validation", "valid": "validation", "training": "train", "testing": "test"}
SPLIT_COLUMNS = ("id", "part", "group", *FOLDS, ORIGINAL, "fingerprint")


def save_split(path: str | Path, split: Split) -> None:
    """Write a split to `path`, and how it was made to a JSON file of the same name."""
    path = Path(path)
    with new_file(path) as aside:
        split.fields[[c for c in SPLIT_COLUMNS if c in split.fields]].to_csv(aside, index_label="id")
    made = {**split.made, "fields": len(split.fields), "cellocate": cellocate.__version__}
    write_text(path.with_suffix(".json"), json.dumps(made, indent=2) + "\n")


def read_split(
    path: str | Path, collection: Collection, fold: str | None = None, *, skip_missing: bool = False
) -> Split:
    """Read a split that `cellocate split` or `train` saved, or any table with the columns `id` and `part`.

    Args:
        path: the file; the columns `group`, `fold`, `left_out` and `fingerprint` are optional.
        collection: the collection that was split.
        fold: the fold to choose, if there are several.
        skip_missing: leave out fields that the collection lacks, such as those without cells.

    Returns:
        The fields in the file, in its order; if the file has the fields of single cells, all these cells.

    Raises:
        CellocateError: it is not a split, names a field that the collection lacks or one field twice, has no such fold,
            or has folds and none is chosen.
    """
    path = Path(path)
    split = _read(path, collection, skip_missing=skip_missing)
    try:
        chosen = split.choose(fold)
        trained = (chosen.parts == "train").any()
    except CellocateError as error:
        raise error.at(path) from None
    if not trained:
        raise CellocateError("the split has no train part", where=path, mend="Some fields must have the part train.")
    return chosen


def read_folds(path: str | Path, collection: Collection) -> list[str]:
    """The names of a split's folds, each of which is the validation part once.

    Raises:
        CellocateError: it is not a split of the collection, or has no such folds.
    """
    split = _read(Path(path), collection)
    if "left_out" in split.fields:
        mend = "Train with one of them, with --fold; 'cellocate split --folds 5' makes folds for validation."
        raise CellocateError("each fold of this split leaves out a test part", where=path, mend=mend)
    if not split.folds:
        raise CellocateError("the split has no folds", where=path, mend="'cellocate split --folds 5' makes one.")
    return split.folds


def _read(path: Path, collection: Collection, *, skip_missing: bool = False) -> Split:
    table, lines = read_table(path, "split", SPLIT_COLUMNS)
    if not {"id", "part"} <= set(table.columns):
        raise missing_column_error(path, "not a split", "It needs the columns id and part.")
    table["part"] = table["part"].map({part: _ALSO.get(part.lower(), part.lower()) for part in table["part"].unique()})
    for column in {"group", *FOLDS}.intersection(table):
        table[column] = without_decimals(table[column])
    _check_parts(table, lines, path)
    table["id"] = match_ids(list(table["id"]), collection.fields[FIELD] if are_cells(collection) else collection.ids)
    if are_cells(collection) and table["id"].isin(collection.fields[FIELD]).any():
        table = _of_cells(table, collection)
    if skip_missing and table["id"].isin(collection.ids).any():
        table = table[table["id"].isin(collection.ids)]
    known = set(collection.ids)
    unknown = sorted(i for i in table["id"] if i not in known)
    if unknown:
        what = f"the split names {len(unknown)} {collection.unit}s that the collection lacks, such as {unknown[0]}"
        raise CellocateError(what, where=path, mend="Use the split that was made for this collection.")
    fields = table.set_index("id")[[c for c in SPLIT_COLUMNS[1:] if c in table]]
    if ORIGINAL in collection.fields and ORIGINAL not in fields:  # a split made elsewhere
        fields[ORIGINAL] = collection.fields[ORIGINAL].fillna("").loc[fields.index].to_numpy(dtype=object)
    made = path.with_suffix(".json")
    return Split(fields, json.loads(made.read_text(encoding="utf-8")) if _is_record(made) else {})


def _of_cells(fields: pd.DataFrame, cells: Collection) -> pd.DataFrame:
    """Turn a split of fields into one of their cells."""
    own = cells.fields[FIELD].astype(str)
    own = own[own.isin(fields["id"]).to_numpy()]
    rows = fields.set_index("id").loc[own.to_numpy(dtype=object)]
    return rows.reset_index(drop=True).assign(id=[str(i) for i in own.index])


def _check_parts(table: pd.DataFrame, lines: list[int], path: Path) -> None:
    faults = {"part": ~table["part"].isin(PARTS), "id": table["id"].duplicated()}
    for column, wrong in faults.items():
        if wrong.any():
            row = int(wrong.to_numpy().argmax())
            text = quoted(table[column].iloc[row])
            what = f"unknown part {text}" if column == "part" else f"an id is in several rows: {text}"
            mend = f"Parts are {', '.join(PARTS)}; every id must occur once."
            raise CellocateError(what, where=f"{path}, line {lines[row]}, column {column}", mend=mend)


def _is_record(path: Path) -> bool:
    try:
        return isinstance(json.loads(path.read_text(encoding="utf-8")).get("method"), str)
    except (OSError, ValueError, AttributeError):  # missing, or another kind of file
        return False
