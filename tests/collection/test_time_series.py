"""Time points of one image are one group, whatever else is known; wells are groups on a single plate."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_collections import table_of

from cellocate.collection import make_split, refuse_leaks
from cellocate.collection.collection import group_of
from cellocate.collection.merge import merge
from cellocate.collection.splits import Split
from cellocate.collection.splits.groups import grouping
from cellocate.errors import CellocateError

values = st.none() | st.just("") | st.sampled_from("AB")


@given(st.lists(st.tuples(st.none() | st.sampled_from("mn"), values, values), min_size=1, max_size=9))
def test_time_points_of_a_series_share_a_group(rows):
    table = pd.DataFrame(rows, columns=["time_series", "antibody", "plate"], dtype=object)
    table.index = pd.Index([f"f{i}" for i in range(len(rows))])
    groups = group_of(table)
    for series in "mn":
        assert len(set(groups[table["time_series"] == series])) <= 1
    if table["antibody"].replace("", None).isna().all() and table["plate"].replace("", None).isna().all():
        assert groups.nunique() == (table["time_series"].isna().sum() + table["time_series"].nunique())


def movies(n=30, times=3, **columns):
    series = [f"m{i // times}" for i in range(n)]
    return table_of([(i // times % 3,) for i in range(n)], time_series=series, **columns)


@pytest.mark.parametrize("by", [(), ("cell_line",)])
def test_no_split_tears_a_series(by):
    collection = movies(60, cell_line=["A", ""] * 30 if by else [""] * 60)
    split = make_split(collection, "random", by=by, validation=0.2, test=0.2) if not by else None
    groups = grouping(collection, by)
    assert groups.groupby(collection.fields["time_series"]).nunique().max() == 1
    if split is not None:
        assert split.parts.groupby(collection.fields["time_series"]).nunique().max() == 1
        assert set(split.parts) == {"train", "validation", "test"}


def test_a_split_that_tears_a_series_is_refused():
    collection = movies(6)
    parts = pd.DataFrame({"part": ["train", "test", "train"] * 2}, index=collection.fields.index)
    with pytest.raises(CellocateError, match="2 values of the column time_series lie in several parts"):
        refuse_leaks(Split(parts), collection)


def test_series_of_one_name_in_two_sources_are_two():
    one, other = (replace(movies(6), folder=Path(name)) for name in ("p", "q"))
    other = replace(other, fields=other.fields.rename(index=lambda i: f"x{i}").assign(plate="9"))
    merged, _ = merge([one, other])
    assert merged.group().groupby([merged.fields["source"], merged.fields["time_series"]]).nunique().max() == 1
    assert set(merged.group()[:6]) & set(merged.group()[6:]) == set()


def test_wells_are_groups_where_all_fields_are_of_one_plate():
    wells = ["A1", "A1", "A2", "A2"]
    assert list(table_of([()] * 4, plate=["7"] * 4, well=wells).group()) == wells
    assert list(table_of([()] * 4, plate=["7", "7", "8", "8"], well=wells).group()) == ["7", "7", "8", "8"]
    assert list(table_of([()] * 4, plate=["7"] * 4).group()) == ["f00000", "f00001", "f00002", "f00003"]
    assert list(table_of([()] * 4, well=wells).group()) == wells
    assert list(table_of([()] * 4, well=wells, antibody=["1", "", "1", "2"]).group()) == ["1", "f00001", "1", "2"]
