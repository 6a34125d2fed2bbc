import pandas as pd
import pytest

from cellocate.collection.identity import split_parts_of


@pytest.mark.parametrize("old", [{"a-x": "x", "b-x": "x"}, {}])
def test_of_several_parts_the_first_counts_under_an_own_id_and_another(old):
    split = {"test": ["b-x", "both"], "validation": ["both", "late"], "train": ["a-x", "both"]}
    fields = pd.DataFrame({"original_id": ["x", "", ""]}, index=["c-x", "both", "late"])
    assert split_parts_of(split, old, fields) == ["train" if old else None, "train", "validation"]
