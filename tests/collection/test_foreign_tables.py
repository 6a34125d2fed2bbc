"""Tables as Excel, pandas, R, Windows and macOS write them, in the place of every table that a collection has."""

import os
import unicodedata

import pandas as pd
import pytest
from small_collections import faults, pixels, table_of, tabled, write_fields

from cellocate.collection import inspect, metadata_of, open_collection, read_labels, read_split, save_split
from cellocate.collection.filters import with_listed_ids
from cellocate.collection.identity import match_ids
from cellocate.collection.splits.split import Split
from cellocate.errors import CellocateError
from cellocate.images import write_png

NFD = unicodedata.normalize("NFD", "Präp_1")
NFC = unicodedata.normalize("NFC", "Präp_1")


@pytest.mark.parametrize("header", ["Id,Target", "id,target", "id,TARGET", " Id , Target ", ",Id,Target"])
def test_columns_of_a_label_table_may_be_in_another_case(tmp_path, header):
    index = "0," if header.startswith(",") else ""
    tabled(tmp_path, f"{header}\n{index}a,16 0\n")
    labels = read_labels(tmp_path / "train.csv")
    assert (labels.format.layout, labels.table["labels"].to_dict()) == ("kaggle2018", {"a": (0, 16)})


@pytest.mark.parametrize("header", ["ID,Target", "Id,Label", "id,label", "id,Label"])
def test_columns_that_mix_both_challenges_are_refused(tmp_path, header):
    tabled(tmp_path, f"{header}\na,16\n")
    with pytest.raises(CellocateError, match=r"hpa28\) or ID,Label"):
        read_labels(tmp_path / "train.csv")


def test_every_spelling_of_labels_is_read_or_shown(tmp_path, cellocate):
    rows = [
        ("26.0", (26,)),
        ('"[16, 0]"', (0, 16)),
        ("Golgi apparatus", (7,)),
        ('"Nucleoplasm,Cytosol"', (0, 25)),
        ("Nucleoplasm;Cytosol", (0, 25)),
        ("GO:0005654", (0,)),
    ]
    ids = [f"a{i}" for i in range(len(rows))]
    tabled(tmp_path, "Id,Target\n" + "".join(f"{i},{text}\n" for i, (text, _) in zip(ids, rows, strict=True)))
    write_fields(tmp_path, ids=(*ids, "b", "c"))
    with (tmp_path / "train.csv").open("a") as file:
        file.write("b,Golgy apparatus\nc,NaN\n")
    collection = open_collection(tmp_path)
    assert list(collection.fields["labels"][ids]) == [labels for _, labels in rows]
    shown = cellocate("check", tmp_path)
    assert shown.code == 1
    assert "line 8, column Target: 'Golgy apparatus'). Did you mean 'Golgi apparatus' (7)?" in shown.out
    assert "line 9, column Target: 'NaN'). Write them, or leave the cell empty" in shown.out


def test_labels_with_a_decimal_comma_are_not_taken_for_two(tmp_path):
    with pytest.raises(CellocateError, match=r"decimal comma: .*column Target: '26,0'. Write 26, or 26\|0"):
        read_labels(tabled(tmp_path, "Id;Target\na;26,0\nb;5,0\nc;\n") / "train.csv")
    tabled(tmp_path, "Id;Target\na;26,0\nb;5,1\n")
    assert list(read_labels(tmp_path / "train.csv").table["labels"]) == [(0, 26), (1, 5)]


@pytest.mark.parametrize("on_disk", [NFD, NFC])
@pytest.mark.parametrize("in_table", [NFD, NFC])
def test_ids_meet_in_whatever_normal_form_they_are_written(tmp_path, on_disk, in_table):
    write_fields(tmp_path, ids=(on_disk,))
    tabled(tmp_path, f"Id,Target\n{in_table},26\n")
    tabled(tmp_path, f"image,plate\n{in_table},7\n", "meta.csv")
    tabled(tmp_path, "metadata: [meta.csv]\n", "collection.yaml")
    collection = open_collection(tmp_path)
    assert (collection.ids, inspect(collection).problems) == ([NFC], ())
    assert collection.fields.loc[NFC, ["labels", "plate"]].tolist() == [(26,), "7"]
    assert collection.files(NFC)["green"].name == f"{on_disk}_green.png"
    tabled(tmp_path, f"id,part\n{in_table},train\n", "split.csv")
    assert read_split(tmp_path / "split.csv", collection).fields.index.tolist() == [NFC]
    assert with_listed_ids(collection, tmp_path / "split.csv").ids == [NFC]


