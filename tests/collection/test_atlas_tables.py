"""The atlas's own lists of images as label tables."""

import pytest
from small_collections import write_fields

from cellocate.collection import open_collection, pack, read_labels
from cellocate.errors import CellocateError

ATLAS = """filename,if_plate_id,position,sample,status,locations,unspecific,antibody,ensembl_ids,gene_names
/archive/1/1_A1_1_,1,A1,1,35,"Golgi apparatus,Nucleus",0,HPA000992,ENSG1,GOLGA5
/archive/1/1_A1_2_,1,A1,2,35,Vesicles,0,HPA000992,ENSG1,GOLGA5
/archive/9/9_B2_1_,9,B2,1,35,Cytosol,0,HPA000001,ENSG2,OTHER
"""


@pytest.mark.parametrize("ids", [("1_A1_1", "1_A1_2", "7_C3_1"), ("992_1_A1_1", "992_1_A1_2", "7_C3_1")])
def test_the_atlas_list_of_images_is_a_label_table(tmp_path, ids):
    write_fields(tmp_path, ids=ids)
    (tmp_path / "IF-image.csv").write_text(ATLAS)
    collection = open_collection(tmp_path)
    assert (collection.vocabulary.name, collection.ids) == ("hpa28", sorted(ids))
    assert collection.fields["labels"][ids[0]] == (0, 7)
    assert list(collection.fields["antibody"].dropna()) == ["992"] * 2
    assert collection.fields["gene"][ids[0]] == "GOLGA5"
    faults = {problem.id: problem.error.what for problem in collection.problems}
    assert set(faults) == {ids[1], ids[2]}  # hpa28 has no vesicles; the third is not listed
    assert "no word" in faults[ids[1]]
    assert open_collection(tmp_path, vocabulary="subcell31").fields["labels"][ids[1]] == (29,)


def test_the_list_of_2021_is_a_label_table(tmp_path):
    write_fields(tmp_path, ids=("921_B9_1",))
    table = "Image,Label,Label_idx,Cellline,in_trainset\n10005/921_B9_1,Mitochondria,14,HeLa,True\n"
    (tmp_path / "kaggle_2021.tsv").write_text(table)
    collection = open_collection(tmp_path)
    assert list(collection.fields["labels"]) == [(23,)]
    assert list(collection.fields["cell_line"]) == ["HeLa"]


def test_a_list_of_other_fields_is_refused(tmp_path):
    write_fields(tmp_path, ids=("a",))
    (tmp_path / "IF-image.csv").write_text(ATLAS)
    with pytest.raises(CellocateError, match="names none of the 1 fields"):
        open_collection(tmp_path)


def test_words_that_the_vocabulary_lacks_and_rows_of_no_image_are_told(tmp_path, cellocate):
    write_fields(tmp_path, ids=("1_A1_1", "1_A1_2"))
    more = '/archive/1/1_A1_2_,1,A1,2,35,"Vesicles,Cytosol",0,HPA000992,ENSG1,GOLGA5\n,1,A1,1,35,,0,,,\n'
    (tmp_path / "IF-image.csv").write_text("".join(ATLAS.splitlines(keepends=True)[:2]) + more * 2)
    collection = open_collection(tmp_path)
    assert list(collection.fields["labels"]) == [(0, 7), (25,)]
    assert [(p.id, p.error.what, p.severity) for p in collection.problems] == [
        *[("", "a row that names no image of the atlas", "warning")] * 2,
        ("", "rows that repeat a field (1)", "warning"),
        ("1_A1_2", "hpa28 has no word for the location 'Vesicles'", "warning"),
    ]
    shown = cellocate("check", tmp_path)
    assert shown.code == 0
    assert "1 hpa28 has no word for the location 'Vesicles': 1_A1_2" in shown.out
    assert open_collection(tmp_path, vocabulary="subcell31").fields["labels"]["1_A1_2"] == (7, 29)


def test_a_list_that_does_not_say_what_a_field_shows_is_no_list_of_empty_fields(tmp_path):
    write_fields(tmp_path, ids=("1_A1_1",))
    (tmp_path / "IF-image.csv").write_text("filename,antibody,locations,unspecific\n1_A1_1_,HPA1,,1\n")
    [problem] = open_collection(tmp_path).problems
    assert (problem.id, problem.error.what, problem.severity) == ("1_A1_1", "its labels are not known", "fault")


@pytest.mark.parametrize("name", ["IF-image.csv", "mine.csv"])
def test_a_list_alone_is_a_label_table(tmp_path, cellocate, name):
    (tmp_path / name).write_text(ATLAS)
    collection = open_collection(tmp_path / name)
    assert (collection.layout, collection.vocabulary.name) == ("labels", "hpa28")
    assert collection.fields["labels"].to_dict() == {"992_1_A1_1": (0, 7), "992_1_A1_2": None, "1_9_B2_1": (25,)}
    assert list(collection.group()) == ["992", "992", "1"]
    assert "labels: 3 fields" in cellocate("check", tmp_path / name).out
    labels = read_labels(tmp_path / name)
    assert labels.truth(["1_9_B2_1"]).sum() == 1
    with pytest.raises(CellocateError, match="no word for the location 'Vesicles'"):
        labels.truth(["992_1_A1_2"])


def test_a_list_may_be_given_for_a_listing_and_for_a_store(tmp_path):
    (tmp_path / "IF-image.csv").write_text(ATLAS)
    write_fields(tmp_path / "data", ids=("1_A1_1", "9_B2_1"))
    rows = "".join(f"{i},{i}_green.png,mine\n" for i in ("9_B2_1", "1_A1_1"))
    (tmp_path / "data" / "listing.csv").write_text(f"Id,green,gene\n{rows}")
    pack(open_collection(tmp_path / "data"), tmp_path / "store", sizes=(16,), workers=1)
    for place in ("data", "store"):
        collection = open_collection(tmp_path / place, labels=tmp_path / "IF-image.csv")
        assert collection.fields["labels"].to_dict() == {"9_B2_1": (25,), "1_A1_1": (0, 7)}
        assert list(collection.group()) == ["1", "992"]
        assert (list(collection.fields["gene"]), collection.problems) == (["OTHER", "GOLGA5"], ())
    with pytest.raises(CellocateError, match="no labels found"):
        open_collection(tmp_path / "data").labelled().truth()
