"""Several collections as one."""

from __future__ import annotations

import filecmp
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from cellocate.collection.collection import GROUP_COLUMNS, Collection
from cellocate.errors import CellocateError
from cellocate.images.address import Address

SOURCE = "source"
_TABLE = re.compile(r"\.[ct]sv(\.gz)?$", re.IGNORECASE)


@dataclass(frozen=True)
class Shared:
    """Ids that two of the merged collections have in common.

    Args:
        first: name of one source, as in the column `source`.
        second: name of the other.
        ids: that occur in both.
        identical: those of them whose files are the same, byte for byte.
        sizes: number of fields of both.
    """

    first: str
    second: str
    ids: tuple[str, ...]
    identical: tuple[str, ...]
    sizes: tuple[int, int]


def merge(collections: Sequence[Collection]) -> tuple[Collection, tuple[Shared, ...]]:
    """Put the fields of several collections into one, in the order given.

    The column `source` says where a field came from. Ids that occur in several get it as a prefix (`source-id`), and
    a column `group` then keeps such fields, and all that shares a group with either, in one part of a split.

    Args:
        collections: all labelled in one vocabulary, or all without labels; their folders' names should differ.

    Returns:
        The collection, and which ids its sources share.

    Raises:
        CellocateError: the vocabularies differ, or ids coincide even with the prefix.

    Example:
        >>> one, other = (pd.DataFrame({"labels": None}, index=list(ids)) for ids in ("ab", "bc"))
        >>> merged, shared = merge([Collection(Path("p"), "folder", one), Collection(Path("q"), "folder", other)])
        >>> merged.ids, shared[0].ids
        (['a', 'p-b', 'q-b', 'c'], ('b',))
    """
    _see_vocabularies(collections)
    names = _names(collections)
    shared = tuple(
        found
        for i, first in enumerate(names)
        for j, second in enumerate(names[i + 1 :], start=i + 1)
        if (found := _shared(first, collections[i], second, collections[j])) is not None
    )
    often = Counter(field for collection in collections for field in collection.ids)
    parts = []
    for name, collection in zip(names, collections, strict=True):
        fields = collection.fields
        within = fields[SOURCE].map(lambda old, name=name: f"{name}/{old}") if SOURCE in fields else name
        ids = [f"{name}-{field}" if often[field] > 1 else field for field in collection.ids]
        parts.append(fields.assign(**{SOURCE: within}).set_axis(pd.Index(ids, name="id", dtype=object)))
    together = pd.concat(parts)
    if not together.index.is_unique:
        again = together.index[together.index.duplicated()][0]
        raise CellocateError(f"two fields become {again}", mend="Rename a folder, of which that is the prefix.")
    together = together.astype(object).where(together.notna(), None)
    if "pixel_size" in together:
        together["pixel_size"] = together["pixel_size"].astype(float)
    if shared or len({column for c in collections if (column := _grouped_by(c))}) > 1:
        together["group"] = _groups(collections)
    simulated = any(collection.simulated for collection in collections)
    folder = Path(" + ".join(names))
    return Collection(folder, "merged", together, collections[0].vocabulary, simulated=simulated), shared


def _see_vocabularies(collections: Sequence[Collection]) -> None:
    first = collections[0]
    for other in collections[1:]:
        if other.vocabulary != first.vocabulary:
            words = [c.vocabulary.name if c.vocabulary else "no labels" for c in (first, other)]
            raise CellocateError(
                f"collections of different labels ({words[0]} and {words[1]})",
                where=f"{first.folder} and {other.folder}",
                mend="Bring them into one vocabulary first: --to hpa19 maps all of them.",
            )


def _names(collections: Sequence[Collection]) -> list[str]:
    """A name for each source: that of its folder or label table, numbered where several have the same."""
    names = [_TABLE.sub("", collection.folder.resolve().name) for collection in collections]
    often = Counter(names)
    return [f"{name}{names[: i + 1].count(name)}" if often[name] > 1 else name for i, name in enumerate(names)]


def _shared(name: str, one: Collection, other_name: str, other: Collection) -> Shared | None:
    theirs = set(other.ids)
    ids = tuple(field for field in one.ids if field in theirs)
    if not ids:
        return None
    identical = tuple(field for field in ids if _same_files(one.files(field), other.files(field)))
    return Shared(name, other_name, ids, identical, (len(one), len(other)))


def _same_files(one: dict[str, Path], other: dict[str, Path]) -> bool:
    try:
        return bool(one) and one.keys() == other.keys() and all(_same(one[c], other[c]) for c in one)
    except OSError:  # a file is missing, which the check of a collection tells
        return False


def _same(one: Path, other: Path) -> bool:
    first, second = Address.parse(one), Address.parse(other)
    planes_alike = replace(first, file=second.file) == second
    return planes_alike and filecmp.cmp(first.file, second.file, shallow=False)


def _grouped_by(collection: Collection) -> str | None:
    has = (c for c in GROUP_COLUMNS if c in collection.fields)
    return next((c for c in has if collection.fields[c].replace("", None).notna().any()), None)


def _groups(collections: Sequence[Collection]) -> list[str]:
    """A group for each field, such that fields of one id, or of one group in their own collection, share it."""
    groups = [f"{_grouped_by(c)} {group}" for c in collections for group in c.group()]
    codes, names = pd.factorize(np.array(groups, dtype=object))
    ids = pd.factorize(np.array([field for c in collections for field in c.ids], dtype=object))[0] + len(names)
    links = coo_array((np.ones(len(codes), dtype=np.int8), (codes, ids)), shape=(ids.max() + 1,) * 2)
    _, cluster = connected_components(links, directed=False)
    first = pd.Series(names).groupby(cluster[: len(names)]).first()
    return [str(first[c]) for c in cluster[codes]]
