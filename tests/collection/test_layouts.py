"""How a folder becomes a collection: every layout, and every folder that is none."""

import gzip
from contextlib import suppress

import pytest
from small_collections import faults, table_of, tabled, write_fields

from cellocate.collection import open_collection
from cellocate.errors import CellocateError
from cellocate.images import CHANNELS

IN_2018 = "Id,Target\na,16 0\nb,\n"
IN_2021 = "ID,Label\na,13|0\nb,18\n"


@pytest.mark.parametrize("place", ["", "train", "images"])
def test_a_folder_of_images_is_a_collection_without_labels(tmp_path, place):
    write_fields(tmp_path / place, ids=("b", "a"), channels=CHANNELS)
    collection = open_collection(tmp_path)
    assert (collection.layout, collection.vocabulary, collection.problems) == ("folder", None, ())
    assert (collection.ids, collection.channels) == (["a", "b"], CHANNELS)
    assert collection.files("b") == {c: tmp_path / place / f"b_{c}.png" for c in CHANNELS}
    with pytest.raises(CellocateError, match=r"no labels found.*Id,Target or ID,Label"):
        collection.labelled().truth()


@pytest.mark.parametrize("place", ["", "train", "images"])
@pytest.mark.parametrize("name", ["train.csv", "labels.csv", "anything.csv"])
@pytest.mark.parametrize(
    ("text", "layout", "vocabulary", "labels"),
    [(IN_2018, "kaggle2018", "hpa28", [(0, 16), ()]), (IN_2021, "kaggle2021", "hpa19", [(0, 13), (18,)])],
)
def test_a_label_table_beside_the_images_needs_no_word(tmp_path, place, name, text, layout, vocabulary, labels):
    write_fields(tmp_path / place)
    collection = open_collection(str(tabled(tmp_path, text, name)))
    assert (collection.layout, collection.vocabulary.name, collection.problems) == (layout, vocabulary, ())
    assert list(collection.fields["labels"]) == labels
    assert (collection.labelled().truth() == collection.vocabulary.encode(labels)).all()


@pytest.mark.parametrize("name", ["train.csv.gz", "labels.csv.gz", "anything.csv.gz"])
def test_a_label_table_may_be_gzipped(tmp_path, name):
    (write_fields(tmp_path) / name).write_bytes(gzip.compress(IN_2021.encode()))
    assert open_collection(tmp_path).layout == "kaggle2021"


def test_a_label_table_may_lie_elsewhere(tmp_path):
    tabled(tmp_path, IN_2018, "elsewhere.txt")
    collection = open_collection(write_fields(tmp_path / "data"), labels=tmp_path / "elsewhere.txt")
    assert (collection.layout, list(collection.fields["labels"])) == ("kaggle2018", [(0, 16), ()])


def test_labels_may_be_of_another_vocabulary(tmp_path):
    tabled(write_fields(tmp_path), "Id,Target\na,30\nb,Vesicles\n")
    collection = open_collection(tmp_path, vocabulary="subcell31")
    assert list(collection.fields["labels"]) == [(30,), (29,)]


@pytest.mark.parametrize(
    ("ids", "suffix", "layout"),
    [
        (("10580_1610_C1_1", "10580_1610_C1_2_cr57f3"), ".png", "atlas"),
        (("HPA000992_1_A1_1", "89_B5_1"), ".png", "atlas"),
        (("a", "b", "89_B5_1"), ".jpg", "folder"),
        (("a", "b", "89_B5_1"), ".tif", "kaggle2018"),
        (("00070df0-bbc3-11e8-b2bc-ac1f6b6435d0",), ".jpg", "kaggle2018"),
    ],
)
def test_what_is_no_challenge_is_not_called_one(tmp_path, ids, suffix, layout):
    for field in ids:
        (tmp_path / f"{field}_green{suffix}").touch()
    tabled(tmp_path, "Id,Target\n" + "".join(f"{field},1\n" for field in ids))
    assert (open_collection(tmp_path).layout, open_collection(tmp_path).problems) == (layout, ())
    (tmp_path / "train.csv").unlink()
    assert open_collection(tmp_path).layout == ("atlas" if layout == "atlas" else "folder")


@pytest.mark.parametrize("suffix", [".png", ".PNG", ".Png"])
def test_suffixes_and_channels_may_be_in_capitals(tmp_path, suffix):
    write_fields(tmp_path, channels=("GREEN", "Blue"), suffix=suffix)
    assert open_collection(tmp_path).files("a")["blue"].name == f"a_Blue{suffix}"
    assert open_collection(tmp_path).channels == ("green", "blue")


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".jpeg", ".tif", ".tiff", ".JPG", ".TIFF"])
def test_every_kind_of_image_is_found(tmp_path, suffix):
    (tmp_path / f"x_1_green{suffix}").touch()
    assert open_collection(tmp_path).ids == ["x_1"]


