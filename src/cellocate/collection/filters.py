"""Select fields of a collection, by labels, metadata or a table of ids, and map labels to another vocabulary."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import pandas as pd

from cellocate.collection.atlas_names import antibody_number
from cellocate.collection.collection import Collection, LabelledCollection
from cellocate.collection.identity import match_ids
from cellocate.errors import CellocateError
from cellocate.tables import find_column, numbers, read_table, suggest_columns
from cellocate.tables.rows import missing_column_error
from cellocate.vocabulary import Vocabulary, get_vocabulary, map_between, read_map

_NEGATIVE = "Negative"
_ID_COLUMNS = ("Id", "field", "image", "image_id", "filename")


def with_locations(
    collection: Collection, *, any_of: Sequence[str] = (), all_of: Sequence[str] = (), without: Sequence[str] = ()
) -> Collection:
    """The fields with any of some locations, all of some, and none of some. Empty lists select all fields.

    Args:
        collection: with labels.
        any_of: names or indices of locations; a field must have at least one.
        all_of: locations that a field must all have.
        without: locations that a field must not have.

    Raises:
        CellocateError: there are no labels, a location is unknown, or no field is left.

    Example:
        >>> fields = pd.DataFrame({"labels": [(0,), (0, 25), (27,)], "plate": ["1", "1", "2"]}, index=list("abc"))
        >>> collection = Collection(Path("plates"), "labels", fields, get_vocabulary("hpa28"))
        >>> with_locations(collection, any_of=["Nucleoplasm"], without=["Cytosol"]).ids
        ['a']
        >>> with_metadata(with_single_location(collection), {"plate": ["2"]}).ids
        ['c']
    """
    vocabulary = collection.require_vocabulary()
    some, every, none = ({_index(vocabulary, name) for name in names} for names in (any_of, all_of, without))

    def wanted(labels: tuple[int, ...]) -> bool:
        shown = set(labels)
        return (not some or bool(some & shown)) and every <= shown and not none & shown

    return _where_labels(collection, wanted, "has these locations")


def with_single_location(collection: Collection) -> Collection:
    """The fields with exactly one location.

    Raises:
        CellocateError: there are no labels, or no field is left.
    """
    return _where_labels(collection, lambda labels: len(labels) == 1, "has exactly one location")


def with_metadata(collection: Collection, values: Mapping[str, Sequence[str]]) -> Collection:
    """The fields with one of these values in each of these columns; "" stands for missing values.

    A value that no field has literally is compared as a number: 26 equals 26.0, and 1,5 equals 1.5.

    Raises:
        CellocateError: a column does not exist, or no field is left.
    """
    kept = np.ones(len(collection), dtype=bool)
    columns = collection.metadata_columns
    for column, wanted in values.items():
        if column not in columns:
            mend = suggest_columns(column, columns)
            raise CellocateError(f"no column {column!r}", where=collection.folder, mend=mend)
        there = collection.fields[column].astype(object)
        asked = [antibody_number(value) for value in wanted] if column == "antibody" else wanted
        texts = there.where(there.notna(), "").astype(str)
        as_numbers = numbers(pd.Series([value for value in asked if not texts.eq(value).any()], dtype=str)).dropna()
        kept &= (texts.isin(asked) | numbers(texts).isin(as_numbers)).to_numpy()
    asked_for = " and ".join(f"{column} {' or '.join(v or '(none)' for v in some)}" for column, some in values.items())
    return _kept(collection, kept, f"has {asked_for}")


def with_listed_ids(collection: Collection, table: str | Path, *, keep: bool = True) -> Collection:
    r"""The fields that a table lists in its column `Id`, or all others.

    The column may also be called `field`, `image`, `image_id` or `filename`.

    Args:
        collection: the table may list some of its fields, and others.
        table: any table, such as `split.csv` of a run or the problems that `check` found; ids may repeat.
        keep: keep the listed fields; otherwise leave them out.

    Raises:
        CellocateError: the table has no id column, lists no field of the collection, or no field is left.

    Example:
        >>> import tempfile
        >>> import pandas as pd
        >>> table = Path(tempfile.mkdtemp()) / "suspects.csv"
        >>> _ = table.write_text("id,why\nb,blurred\\n")
        >>> collection = Collection(Path("plates"), "labels", pd.DataFrame(index=list("abc")))
        >>> with_listed_ids(collection, table).ids, with_listed_ids(collection, table, keep=False).ids
        (['b'], ['a', 'c'])
    """
    rows, _ = read_table(table, "table of ids")
    columns = list(map(str, rows))
    column = next((found for name in _ID_COLUMNS if (found := find_column(columns, name))), None)
    if column is None:
        raise missing_column_error(table, "no column of ids", f"Name it {' or '.join(_ID_COLUMNS)}.")
    wanted = set(match_ids(list(rows[column]), collection.ids))
    named = np.array([field in wanted for field in collection.ids], dtype=bool)
    if not named.any():
        raise CellocateError(f"no id of {collection.folder} in it", where=table, mend="Are they ids of other fields?")
    return _kept(collection, named == keep, f"is {'in' if keep else 'not in'} {table}")


def sample_fields(collection: Collection, count: int, seed: int = 0) -> Collection:
    """Draw fields at random, in the order of the collection; the same seed draws the same fields.

    Raises:
        CellocateError: there are too few fields.
    """
    if not 0 < count <= len(collection):
        mend = f"Ask for 1 to {len(collection)}."
        raise CellocateError(f"no sample of {count} of {len(collection)} fields", where=collection.folder, mend=mend)
    chosen = np.random.default_rng(seed).choice(len(collection), count, replace=False)
    ids = collection.ids
    return collection.subset([ids[i] for i in sorted(chosen)])


def map_labels(
    collection: Collection, target: Vocabulary | str | Path, *, by: Path | None = None, keep_lost: bool = False
) -> tuple[Collection, dict[str, int]]:
    """Map the labels to another vocabulary.

    Locations that it lacks are dropped. A field that loses all its locations is left out, since an empty label set
    would be false. `Negative` (nothing is seen) and the empty set replace each other, depending on whether the
    vocabulary has `Negative`.

    Args:
        collection: with labels.
        target: the other vocabulary.
        by: your own map (see `read_map`) instead of the built-in one.
        keep_lost: keep fields that lose all labels, as `Negative`.

    Returns:
        The collection, and the number of fields that lost all labels, by label set, such as `{"Rods & rings": 11}`.

    Raises:
        CellocateError: there are no labels, no map, no `Negative` for fields to keep, or no field is left.

    Example:
        >>> fields = pd.DataFrame({"labels": [(0,), (0, 25), (27,)], "plate": ["1", "1", "2"]}, index=list("abc"))
        >>> collection = Collection(Path("plates"), "labels", fields, get_vocabulary("hpa28"))
        >>> after, lost = map_labels(collection, "hpa19")
        >>> list(after.fields["labels"]), lost
        ([(0,), (0, 16)], {'Rods & rings': 1})
    """
    own, target = collection.require_vocabulary(), target if isinstance(target, Vocabulary) else get_vocabulary(target)
    between = map_between(own, target) if by is None else read_map(by, own, target)
    places = {name: i for i, name in enumerate(between.target.names)}
    if keep_lost and _NEGATIVE not in places:
        what = f"{between.target.name} has no {_NEGATIVE}"
        raise CellocateError(what, mend="Leave out --negative; fields that lose all labels are then left out.")
    nothing = (places[_NEGATIVE],) if _NEGATIVE in places else ()
    labels: list[tuple[int, ...] | None] = []
    kept = np.ones(len(collection), dtype=bool)
    lost: dict[str, int] = {}
    for row, before in enumerate(collection.fields["labels"]):
        names = [] if before is None else [between.source.names[i] for i in before]
        after = () if before is None else between.apply(before)
        shows = [name for name in names if name != _NEGATIVE]
        if shows and not after:
            lost["; ".join(shows)] = lost.get("; ".join(shows), 0) + 1
            kept[row] = keep_lost
        labels.append(None if before is None else after or nothing)
    fields = collection.fields.assign(labels=np.array([*labels, None], dtype=object)[:-1])
    has = f"has a location of {between.target.name}"
    return _kept(replace(collection, fields=fields, vocabulary=between.target), kept, has), lost


def restrict_labels(collection: LabelledCollection, vocabulary: Vocabulary) -> LabelledCollection:
    """Keep only the labels of some locations, for a specialist model.

    Args:
        collection: the fields.
        vocabulary: the locations to keep.

    Example:
        >>> fields = pd.DataFrame({"labels": [(0,), (0, 25), (27,)]}, index=list("abc"))
        >>> collection = Collection(Path("plates"), "labels", fields, get_vocabulary("hpa28"))
        >>> list(restrict_labels(collection.labelled(), get_vocabulary("hpa28").subset(["Cytosol"])).fields["labels"])
        [(), (0,), ()]
    """
    places = {name: i for i, name in enumerate(vocabulary.names)}
    new = [places.get(name) for name in collection.vocabulary.names]
    labels = [
        tuple(sorted(i for old in before if (i := new[old]) is not None)) for before in collection.fields["labels"]
    ]
    fields = collection.fields.assign(labels=np.array([*labels, None], dtype=object)[:-1])
    return replace(collection, fields=fields, vocabulary=vocabulary)


def _index(vocabulary: Vocabulary, name: str) -> int:
    """The index of a location; an error suggests similar names."""
    try:
        return vocabulary.index(name)
    except CellocateError as error:
        names = {known.casefold(): known for known in vocabulary.names}
        near = " or ".join(repr(names[n]) for n in get_close_matches(name.casefold().strip(), names))
        raise CellocateError(
            error.what, where=error.where, mend=f"Did you mean {near}?" if near else error.mend
        ) from None


def _where_labels(collection: Collection, wanted: Callable[[tuple[int, ...]], bool], has: str) -> Collection:
    collection.require_vocabulary()
    sets = collection.fields["labels"]
    return _kept(collection, np.array([labels is not None and wanted(labels) for labels in sets], dtype=bool), has)


def _kept(collection: Collection, kept: np.ndarray[tuple[int], np.dtype[np.bool_]], has: str) -> Collection:
    if not kept.any():
        what = f"none of {len(collection):,} fields {has}"
        raise CellocateError(what, where=collection.folder, mend="Ask for other fields.")
    return collection.subset([field for field, is_kept in zip(collection.ids, kept, strict=True) if is_kept])