@pytest.mark.parametrize("layout", ["stacks", "pattern", "listing", "path_list"])
def test_every_layout_gives_ids_in_one_normal_form(tmp_path, layout):
    import numpy as np
    import tifffile

    folder = tmp_path / "Bilder"
    folder.mkdir()
    if layout == "stacks":
        meta = {"axes": "CYX", "Channel": {"Name": ["DAPI", "protein"]}}
        tifffile.imwrite(folder / f"{NFD}.ome.tif", np.stack([pixels(0), pixels(1)]), metadata=meta)
    else:
        write_png(folder / f"{NFD}_green.png", pixels(0))
    if layout == "pattern":
        tabled(folder, 'pattern: "{plate}_{id}_{channel}.png"\n', "collection.yaml")
    if layout == "listing":
        tabled(folder, f"Id,green\n{NFC},{NFC}_green.png\n", "listing.csv")
    if layout == "path_list":
        tabled(folder, f"g_image,output_prefix\n{NFC}_green.png,{NFC}_\n", "path_list.csv")
    collection = open_collection(folder)
    assert (collection.layout, collection.ids) == (layout, ["1" if layout == "pattern" else NFC])
    assert inspect(collection).problems == ()
    if layout == "pattern":
        assert list(collection.fields["plate"]) == ["Präp"]


def test_two_files_whose_names_differ_in_the_normal_form_alone_are_a_problem(tmp_path):
    write_fields(tmp_path, ids=(NFC, NFD), channels=("green",))
    if len(list(tmp_path.iterdir())) < 2:
        pytest.skip("this file system has one normal form")
    assert faults(open_collection(tmp_path).problems) == [(NFC, "files", "two files for green")]


WINDOWS = [
    r"images\b_green.png",
    r".\images\b_green.png",
    r"..\{folder}\images\b_green.png",
    r"C:\Users\me\data\images\b_green.png",
    r"\\server\share\images\b_green.png",
    r"D:\b_green.png",
]


@pytest.mark.parametrize("name", WINDOWS)
def test_paths_of_windows_lead_to_the_files(tmp_path, name):
    write_fields(tmp_path / "images", ids=("b",))
    write_fields(tmp_path, ids=("b",))
    name = name.format(folder=tmp_path.name)
    tabled(tmp_path, f"Id;green\r\nb;{name}\r\n", "listing.csv")
    [file] = open_collection(tmp_path).files("b").values()
    assert file == tmp_path / ("images" if "images" in name else "") / "b_green.png"
    (tmp_path / "listing.csv").unlink()
    tabled(tmp_path, f"g_image,output_folder,output_prefix\r\n{name},out\\x,b_\r\n", "path_list.csv")
    collection = open_collection(tmp_path)
    assert collection.ids == ["out/x/b"]
    assert inspect(collection).problems == ()


def test_a_path_of_windows_that_leads_nowhere_is_called_that(tmp_path):
    write_fields(tmp_path / "images", ids=("b",))
    tabled(tmp_path, "Id,green\nb,C:\\elsewhere\\x.png\n", "listing.csv")
    [problem] = inspect(open_collection(tmp_path)).problems
    assert problem.error.what == "a channel file is missing"
    assert "a Windows path" in problem.error.mend


