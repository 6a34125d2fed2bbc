"""Merge several collections into one."""

from __future__ import annotations

import filecmp
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from cellocate.collection.collection import TIME_SERIES, Collection, group_column
from cellocate.collection.connected_groups import connected_groups
from cellocate.collection.identity import ORIGINAL, identities, original_ids, uuid
from cellocate.collection.metadata_tables import NUMBERS
from cellocate.errors import CellocateError
from cellocate.images.address import Address
from cellocate.tables import table_name
from cellocate.tables.text import normalised

SOURCE = "source"


@dataclass(frozen=True)
class SharedIds:
    """The ids that two merged collections share.

    Args:
        first: name of one source, as in the column `source`.
        second: name of the other.
        ids: ids in the first of fields whose id, or the UUID in it, is also in the other.
        identical: those whose files are identical, byte for byte.
        same: those that are certainly the same field, by UUID or by identical files.
        sizes: number of fields of both sources.
    """

    first: str
    second: str
    ids: tuple[str, ...]
    identical: tuple[str, ...]
    same: tuple[str, ...]
    sizes: tuple[int, int]


def merge(collections: Sequence[Collection]) -> tuple[Collection, tuple[SharedIds, ...]]:
    """Merge the fields of several collections, in the order given.

    The column `source` names the collection of each field. Ids that occur in several collections get it as a prefix
    (`source-id`), and `original_id` keeps the old id. A column `group` then keeps such fields, and everything that
    shares a group with them, in one part of a split.

    Args:
        collections: all labelled in one vocabulary, or all without labels; their folders should have different names.

    Returns:
        The collection, and the ids that its sources share.

    Raises:
        CellocateError: the vocabularies differ, or ids are the same even with the prefix.

    Example:
        >>> one, other = (pd.DataFrame({"labels": None}, index=list(ids)) for ids in ("ab", "bc"))
        >>> merged, shared = merge([Collection(Path("p"), "folder", one), Collection(Path("q"), "folder", other)])
        >>> merged.ids, shared[0].ids
        (['a', 'p-b', 'q-b', 'c'], ('b',))
    """
    _check_vocabularies(collections)
    names = _names(collections)
    shared = tuple(
        found
        for i, first in enumerate(names)
        for j, second in enumerate(names[i + 1 :], start=i + 1)
        if (found := _shared(first, collections[i], second, collections[j])) is not None
    )
    often = Counter(field for collection in collections for field in collection.ids)
    often_series = Counter(series for collection in collections for series in _series(collection))
    parts = []
    for name, collection in zip(names, collections, strict=True):
        fields = collection.fields.copy()
        within = fields[SOURCE].replace("", None) if SOURCE in fields else [None] * len(fields)
        ids = [f"{name}-{field}" if often[field] > 1 else field for field in collection.ids]
        before = [old if old != new else None for old, new in zip(original_ids(fields), ids, strict=True)]
        fields[SOURCE] = [name if pd.isna(old) else f"{name}/{old}" for old in within]
        fields[ORIGINAL] = pd.Series(before, index=fields.index, dtype=object)
        if TIME_SERIES in fields:
            renamed = {series: f"{name}-{series}" for series in _series(collection) if often_series[series] > 1}
            fields[TIME_SERIES] = fields[TIME_SERIES].replace(renamed)
        parts.append(fields.set_axis(pd.Index(ids, name="id", dtype=object)))
    together = pd.concat(parts)
    if not together.index.is_unique:
        again = together.index[together.index.duplicated()][0]
        raise CellocateError(f"two fields get the id {again}", mend="Rename the folder that is its prefix.")
    together = together.astype(object).where(together.notna(), None)
    if together[ORIGINAL].isna().all():
        together = together.drop(columns=ORIGINAL)
    together = together.astype({name: float for name in NUMBERS if name in together})
    if shared or len({column for c in collections if (column := group_column(c.fields))}) > 1:
        together["group"] = pd.Series(_groups(collections, names), index=together.index, dtype=object)
    merged = Collection(
        Path(" + ".join(names)),
        "merged",
        together,
        collections[0].vocabulary,
        simulated=any(collection.simulated for collection in collections),
        pixel_size_assumed=any(collection.pixel_size_assumed for collection in collections),
    )
    return merged, shared


