"""Collections made of collections: some of the fields, or the same ones in the words of another vocabulary."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import pandas as pd

from cellocate.collection.atlas_names import number
from cellocate.collection.collection import Collection, LabelledCollection
from cellocate.collection.identity import as_known
from cellocate.errors import CellocateError
from cellocate.tables import find_column, missing_column_error, numbers, read_table, suggest_columns
from cellocate.vocabulary import Vocabulary, get_vocabulary, map_between, read_map

_NEGATIVE = "Negative"
_ID_COLUMNS = ("Id", "field", "image", "image_id", "filename")


def showing(
    collection: Collection, *, any_of: Sequence[str] = (), all_of: Sequence[str] = (), without: Sequence[str] = ()
) -> Collection:
    """The fields that show any of some locations, all of some, and none of some; nothing given asks for nothing.

    Args:
        collection: with labels.
        any_of: names or indices of locations, as are the others.
        all_of: of these a field must show each.
        without: of these it may show none.

    Raises:
        CellocateError: there are no labels, no such location, or no such field.

    Example:
        >>> from pathlib import Path
        >>> import pandas as pd
        >>> from cellocate.vocabulary import get_vocabulary
        >>> fields = pd.DataFrame({"labels": [(0,), (0, 25), (27,)], "plate": ["1", "1", "2"]}, index=list("abc"))
        >>> collection = Collection(Path("plates"), "labels", fields, get_vocabulary("hpa28"))
        >>> showing(collection, any_of=["Nucleoplasm"], without=["Cytosol"]).ids
        ['a']
        >>> where(single(collection), {"plate": ["2"]}).ids
        ['c']
    """
    vocabulary = collection.require_vocabulary()
    some, every, none = ({_index(vocabulary, name) for name in names} for names in (any_of, all_of, without))

    def wanted(labels: tuple[int, ...]) -> bool:
        shown = set(labels)
        return (not some or bool(some & shown)) and every <= shown and not none & shown

    return _where_labels(collection, wanted, "shows these locations")


def single(collection: Collection) -> Collection:
    """The fields that show exactly one location.

    Raises:
        CellocateError: there are no labels, or no such field.
    """
    return _where_labels(collection, lambda labels: len(labels) == 1, "shows exactly one location")


def where(collection: Collection, values: Mapping[str, Sequence[str]]) -> Collection:
    """The fields whose metadata have one of these values, in each of these columns; an empty one is no value.

    A value that no field has as it is written is compared as a number: 26 is 26.0, and 1,5 is 1.5.

    Raises:
        CellocateError: there is no such column, or no such field.
    """
    kept = np.ones(len(collection), dtype=bool)
    columns = collection.metadata_columns
    for column, wanted in values.items():
        if column not in columns:
            mend = suggest_columns(column, columns)
            raise CellocateError(f"no column {column!r}", where=collection.folder, mend=mend)
        there = collection.fields[column].astype(object)
        asked = [number(value) for value in wanted] if column == "antibody" else wanted
        texts = there.where(there.notna(), "").astype(str)
        as_numbers = numbers(pd.Series([value for value in asked if not texts.eq(value).any()], dtype=str)).dropna()
        kept &= (texts.isin(asked) | numbers(texts).isin(as_numbers)).to_numpy()
    said = " and ".join(f"{column} {' or '.join(v or '(none)' for v in wanted)}" for column, wanted in values.items())
    return _kept(collection, kept, f"has {said}")


def listed(collection: Collection, table: str | Path, *, keep: bool = True) -> Collection:
    r"""The fields that a table names in its column `Id`, or those that it does not name.

    The column may also be called `field`, `image`, `image_id` or `filename`.

    Args:
        collection: some fields of it may stand in the table, and any others.
        table: any, such as `split.csv` of a run or the problems that `check` found; a field may stand twice.
        keep: keep the fields that it names; else leave them out.

    Raises:
        CellocateError: the table has no such column, it names no field of the collection, or no field is left.

    Example:
        >>> import tempfile
        >>> import pandas as pd
        >>> table = Path(tempfile.mkdtemp()) / "suspects.csv"
        >>> _ = table.write_text("id,why\nb,blurred\\n")
        >>> collection = Collection(Path("plates"), "labels", pd.DataFrame(index=list("abc")))
        >>> listed(collection, table).ids, listed(collection, table, keep=False).ids
        (['b'], ['a', 'c'])
    """
    rows, _ = read_table(table, "table of ids")
    columns = list(map(str, rows))
    column = next((found for name in _ID_COLUMNS if (found := find_column(columns, name))), None)
    if column is None:
        raise missing_column_error(table, "no column of ids", f"Call it {' or '.join(_ID_COLUMNS)}.")
    wanted = set(as_known(list(rows[column]), collection.ids))
    named = np.array([field in wanted for field in collection.ids], dtype=bool)
    if not named.any():
        raise CellocateError(f"no id of {collection.folder} in it", where=table, mend="Are they ids of other fields?")
    return _kept(collection, named == keep, f"is {'in' if keep else 'not in'} {table}")


def sample(collection: Collection, count: int, seed: int = 0) -> Collection:
    """So many fields at random, in the order of the collection; the same seed draws the same ones.

    Raises:
        CellocateError: there are not so many.
    """
    if not 0 < count <= len(collection):
        mend = f"Ask for 1 to {len(collection)}."
        raise CellocateError(f"no sample of {count} of {len(collection)} fields", where=collection.folder, mend=mend)
    chosen = np.random.default_rng(seed).choice(len(collection), count, replace=False)
    ids = collection.ids
    return collection.subset([ids[i] for i in sorted(chosen)])


def mapped(
    collection: Collection, target: Vocabulary | str | Path, *, by: Path | None = None, keep_lost: bool = False
) -> tuple[Collection, dict[str, int]]:
    """The labels in another vocabulary's words.

    Locations that it lacks are dropped from label sets. A field that thereby loses its last one is left out, for to
    call it empty would be false. `Negative`, a field known to show nothing, becomes the empty set where the
    vocabulary lacks that word, and the empty set becomes `Negative` where it has it.

    Args:
        collection: with labels of a vocabulary from which there is a map.
        target: the other vocabulary.
        by: a map of one's own (see `read_map`) instead of the built-in one.
        keep_lost: keep fields that lose all labels, as `Negative`.

    Returns:
        The collection, and how many fields lost all labels through which label sets, such as `{"Rods & rings": 11}`.

    Raises:
        CellocateError: there are no labels, no such map, no `Negative` to keep fields as, or no field is left.

    Example:
        >>> from pathlib import Path
        >>> import pandas as pd
        >>> from cellocate.vocabulary import get_vocabulary
        >>> fields = pd.DataFrame({"labels": [(0,), (0, 25), (27,)], "plate": ["1", "1", "2"]}, index=list("abc"))
        >>> collection = Collection(Path("plates"), "labels", fields, get_vocabulary("hpa28"))
        >>> after, lost = mapped(collection, "hpa19")
        >>> list(after.fields["labels"]), lost
        ([(0,), (0, 16)], {'Rods & rings': 1})
    """
    own, target = collection.require_vocabulary(), target if isinstance(target, Vocabulary) else get_vocabulary(target)
    between = map_between(own, target) if by is None else read_map(by, own, target)
    places = {name: i for i, name in enumerate(between.target.names)}
    if keep_lost and _NEGATIVE not in places:
        what = f"{between.target.name} has no {_NEGATIVE}"
        raise CellocateError(what, mend="Let fields that lose all labels be left out.")
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
    said = f"shows a location of {between.target.name}"
    return _kept(replace(collection, fields=fields, vocabulary=between.target), kept, said), lost


def restricted(collection: LabelledCollection, vocabulary: Vocabulary) -> LabelledCollection:
    """The same fields with the labels of some locations alone, for a specialist; other locations are none of these.

    Args:
        collection: the fields.
        vocabulary: some of its locations.

    Example:
        >>> from pathlib import Path
        >>> import pandas as pd
        >>> from cellocate.vocabulary import get_vocabulary
        >>> fields = pd.DataFrame({"labels": [(0,), (0, 25), (27,)]}, index=list("abc"))
        >>> collection = Collection(Path("plates"), "labels", fields, get_vocabulary("hpa28"))
        >>> list(restricted(collection.labelled(), get_vocabulary("hpa28").subset(["Cytosol"])).fields["labels"])
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
    """The index of a location that a user has named, with the nearest names where there is none of that name."""
    try:
        return vocabulary.index(name)
    except CellocateError as error:
        names = {known.casefold(): known for known in vocabulary.names}
        near = " or ".join(repr(names[n]) for n in get_close_matches(name.casefold().strip(), names))
        raise CellocateError(
            error.what, where=error.where, mend=f"Did you mean {near}?" if near else error.mend
        ) from None


def _where_labels(collection: Collection, wanted: Callable[[tuple[int, ...]], bool], said: str) -> Collection:
    collection.require_vocabulary()
    sets = collection.fields["labels"]
    return _kept(collection, np.array([labels is not None and wanted(labels) for labels in sets], dtype=bool), said)


def _kept(collection: Collection, kept: np.ndarray[tuple[int], np.dtype[np.bool_]], said: str) -> Collection:
    if not kept.any():
        raise CellocateError(
            f"no field {said}, among {len(collection):,}", where=collection.folder, mend="Ask for other fields."
        )
    return collection.subset([field for field, is_kept in zip(collection.ids, kept, strict=True) if is_kept])
