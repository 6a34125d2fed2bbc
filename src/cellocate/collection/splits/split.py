"""`Split`: the part or fold of each field, and the groups that stay together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

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
            raise CellocateError(
                f"the split has {len(self.folds)} folds, and none was chosen",
                mend=f"Choose one with --fold: {_few(self.folds)}.",
            )
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


def _in_order(name: str) -> tuple[int, str]:
    return (int(name) if name.isdecimal() else 0, name)


def _few(names: list[str]) -> str:
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