@pytest.mark.parametrize(
    "name",
    [".a_green.png", "._a_green.png", "a_green.png.bak", "a_green.bmp", "a-green.png", "_green.png", "a_magenta.png"],
)
def test_other_files_are_passed_over(tmp_path, name):
    (tmp_path / name).touch()
    with pytest.raises(
        CellocateError, match=r"(no channel images found|names do not say which channel).*<id>_green\.png"
    ):
        open_collection(tmp_path)
    assert open_collection(write_fields(tmp_path)).ids == ["a", "b"]


def test_images_in_the_folder_itself_come_first(tmp_path):
    write_fields(tmp_path / "train", ids=("c",))
    assert open_collection(tmp_path).ids == ["c"]
    assert open_collection(write_fields(tmp_path)).ids == ["a", "b"]


def test_an_empty_folder_is_said_to_be_empty(tmp_path):
    with pytest.raises(CellocateError, match="the folder is empty"):
        open_collection(tmp_path)


def test_images_one_folder_further_in_are_pointed_at(tmp_path):
    write_fields(tmp_path / "plate 1")
    with pytest.raises(CellocateError, match=r"no channel images.*Did you mean .*plate 1"):
        open_collection(tmp_path)


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(CellocateError, match=r"no such folder.*nowhere"):
        open_collection(tmp_path / "nowhere")


def test_a_label_table_alone_is_a_collection_without_images(tmp_path):
    collection = open_collection(tabled(tmp_path, IN_2018) / "train.csv")
    assert (collection.layout, collection.ids, collection.channels) == ("labels", ["a", "b"], ())
    assert collection.labelled().truth().sum() == 2
    with pytest.raises(CellocateError, match="no green channel"):
        collection.require(["green"])


def test_several_label_tables_are_refused_until_one_is_named(tmp_path):
    write_fields(tmp_path)
    for name, text in {"x.csv": IN_2018, "y.csv": IN_2021, "notes.csv": "well,dose\n1,2\n"}.items():
        tabled(tmp_path, text, name)
    with pytest.raises(CellocateError, match=r"several label tables \(x\.csv and y\.csv\).*--labels"):
        open_collection(tmp_path)
    assert open_collection(tmp_path, labels=tmp_path / "y.csv").layout == "kaggle2021"


def test_two_label_tables_of_usual_names_are_refused_too(tmp_path):
    tabled(tabled(write_fields(tmp_path), IN_2018), "Id,Target\na,5\nb,5\n", "labels.csv")
    with pytest.raises(CellocateError, match="several label tables"):
        open_collection(tmp_path)


def test_tables_without_labels_are_passed_over(tmp_path):
    tabled(write_fields(tmp_path), "Id,dose\na,1\n", "doses.csv")
    assert open_collection(tmp_path).layout == "folder"
    tabled(tmp_path, IN_2018, "mine.csv")
    assert open_collection(tmp_path).layout == "kaggle2018"


@pytest.mark.parametrize("content", [b"", "Größe\n1\n".encode("latin-1")], ids=["empty", "latin-1"])
def test_an_unreadable_table_of_something_else_is_passed_over(tmp_path, content):
    (tabled(write_fields(tmp_path), IN_2018, "mine.csv") / "notes.csv").write_bytes(content)
    assert open_collection(tmp_path).layout == "kaggle2018"


@pytest.mark.parametrize("content", [IN_2018.encode(), b"\x00\x05\x16\x07\xff\xfe"], ids=["copy", "resource fork"])
def test_hidden_tables_are_passed_over(tmp_path, content):
    (tabled(write_fields(tmp_path), IN_2018, "mine.csv") / "._mine.csv").write_bytes(content)
    assert open_collection(tmp_path).layout == "kaggle2018"


@pytest.mark.parametrize("text", ["Id,Predicted\na,0\n", "ID,Target\na,0\n", "Id Target\na 0\n", "a,0\n"])
def test_a_table_of_a_usual_name_must_have_the_columns(tmp_path, text):
    tabled(write_fields(tmp_path), text)
    with pytest.raises(
        CellocateError,
        match=r"not a label table: its columns .*train\.csv.*Id,Target \(numbers or names of hpa28\) or ID,Label",
    ):
        open_collection(tmp_path)


@pytest.mark.parametrize("labelled", [False, True])
def test_two_files_for_one_channel_are_a_problem_of_that_field(tmp_path, labelled):
    write_fields(tmp_path)
    (tmp_path / "b_green.tif").touch()
    if labelled:
        tabled(tmp_path, IN_2018)
    collection = open_collection(tmp_path)
    assert faults(collection.problems) == [("b", "files", "two files for green")]
    where = str(collection.problems[0].error.where)
    assert "b_green.tif" in where
    assert "b_green.png" in where
    assert collection.ids == ["a", "b"]


def test_files_without_a_row_and_rows_without_files_are_both_kept(tmp_path):
    tabled(write_fields(tmp_path), "Id,Target\nb,3\nc,4\n")
    collection = open_collection(tmp_path)
    assert collection.ids == ["a", "b", "c"]
    assert list(collection.fields["labels"]) == [None, (3,), (4,)]
    assert [len(collection.files(field)) for field in collection.ids] == [2, 2, 0]
    assert faults(collection.problems) == [("a", "labels", "image files without a row")]