def test_absolute_paths_of_windows_have_one_root(tmp_path):
    write_fields(tmp_path, ids=("a",))
    write_fields(tmp_path / "plate 2", ids=("a",))
    rows = ["C:\\data\\plate 1\\a_green.png", "C:\\data\\plate 2\\a_green.png", "D:\\data\\plate 1\\a_blue.png"]
    tabled(tmp_path, "Id,green\n" + "".join(f"{i},{name}\n" for i, name in enumerate(rows)), "listing.csv")
    found = inspect(open_collection(tmp_path))
    assert [p.id for p in found.problems] == ["1", "2"]  # one file is not taken for two
    (tmp_path / "plate 1").mkdir()
    (tmp_path / "a_green.png").rename(tmp_path / "plate 1" / "a_green.png")
    assert [p.id for p in inspect(open_collection(tmp_path)).problems] == ["2"]


def test_a_file_with_a_backslash_in_its_name_is_that_file(tmp_path):
    if os.sep == "\\":
        pytest.skip("no such names here")
    write_fields(tmp_path / "a", ids=("b",))
    write_png(tmp_path / "a\\b_green.png", pixels(3))
    tabled(tmp_path, "Id,green\nb,a\\b_green.png\n", "listing.csv")
    assert open_collection(tmp_path).files("b")["green"].name == "a\\b_green.png"


def test_planes_of_a_file_of_windows_are_found(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / f"{NFD}.tif").touch()
    tabled(tmp_path, f"Id,green\nb,images\\{NFC}.tif::channel=1\n", "listing.csv")
    assert open_collection(tmp_path).files("b")["green"] == tmp_path / "images" / f"{NFD}.tif::channel=1"


@pytest.mark.parametrize(("known", "written"), [(["7", "8"], ["7.0", "8.0"]), (["007", "010"], ["7", "10"])])
def test_ids_that_became_numbers_are_those_of_the_fields(tmp_path, known, written):
    write_fields(tmp_path, ids=known)
    tabled(tmp_path, f"Id,Target\n{written[0]},3\n{written[1]},x\n")
    tabled(tmp_path, f"image,plate\n{written[0]},7\n", "meta.csv")
    tabled(tmp_path, "metadata: [meta.csv]\n", "collection.yaml")
    collection = open_collection(tmp_path)
    assert faults(collection.problems) == [(known[1], "labels", "unknown label 'x'")]
    assert collection.fields.loc[known[0], ["labels", "plate"]].tolist() == [(3,), "7"]
    tabled(tmp_path, f"id,part\n{written[0]},train\n", "split.csv")
    assert list(read_split(tmp_path / "split.csv", collection).fields.index) == known[:1]
    assert with_listed_ids(collection, tmp_path / "split.csv").ids == known[:1]
    assert metadata_of(tmp_path / "meta.csv", known[:1]).index.tolist() == known[:1]


@pytest.mark.parametrize(
    ("ids", "known"),
    [(["7.0", "8"], ["8", "7"]), (["7", "x"], ["007"]), (["7", "07"], ["007"]), (["7"], ["07", "007"]), ([], ["7"])],
)
def test_ids_are_not_taken_for_numbers_where_they_may_be_others(ids, known):
    assert match_ids(ids, known) == ids


def test_values_that_are_missing_are_no_plate_that_fields_share(tmp_path):
    rows = 'a,1,NA,nan,"0,08",NA\nb,2,NA,U2OS,nan,None\nc,3,5,,,\n'
    tabled(tmp_path, "Id,Target,Plate,Cell Line,Pixel_Size,note\n" + rows)
    write_fields(tmp_path, ids=("a", "b", "c"))
    collection = open_collection(tmp_path)
    assert list(collection.group()) == ["a", "b", "5"]
    assert [collection.pixel_size(i) for i in "abc"] == [0.08, None, None]
    assert collection.fields["cell_line"].tolist() == ["", "U2OS", ""]
    assert collection.fields["note"].tolist()[:2] == ["NA", "None"]  # whatever that means


