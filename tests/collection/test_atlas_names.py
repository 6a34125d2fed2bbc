"""The atlas's names: antibodies in one notation, and what ids tell wherever a table of labels is read."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_collections import table_of, tabled, write_fields

from cellocate.collection import make_split, open_collection, pack
from cellocate.collection.atlas_names import antibody_number, antibody_numbers, field_id, with_metadata_of_ids
from cellocate.collection.filters import with_metadata
from cellocate.errors import CellocateError

IDS = ("10580_1610_C1_1", "HPA010580_1756_B1_1_cr57f3", "10814_50_A1_1")
TABLE = "Id,Target\n" + "".join(f"{field},{label}\n" for label, field in enumerate(IDS))
TOLD = [["10580", "1610", "C1"], ["10580", "1756", "B1"], ["10814", "50", "A1"]]
FROM_IDS = "antibody, plate and well from the ids"


def told(collection, ids=IDS):
    return collection.fields.loc[list(ids), ["antibody", "plate", "well"]].to_numpy(dtype=object).tolist()


@given(st.integers(0, 10**7), st.sampled_from(["", "HPA", "CAB", "hpa"]), st.integers(0, 8))
def test_an_antibody_has_one_name_however_it_is_written(n, before, zeros):
    assert antibody_number(f" {before}{'0' * zeros}{n} ") == str(n)


@pytest.mark.parametrize("name", ["anti-GFP", "HPA", "", "7F2", "HPA1b", "1.0"])
def test_what_is_no_antibody_of_the_atlas_keeps_its_name(name):
    assert antibody_number(name) == name


def test_a_column_of_antibodies_keeps_its_gaps():
    assert antibody_numbers(pd.Series(["HPA000001", None, "", "1", "x"], dtype=object)).tolist() == [
        "1",
        None,
        "",
        "1",
        "x",
    ]


@pytest.mark.parametrize("name", ["a", "1_A1_1", "10580-1610-C1-1", "HPA_1_A1_1"])
def test_an_id_that_names_no_antibody_stays(name):
    assert field_id(name) == name


def test_a_label_table_alone_has_the_groups_that_its_ids_tell(tmp_path):
    collection = open_collection(tabled(tmp_path, TABLE) / "train.csv")
    assert told(collection) == TOLD
    assert list(collection.group()) == ["10580", "10580", "10814"]
    assert collection.because == f"the rows of train.csv, without images; {FROM_IDS}"


def test_images_with_a_label_table_a_listing_and_a_store_have_them_too(tmp_path, cellocate):
    folder = tabled(write_fields(tmp_path / "data", ids=IDS), TABLE)
    collection = open_collection(folder)
    assert (collection.layout, told(collection)) == ("atlas", TOLD)
    assert f"train.csv; {FROM_IDS}\n" in cellocate("check", folder).out
    assert told(pack(collection, tmp_path / "store", sizes=(16,), workers=1)) == TOLD
    (tmp_path / "list").mkdir()
    rows = "".join(f"{field},../data/{field}_green.png,1\n" for field in IDS)
    tabled(tmp_path / "list", f"Id,green,Target\n{rows}", "listing.csv")
    for options in ({}, {"labels": folder / "train.csv"}):
        listed = open_collection(tmp_path / "list", **options)
        assert (told(listed), FROM_IDS in listed.because) == (TOLD, True)


def test_columns_that_are_given_are_never_overridden(tmp_path):
    text = "Id,Target,antibody,plate\n" + "".join(f"{field},1,X,\n" for field in IDS)
    collection = open_collection(tabled(tmp_path, text) / "train.csv")
    assert told(collection) == [["X", *row[1:]] for row in TOLD]  # a column without any value is not given
    assert collection.because.endswith("; plate and well from the ids")


@pytest.mark.parametrize(("others", "believed"), [(0, True), (2, True), (3, False)])
def test_ids_are_believed_where_most_are_of_that_shape(tmp_path, others, believed):
    text = TABLE + "".join(f"my_{i},1\n" for i in range(others))
    collection = open_collection(tabled(tmp_path, text) / "train.csv")
    assert ("antibody" in collection.fields, FROM_IDS in collection.because) == (believed, believed)
    if believed:
        assert list(collection.group())[3:] == [f"my_{i}" for i in range(others)]


@pytest.mark.parametrize("ids", [["1_A1_1", "2_A1_1"], ["1_2_3_4"], ["00070df0-bbc3-11e8-b2bc-ac1f6b6435d0"]])
def test_other_ids_tell_nothing(ids):
    collection = table_of([(0,)] * len(ids))
    fields = collection.fields.set_axis(pd.Index(ids, name="id"))
    same = type(collection)(collection.folder, "labels", fields)
    assert with_metadata_of_ids(same) is same


def test_the_real_fields_of_v18_are_grouped_by_antibody(real_data):
    collection = open_collection(real_data / "tables" / "hpav18_labels.csv.gz")
    assert (len(collection), collection.fields["antibody"].nunique(), len(set(collection.group()))) == (
        74_606,
        12_815,
        12_815,
    )
    assert collection.fields["plate"].notna().all()
    assert pd.crosstab(collection.group(), make_split(collection).parts).gt(0).sum(axis=1).max() == 1


def test_antibodies_of_tables_in_different_notations_are_the_same(tmp_path):
    write_fields(tmp_path, ids=("a", "b", "c"))
    tabled(tmp_path, "Id,Target,antibody\na,0,HPA000001\nb,1,1\nc,2,\n")
    tabled(tmp_path, "id,antibody_id\nc,hpa1\n", "more.csv")
    (tmp_path / "collection.yaml").write_text("metadata: [more.csv]\n")
    collection = open_collection(tmp_path)
    assert list(collection.group()) == ["1", "1", "1"]
    for written in ("1", "HPA000001", "CAB1"):
        assert len(with_metadata(collection, {"antibody": [written]})) == 3


def test_antibodies_in_names_of_files_are_the_same(tmp_path):
    write_fields(tmp_path, ids=("HPA000001-x", "1-y"))
    (tmp_path / "collection.yaml").write_text('pattern: "{antibody}-{id}_{channel}.png"\n')
    assert list(open_collection(tmp_path).group()) == ["1", "1"]


def test_a_list_finds_files_named_in_another_notation(tmp_path):
    write_fields(tmp_path, ids=("HPA000992_1_A1_1",))
    header = "filename,antibody,locations\n"
    tabled(tmp_path, f"{header}/archive/992/1_A1_1_,CAB992,Cytosol\n", "IF-image.csv")
    assert list(open_collection(tmp_path).fields["labels"]) == [(25,)]


def test_two_columns_that_mean_the_same_are_refused(tmp_path):
    text = "Id,Target,Cellline,atlas_name\na,1,HeLa,U-2 OS\n"
    with pytest.raises(CellocateError, match="'Cellline' and 'atlas_name' both mean cell_line"):
        open_collection(tabled(write_fields(tmp_path, ids=("a",)), text))