def test_a_row_at_fault_is_not_called_missing(tmp_path):
    tabled(write_fields(tmp_path), "Id,Target\na,99\nb,3\n")
    assert faults(open_collection(tmp_path).problems) == [("a", "labels", "unknown label '99'")]


def test_a_label_table_without_rows_leaves_every_field_without_a_row(tmp_path):
    tabled(write_fields(tmp_path), "Id,Target\n")
    assert [p.id for p in open_collection(tmp_path).problems] == ["a", "b"]


def test_further_columns_become_metadata(tmp_path):
    tabled(write_fields(tmp_path), "Id,antibody,Target,cell_line\na,HPA1,0,U2OS\nb,HPA2,1,\n")
    fields = open_collection(tmp_path).fields
    assert list(fields["antibody"]) == ["1", "2"]
    assert list(fields["cell_line"]) == ["U2OS", ""]


@pytest.mark.parametrize("column", ["green", "labels"])
def test_a_metadata_column_may_have_any_name_or_is_refused(tmp_path, column):
    tabled(write_fields(tmp_path), f"Id,Target,{column}\na,0,x\nb,1,y\n")
    with suppress(CellocateError):
        assert list(open_collection(tmp_path).fields["labels"]) == [(0,), (1,)]


def test_a_pixel_size_may_stand_in_the_table(tmp_path):
    tabled(write_fields(tmp_path, ids=("a", "b", "c")), "Id,Target,pixel_size\na,0,0.08\nb,1,\nc,2,.16\n")
    collection = open_collection(tmp_path)
    assert [collection.pixel_size(field) for field in collection.ids] == [0.08, None, 0.16]


@pytest.mark.parametrize("labelled", [False, True])
def test_a_pixel_size_may_be_given_for_every_file(tmp_path, labelled):
    write_fields(tmp_path)
    if labelled:
        tabled(tmp_path, IN_2018)
    assert [open_collection(tmp_path).pixel_size(field) for field in "ab"] == [None, None]
    assert [open_collection(tmp_path, pixel_size=0.08).pixel_size(field) for field in "ab"] == [0.08, 0.08]


@pytest.mark.parametrize("size", [0, -0.08, float("nan"), float("inf"), 1e-6, 1e6])
def test_an_impossible_pixel_size_is_refused(tmp_path, size):
    with pytest.raises(CellocateError, match="impossible pixel size"):
        open_collection(write_fields(tmp_path), pixel_size=size)


@pytest.mark.parametrize("size", ["0", "-1", "inf", "1e-6", "x", "0.08 µm", '"1.000,08"'])
def test_an_impossible_pixel_size_in_the_table_is_refused(tmp_path, size):
    tabled(write_fields(tmp_path), f"Id,Target,pixel_size\na,0,0.08\nb,1,{size}\n")
    with pytest.raises(CellocateError, match="pixel"):
        open_collection(tmp_path)


@pytest.mark.parametrize("pixel_size", [None, 0.3])
def test_the_pixel_size_of_a_field_without_a_row_is_unknown_unless_given(tmp_path, pixel_size):
    tabled(write_fields(tmp_path), "Id,Target,pixel_size\na,0,0.08\n")
    assert open_collection(tmp_path, pixel_size=pixel_size).pixel_size("b") == pixel_size


def test_fields_without_an_antibody_are_groups_of_their_own(tmp_path):
    tabled(write_fields(tmp_path, ids=tuple("abcd")), "Id,Target,antibody\na,0,X\nb,1,\nc,2,X\n")
    assert list(open_collection(tmp_path).group()) == ["X", "b", "X", "d"]


@pytest.mark.parametrize("columns", [("plate",), ("antibody", "plate"), ("group", "antibody", "plate")])
def test_fields_are_grouped_by_the_best_column_at_hand(columns):
    best = columns[0]
    collection = table_of([(0,)] * 3, **{name: [f"{name} {i}" for i in (1, 1, 2)] for name in reversed(columns)})
    assert list(collection.group()) == [f"{best} 1", f"{best} 1", f"{best} 2"]


def test_a_column_without_any_value_groups_nothing():
    collection = table_of([(0,)] * 3, antibody=["", "", ""], plate=["p", "p", ""])
    assert list(collection.group()) == ["p", "p", "f00002"]


def test_without_such_a_column_every_field_is_its_own_group():
    collection = table_of([(0,), (1,)], cell_line=["U2OS", "U2OS"])
    assert list(collection.group()) == collection.ids


@pytest.mark.parametrize(
    ("folder", "layout", "fields"),
    [
        ("kaggle2018", "kaggle2018", 65),
        ("kaggle2021", "kaggle2021", 3),
        ("hpa_web", "atlas", 4),
        ("collages", "folder", 50),
    ],
)
def test_real_folders_are_recognised(real_data, folder, layout, fields):
    collection = open_collection(real_data / folder)
    assert (collection.layout, len(collection), collection.problems) == (layout, fields, ())
    assert collection.channels == CHANNELS
    assert collection.labelled().truth().any(axis=1).all()
