"""Collections made of others: chosen by labels, metadata and ids, drawn, mapped."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_collections import table_of

from cellocate.collection import Collection, read_labels
from cellocate.collection.filters import (
    map_labels,
    sample_fields,
    with_listed_ids,
    with_locations,
    with_metadata,
    with_single_location,
)
from cellocate.collection.rescale import rescale
from cellocate.errors import CellocateError

SETS = [(0,), (0, 16), (25,), (), (8, 25), (27,)]


@pytest.mark.parametrize(
    ("asked", "rows"),
    [
        ({"any_of": ["0", "Rods & rings"]}, [0, 1, 5]),
        ({"all_of": ["nucleoplasm", "16"]}, [1]),
        ({"without": ["25"]}, [0, 1, 3, 5]),
        ({"any_of": ["0", "25"], "without": ["16", "8"]}, [0, 2]),
        ({}, [0, 1, 2, 3, 4, 5]),
    ],
)
def test_fields_are_chosen_by_what_they_show(asked, rows):
    assert with_locations(table_of(SETS), **asked).ids == [f"f{row:05}" for row in rows]


def test_fields_of_one_location_are_chosen():
    assert with_single_location(table_of(SETS)).ids == ["f00000", "f00002", "f00005"]


@pytest.mark.parametrize(
    ("derive", "fault"),
    [
        (lambda c: with_locations(c, any_of=["Nowhere"]), "unknown label 'Nowhere'.*Labels are 0 to 27"),
        (lambda c: with_locations(c, without=["mitochondira "]), "unknown label.*Did you mean 'Mitochondria'"),
        (lambda c: with_locations(c, all_of=["Nuclear speckels"]), "Did you mean 'Nuclear speckles'"),
        (lambda c: with_locations(c, all_of=["1", "2"]), "none of .* fields has these locations"),
        (lambda c: with_metadata(c, {"weather": ["fine"]}), r"no column 'weather'.*It has plate"),
        (lambda c: with_metadata(c, {"plate": ["9"]}), "none of .* fields has plate 9"),
        (lambda c: sample_fields(c, 7), "no sample of 7 of 6 fields"),
        (lambda c: sample_fields(c, 0), "no sample of 0"),
        (lambda c: map_labels(c, "nowhere"), "unknown vocabulary"),
        (lambda c: map_labels(c, "subcell31")[0].labelled().truth() if map_labels(c, "hpa28") else None, "no map"),
        (lambda c: map_labels(replace(c, vocabulary=None), "hpa19"), "no labels found"),
        (lambda c: rescale(c, 0.1, c.folder), "the pixel size of f00000 is not known"),
    ],
)
def test_what_is_not_there_is_refused(derive, fault):
    with pytest.raises(CellocateError, match=fault):
        derive(table_of(SETS, plate=list("112233")))


def test_fields_are_chosen_by_metadata():
    collection = table_of(SETS, plate=list("112233"), cell_line=["HeLa", "U-2 OS"] * 3)
    assert with_metadata(collection, {"plate": ["1", "3"], "cell_line": ["HeLa"]}).ids == ["f00000", "f00004"]


@pytest.mark.parametrize("column", ["Id", "ID", "id", "field"])
def test_fields_are_chosen_by_a_table_of_ids(column, tmp_path):
    table = tmp_path / "some.csv"
    table.write_text(f"why,{column}\nblurred,f00002\nblurred,elsewhere\ntwice,f00002\nfaint,f00000\n")
    assert with_listed_ids(table_of(SETS), table).ids == ["f00000", "f00002"]
    assert with_listed_ids(table_of(SETS), table, keep=False).ids == ["f00001", "f00003", "f00004", "f00005"]


@pytest.mark.parametrize(
    ("text", "keep", "fault"),
    [
        ("name,why\nf00000,blurred\n", True, "no column of ids: its columns are name, why"),
        ("Id\nelsewhere\n", True, "no id of .* in it"),
        ("Id\nelsewhere\n", False, "no id of .* in it"),
        ("Id\n" + "".join(f"f0000{i}\n" for i in range(6)), False, "none of .* fields is not in"),
    ],
)
def test_a_table_of_ids_that_leads_nowhere_is_refused(text, keep, fault, tmp_path):
    (tmp_path / "some.csv").write_text(text)
    with pytest.raises(CellocateError, match=fault):
        with_listed_ids(table_of(SETS), tmp_path / "some.csv", keep=keep)


@pytest.mark.parametrize("missing", ["", None, float("nan")])
def test_an_empty_value_asks_for_fields_without_one(missing):
    collection = table_of([(0,)] * 3, plate=["1", missing, "None"])
    assert with_metadata(collection, {"plate": [""]}).ids == ["f00001"]
    assert with_metadata(collection, {"plate": ["1", ""]}).ids == ["f00000", "f00001"]
    assert with_metadata(collection, {"plate": ["None"]}).ids == ["f00002"]
    with pytest.raises(CellocateError, match=r"none of .* fields has cell_line \(none\)"):
        with_metadata(table_of([(0,)], cell_line=["HeLa"]), {"cell_line": [""]})


@given(st.integers(1, 40), st.integers(0, 5))
def test_a_sample_is_as_large_as_asked_for_and_the_same_again(count, seed):
    collection = table_of([(0,)] * 40)
    drawn = sample_fields(collection, count, seed)
    assert len(set(drawn.ids)) == count
    assert drawn.ids == sorted(drawn.ids) == sample_fields(collection, count, seed).ids


def test_another_seed_draws_others():
    collection = table_of([(0,)] * 40)
    assert len({tuple(sample_fields(collection, 20, seed).ids) for seed in range(5)}) == 5


def test_fields_that_lose_all_labels_are_left_out_and_counted():
    after, lost = map_labels(table_of(SETS), "hpa19")
    assert (after.vocabulary.name, lost) == ("hpa19", {"Rods & rings": 1})
    assert list(after.fields["labels"]) == [(0,), (0,), (16,), (18,), (16, 17)]  # nothing is Negative there


def test_fields_that_lose_all_labels_may_be_kept_as_negative():
    after, lost = map_labels(table_of(SETS), "hpa19", keep_lost=True)
    assert (list(after.fields["labels"])[-1], sum(lost.values())) == ((18,), 1)
    with pytest.raises(CellocateError, match="hpa28 has no Negative"):
        map_labels(table_of([(0,)], "subcell31"), "hpa28", keep_lost=True)


def test_negative_becomes_the_empty_set_where_there_is_no_such_word():
    after, lost = map_labels(table_of([(30,), (29,), (0,)], "subcell31"), "hpa28")
    assert (list(after.fields["labels"]), lost) == ([(), (12,)], {"Vesicles": 1})


def test_the_real_labels_of_2018_map_to_those_of_2021(real_data):
    labels = read_labels(real_data / "tables" / "kaggle2018_train.csv.gz")
    before = Collection(real_data, "test", labels.table, labels.vocabulary)
    after, lost = map_labels(before, "hpa19")
    alone = [s for s in labels.table["labels"] if set(s) <= {15, 16, 27}]
    assert (sum(lost.values()), len(after)) == (len(alone), len(before) - len(alone))
    later = read_labels(real_data / "tables" / "kaggle2021_train.csv.gz").table["labels"]
    both = later.index.intersection(after.fields.index)
    assert (after.fields["labels"][both] == later[both]).sum() == 21_234