def _check_vocabularies(collections: Sequence[Collection]) -> None:
    first = collections[0]
    for other in collections[1:]:
        if other.vocabulary != first.vocabulary:
            words = [c.vocabulary.name if c.vocabulary else "no labels" for c in (first, other)]
            raise CellocateError(
                f"collections with different vocabularies ({words[0]} and {words[1]})",
                where=f"{first.folder} and {other.folder}",
                mend="Map them to one vocabulary first, with --to hpa19.",
            )


def _names(collections: Sequence[Collection]) -> list[str]:
    """The name of each source: its folder or label table, numbered if several have the same name."""
    names = [normalised(table_name(collection.folder.resolve())) for collection in collections]
    often = Counter(names)
    return [f"{name}{names[: i + 1].count(name)}" if often[name] > 1 else name for i, name in enumerate(names)]


def _shared(name: str, one: Collection, other_name: str, other: Collection) -> SharedIds | None:
    theirs = dict(zip(identities(other.fields), other.ids, strict=True))
    pairs = {i: theirs[known] for i, known in zip(one.ids, identities(one.fields), strict=True) if known in theirs}
    if not pairs:
        return None
    identical = tuple(i for i, there in pairs.items() if _same_files(one.files(i), other.files(there)))
    certain = set(identical)
    same = tuple(i for i in pairs if i in certain or uuid(i))
    return SharedIds(name, other_name, tuple(pairs), identical, same, (len(one), len(other)))


def _same_files(one: dict[str, Path], other: dict[str, Path]) -> bool:
    if not one or one.keys() != other.keys():
        return False
    pairs = [(Address.parse(one[channel]), Address.parse(other[channel])) for channel in one]
    try:
        return all(replace(a, file=b.file) == b and filecmp.cmp(a.file, b.file, shallow=False) for a, b in pairs)
    except OSError:  # the inspection of a collection reports missing files
        return False


def _series(collection: Collection) -> set[str]:
    return set(collection.fields[TIME_SERIES].dropna()) - {""} if TIME_SERIES in collection.fields else set()


def _named_groups(collection: Collection, source: str) -> list[str | None]:
    """The name of each field's group, with its kind, or None.

    Antibodies and plates are the same in all sources; wells and time series belong to their source.
    """
    fields = collection.fields
    groups: list[str | None] = [None] * len(collection)
    of_source = {"group": "", "well": f"{source} well ", TIME_SERIES: f"{source} "}
    for column in (group_column(fields), TIME_SERIES):
        if column is not None and column in fields:
            prefix, values = of_source.get(column, f"{column} "), fields[column].replace("", None)
            known = [None if pd.isna(value) else f"{prefix}{value}" for value in values]
            groups = [group or name for group, name in zip(groups, known, strict=True)]
    return groups


def _groups(collections: Sequence[Collection], sources: Sequence[str]) -> list[str | None]:
    """Group fields that are known to be the same or are in one group; None for a field by itself."""
    groups = pd.Series(
        [g for c, s in zip(collections, sources, strict=True) for g in _named_groups(c, s)], dtype=object
    )
    known = pd.Series([name for c in collections for name in identities(c.fields)], dtype=object)
    codes, names = pd.factorize(groups)
    rows, distinct = pd.factorize(known)
    grouped = codes >= 0
    cluster = connected_groups(codes[grouped], len(names) + rows[grouped], len(names) + len(distinct))[
        len(names) + rows
    ]
    first = groups.groupby(cluster).first()  # of those that are not missing
    name = known.groupby(cluster).first().where(known.groupby(cluster).size() > 1, None)
    called = first.where(first.notna(), name)
    return [None if pd.isna(called[c]) else str(called[c]) for c in cluster]
