"""`Split`: the part or fold of each field, and the groups that stay together."""

from __future__ import annotations

from collections.abc import Collection as Ids
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from cellocate.collection.collection import FIELD, Collection
from cellocate.counted import counted
from cellocate.errors import CellocateError

PARTS = ("train", "validation", "test")
FOLDS = {"fold": "validation", "left_out": "test"}
"""Columns of folds, and the part that a chosen fold becomes."""


@dataclass(frozen=True)
class Split:
    """Which fields are for training, validation and test.

    Args:
        fields: by id: `part`; if known, `group` and `fingerprint`; if there are folds, `fold` (the chosen one becomes
            the validation part) or `left_out` (the chosen one becomes the test part), "" for fields whose part never
            changes.
        made: how it was made.
    """

    fields: pd.DataFrame
    made: dict[str, Any] = field(default_factory=dict)

    @property
    def parts(self) -> pd.Series[str]:
        """The part of each field, by id.

        Raises:
            CellocateError: the split has folds, and none was chosen.
        """
        if self._column is not None:
            what = f"the split has {len(self.folds)} folds, and none was chosen"
            raise CellocateError(what, mend=f"Choose one with --fold: {_few(self.folds)}.")
        return self.fields["part"]

    @property
    def folds(self) -> list[str]:
        """The names of the folds."""
        return [] if self._column is None else sorted(set(self.fields[self._column]) - {""}, key=_in_order)

    def choose(self, fold: str | None) -> Split:
        """The split with one fold as the validation part (of k folds) or the test part (leave-one-out).

        Raises:
            CellocateError: there is no such fold.
        """
        if fold is None:
            return self
        if self._column is None:
            raise CellocateError("the split has no folds", mend="Leave --fold out.")
        if fold not in self.folds:
            raise CellocateError(f"the split has no fold {fold!r}", mend=f"Choose one of {_few(self.folds)}.")
        chosen = self.fields[self._column] == fold
        part = self.fields["part"].mask(chosen, FOLDS[self._column])
        made = {**self.made, "chosen": fold, "left_out": self._column == "left_out"}
        return replace(self, fields=self.fields.drop(columns=self._column).assign(part=part), made=made)

    def among(self, ids: Sequence[str]) -> Split:
        """The split of only those fields that are in `ids`."""
        return replace(self, fields=self.fields[self.fields.index.isin(ids)])

    @property
    def _column(self) -> str | None:
        return next((column for column in FOLDS if column in self.fields), None)


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


def _in_order(name: str) -> tuple[int, str]:
    return (int(name) if name.isdecimal() else 0, name)


def _few(names: list[str]) -> str:
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
