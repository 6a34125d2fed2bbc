"""Find the fields of one part of a model's split in a collection."""

from __future__ import annotations

from collections.abc import Collection as Ids
from collections.abc import Mapping

from cellocate.collection.collection import FIELD, Collection
from cellocate.counted import counted
from cellocate.errors import CellocateError


def part_of(
    collection: Collection, split: Mapping[str, Ids[str]], part: str, *, skip_missing: bool = False
) -> tuple[Collection, list[str]]:
    """The fields of one part of a split, in the collection's order; or the cells of these fields.

    Args:
        collection: fields or cells.
        split: the ids of each part, of fields or of cells, such as `model.card.fields`.
        part: train, validation or test.
        skip_missing: ignore ids of the part that the collection lacks.

    Returns:
        The part, and a note if some of it is missing.

    Raises:
        CellocateError: the collection has nothing of the part, or lacks some and `skip_missing` is not set.

    Example:
        >>> from pathlib import Path
        >>> import pandas as pd
        >>> fields = Collection(Path(), "folder", pd.DataFrame({"labels": [None] * 3}, index=["a", "b", "c"]))
        >>> some, notes = part_of(fields, {"test": ["c", "a", "d"]}, "test", skip_missing=True)
        >>> some.ids, notes
        (['a', 'c'], ["1 of 3 fields of the model's test part is not in this collection: d"])
    """
    mend = "Give the collection that the model was trained on"
    wanted = set(split.get(part, ()))
    if not wanted:
        raise CellocateError(f"the model has no {part} part", mend="Choose another --part, or leave it out.")
    cells = collection.unit == "cell"
    own = [str(field) for field in collection.fields[FIELD]] if cells else collection.ids
    found = [i for i, field in zip(collection.ids, own, strict=True) if wanted & {i, field}]
    missing = sorted(wanted - set(collection.ids) - set(own))
    if not found:
        what = f"no {collection.unit} of the model's {part} part"
        raise CellocateError(what, where=collection.folder, mend=f"{mend}.")
    if not missing:
        return collection.subset(found), []
    verb, such = ("is", ":") if len(missing) == 1 else ("are", ", such as")
    unit = collection.unit if wanted & set(collection.ids) else "field"
    what = f"{len(missing)} of {counted(len(wanted), unit)} of the model's {part} part {verb} not in this collection"
    if not skip_missing:
        mend = f"{mend}, or add --skip-bad to continue without them."
        raise CellocateError(f"{what}{such} {missing[0]}", where=collection.folder, mend=mend)
    return collection.subset(found), [f"{what}{such} {missing[0]}"]
