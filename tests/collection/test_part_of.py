"""One part of a model's split, found again in a collection: never less than it without a word."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from cellocate.collection import Collection
from cellocate.collection.splits import part_of
from cellocate.errors import CellocateError

SPLIT = {"train": ("a",), "test": ("c", "b")}


def collection(ids: list[str], **columns: list[str]) -> Collection:
    return Collection(Path("images"), "folder", pd.DataFrame({"labels": [None] * len(ids), **columns}, index=ids))


def test_a_part_is_in_the_order_of_the_collection() -> None:
    some, notes = part_of(collection(["a", "b", "c", "d"]), SPLIT, "test")
    assert (some.ids, notes) == (["b", "c"], [])


def test_cells_are_those_of_the_fields_of_the_part() -> None:
    cells = collection(["b_1", "a_1", "c_1", "b_2"], field=["b", "a", "c", "b"], cell=["1", "1", "1", "2"])
    assert part_of(cells, SPLIT, "test")[0].ids == ["b_1", "c_1", "b_2"]
    assert part_of(cells, {"test": ("a_1",)}, "test")[0].ids == ["a_1"]


@pytest.mark.parametrize("cells", [False, True])
def test_what_is_missing_is_refused_or_said(cells: bool) -> None:
    some = collection(["b_1"], field=["b"], cell=["1"]) if cells else collection(["a", "b"])
    missing = "1 of 2 fields of the model's test part is not in this collection: c"
    with pytest.raises(CellocateError, match=missing + r".*--skip-bad"):
        part_of(some, SPLIT, "test")
    found, notes = part_of(some, SPLIT, "test", skip_missing=True)
    assert (found.ids, notes) == (["b_1" if cells else "b"], [missing])


def test_nothing_of_the_part_is_refused() -> None:
    with pytest.raises(CellocateError, match="no field of the model's test part"):
        part_of(collection(["x"]), SPLIT, "test", skip_missing=True)
    with pytest.raises(CellocateError, match="the model has no validation part"):
        part_of(collection(["a"]), SPLIT, "validation")