def test_a_pixel_size_that_is_none_is_shown_with_its_line_and_column(tmp_path):
    tabled(write_fields(tmp_path), "Id,Target,PixelSize\na,0,0.08\nb,1,0.08 um\n")
    with pytest.raises(CellocateError, match=r"not a number: '0.08 um': .*train\.csv, line 3, column PixelSize"):
        open_collection(tmp_path)


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".txt", ".csv.gz", ".xlsx", ".parquet"])
@pytest.mark.parametrize("name", ["train", "mine"])
def test_a_label_table_of_any_kind_is_found(tmp_path, suffix, name):
    write_fields(tmp_path)
    table, path = pd.DataFrame({"Id": ["a", "b"], "Target": ["16 0", "5"]}), tmp_path / f"{name}{suffix}"
    if suffix == ".parquet":
        table.to_parquet(path)
    elif suffix == ".xlsx":
        table.to_excel(path, index=False)
    else:
        table.to_csv(path, sep="\t" if suffix in (".tsv", ".txt") else ",")
    for data, labels in ((tmp_path, None), (tmp_path, path), (path, None)):
        assert list(open_collection(data, labels=labels).fields["labels"]) == [(0, 16), (5,)]


def test_a_table_of_something_else_is_shown_by_its_columns(tmp_path):
    with pytest.raises(CellocateError, match=r"its columns are \(no name\), Target: .*If the first column is the one"):
        open_collection(tabled(tmp_path, ",Target\na,0\n") / "train.csv")


def test_a_text_that_is_called_labels_need_be_no_table(tmp_path):
    tabled(write_fields(tmp_path), "Nucleoplasm\nCytosol\n", "labels.txt")
    assert open_collection(tmp_path).vocabulary is None


def test_a_table_that_may_be_the_missing_labels_is_named(tmp_path, cellocate):
    (write_fields(tmp_path) / "mine.csv").write_bytes("Id,Target\na,0\nü,1\n".encode("cp1252"))
    assert "mine.csv was not read: not a CSV table (it is not UTF-8" in cellocate("check", tmp_path).err
    (tmp_path / "mine.csv").rename(tmp_path / "labels.csv")
    with pytest.raises(CellocateError, match=r"'ü'.*labels\.csv, line 3, column Id"):
        open_collection(tmp_path)


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".xlsx"])
def test_a_listing_of_any_kind_is_read(tmp_path, suffix):
    write_fields(tmp_path / "images", ids=("b",))
    table = pd.DataFrame({"ID": ["b"], "Green": ["images\\b_green.png"], "Pixel size": [0.08]})
    path = tmp_path / f"listing{suffix}"
    table.to_excel(path) if suffix == ".xlsx" else table.to_csv(path, sep=";", decimal=",")
    collection = open_collection(tmp_path)
    assert (collection.layout, collection.ids, collection.pixel_size("b")) == ("listing", ["b"], 0.08)
    assert inspect(collection).problems == ()


@pytest.mark.parametrize(
    "text", ["ID;Part\r\nf00000;Train\r\n\r\n;;\r\nf00001 ;TEST\r\n", "\ufeff,id,part\n0,f00000,train\n5,f00001,test\n"]
)
def test_a_split_from_another_program_is_read(tmp_path, text):
    (tmp_path / "split.csv").write_text(text, encoding="utf-8", newline="")
    split = read_split(tmp_path / "split.csv", table_of([(0,)] * 3))
    assert split.fields["part"].to_dict() == {"f00000": "train", "f00001": "test"}


IDS = [
    "a,b",
    'q"q',
    "a\nb",
    "a;b",
    "a\tb",
    "007",
    "7.0",
    "nan",
    "NA",
    "=1+1",
    "Präp",
    "#1",
    "Unnamed: 0",
    "sep=;",
    "細胞",
    "a  b",
]


def test_ids_of_all_kinds_survive_a_split(tmp_path):
    fields = pd.DataFrame({"part": ["train", "test"] * (len(IDS) // 2)}, index=pd.Index(IDS, name="id", dtype=object))
    save_split(tmp_path / "split.csv", Split(fields))
    labelled = pd.DataFrame({"labels": [(0,)] * len(IDS)}, index=fields.index)
    collection = table_of([(0,)] * len(IDS))
    collection = type(collection)(tmp_path, "labels", labelled, collection.vocabulary)
    assert list(read_split(tmp_path / "split.csv", collection).fields.index) == IDS
