"""Stacks, composites, path lists, patterns, metadata: what collection.yaml says, and what needs no word."""

import gzip
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from small_collections import write_fields

from cellocate.collection import inspect, open_collection, pack, read_labels, suspects
from cellocate.errors import CellocateError
from cellocate.images import read_field, write_png

RNG = np.random.default_rng(0)


def stack(path, names=("DAPI", "protein", "microtubules", "ER"), kind=np.uint8):
    data = RNG.integers(1, 200, (len(names), 12, 12)).astype(kind)
    path.parent.mkdir(parents=True, exist_ok=True)
    meta = {"axes": "CYX", "Channel": {"Name": list(names)}, "PhysicalSizeX": 0.16, "PhysicalSizeXUnit": "µm"}
    tifffile.imwrite(path, data, metadata=meta)
    return data


def told(folder, text):
    (folder / "collection.yaml").write_text(text)
    return folder


@pytest.mark.parametrize("place", ["", "images"])
def test_stacks_whose_channels_are_named_need_no_word(tmp_path, place):
    data = stack(tmp_path / place / "a.ome.tif")
    stack(tmp_path / place / "b.ome.tif")
    collection = open_collection(tmp_path)
    assert (collection.layout, collection.ids, collection.pixel_size("a")) == ("stacks", ["a", "b"], 0.16)
    assert np.array_equal(read_field(collection.files("a")), data[[2, 1, 0, 3]])
    assert inspect(collection, decode=True).problems == ()


def test_one_file_of_several_channels_is_a_collection(tmp_path):
    stack(tmp_path / "a.ome.tif")
    assert open_collection(tmp_path / "a.ome.tif").ids == ["a"]


def test_labels_beside_stacks_are_joined(tmp_path):
    stack(tmp_path / "train" / "a.ome.tif")
    (tmp_path / "train.csv").write_text("Id,Target\na,7\n")
    collection = open_collection(tmp_path)
    assert (collection.layout, list(collection.fields["labels"])) == ("stacks", [(7,)])
    assert collection.pixel_size("a") == 0.16


def test_channels_without_telling_names_are_asked_back(tmp_path):
    data = stack(tmp_path / "a.ome.tif", names=("w1", "w2"))
    with pytest.raises(CellocateError, match=r"nothing tells which.*0 'w1', 1 'w2'.*channels: \{blue: 0"):
        open_collection(tmp_path)
    collection = open_collection(told(tmp_path, "channels: {green: w2, blue: 0}"))
    assert np.array_equal(read_field(collection.files("a"), ("green", "blue")), data[::-1])


@pytest.mark.parametrize("said", ["channels: {green: w3}", "channels: {green: 2}"])
def test_channels_that_are_not_there_are_refused(tmp_path, said):
    stack(tmp_path / "a.ome.tif", names=("w1", "w2"))
    with pytest.raises(CellocateError, match="no channel"):
        open_collection(told(tmp_path, said))


def test_a_stack_along_z_is_read_as_told(tmp_path):
    data = RNG.integers(1, 200, (2, 3, 8, 8)).astype(np.uint8)
    meta = {"axes": "CZYX", "Channel": {"Name": ["green", "blue"]}}
    tifffile.imwrite(tmp_path / "a.ome.tif", data, metadata=meta)
    [problem] = inspect(open_collection(tmp_path), decode=True).problems
    assert "a stack of 3 planes" in str(problem.error)
    collection = open_collection(told(tmp_path, "z: max"))
    assert np.array_equal(read_field(collection.files("a"), ("green",))[0], data[0].max(0))


def test_a_damaged_stack_is_a_problem_of_its_own_id(tmp_path):
    stack(tmp_path / "a.ome.tif")
    whole = (tmp_path / "a.ome.tif").read_bytes()
    (tmp_path / "b.ome.tif").write_bytes(whole[: len(whole) // 2])
    [problem] = open_collection(tmp_path).problems
    assert (problem.id, problem.about) == ("b", "files")


def test_two_layouts_in_one_folder_are_a_tie(tmp_path):
    write_fields(tmp_path)
    (tmp_path / "c.czi").write_bytes(b"")
    with pytest.raises(CellocateError, match=r"several layouts fit: folder \(.*and stacks.*layout: folder"):
        open_collection(tmp_path)
    assert open_collection(told(tmp_path, "layout: folder")).layout == "folder"


def test_the_websites_composites_are_three_channels_and_lately_two(tmp_path):
    colours = RNG.integers(1, 250, (32, 32, 3)).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "1_A1_1_blue_red_green.png"), colours)
    cv2.imwrite(str(tmp_path / "2_A1_1_cr5f3_red_green.png"), colours)
    write_png(tmp_path / "1_A1_1_yellow.png", np.zeros((32, 32), np.uint8))
    collection = open_collection(tmp_path)
    assert collection.ids == ["1_A1_1", "2_A1_1_cr5f3"]
    assert list(collection.files("1_A1_1")) == ["yellow"]  # single channels are better than a composite
    assert sorted(collection.files("2_A1_1_cr5f3")) == ["green", "red"]
    (tmp_path / "1_A1_1_yellow.png").unlink()
    pixels = read_field(open_collection(tmp_path).files("1_A1_1"), ("red", "green", "blue"))
    assert np.array_equal(pixels, colours[:, :, ::-1].transpose(2, 0, 1))


def test_gzipped_tiffs_are_channels(tmp_path):
    data = RNG.integers(0, 60000, (8, 8)).astype(np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", data)
    for channel in ("red", "green"):
        (tmp_path / f"a_{channel}.tif.gz").write_bytes(gzip.compress((tmp_path / "a.tif").read_bytes()))
    (tmp_path / "a.tif").unlink()
    assert np.array_equal(read_field(open_collection(tmp_path).files("a"), ("red",))[0], data)


def test_the_colour_of_yellow_can_be_chosen(tmp_path, real_data):
    (tmp_path / "images").symlink_to(real_data / "hpa_web" / "images")
    mean, red = (
        read_field(open_collection(told(tmp_path, text)).files("89_B5_1"), ("yellow",))[0].astype(int)
        for text in ("", "yellow: red")
    )
    picture = cv2.imread(str(tmp_path / "images" / "89_B5_1_yellow.jpg"))[:, :, ::-1].astype(int)
    assert np.abs(red - picture[:, :, 0]).max() <= 2  # decoders differ by rounding
    assert np.abs(mean - picture[:, :, :2].mean(2)).max() <= 2
    assert np.abs(mean - red).max() > 2


def test_a_path_list_as_subcellportable_reads_it(tmp_path):
    write_fields(tmp_path / "images", ids=("a", "b", "c"), channels=("red", "green", "blue"))
    rows = [
        f"images/{i}_red.png,,images/{i}_blue.png,images/{i}_green.png,{prefix}"
        for i, prefix in (("a", "cell1_"), ("b", "set_A/cell2_"))
    ]
    rows.append("#images/c_red.png,,images/c_blue.png,images/c_green.png,cell3_")
    (tmp_path / "path_list.csv").write_text("r_image,y_image,b_image,g_image,output_prefix\n" + "\n".join(rows) + "\n")
    for place in (tmp_path, tmp_path / "path_list.csv"):
        collection = open_collection(place)
        assert (collection.layout, collection.ids) == ("path_list", ["cell1", "set_A/cell2"])
        assert collection.channels == ("red", "green", "blue")
        assert inspect(collection, decode=True).problems == ()


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("r_image,g_image\na,b\n", "no list of images"),
        ("r_image,output_prefix\na,x_\nb,x\n", "two rows"),
        ("g_image,output_prefix\na,\n", "without output_prefix"),
    ],
)
def test_a_faulty_path_list_is_refused(tmp_path, text, what):
    (tmp_path / "path_list.csv").write_text(text)
    with pytest.raises(CellocateError, match=what):
        open_collection(tmp_path)


def test_names_by_pattern(tmp_path):
    for plate in ("p1", "p2"):
        for k in (1, 2):
            path = tmp_path / plate / f"B02_f{k}_w{k}.png"
            path.parent.mkdir(exist_ok=True)
            write_png(path, np.full((8, 8), k, np.uint8))
            write_png(path.with_name(f"B02_f{k}_w{3 - k}.png"), np.full((8, 8), 9, np.uint8))
    (tmp_path / "notes.txt").write_text("not an image")
    told(
        tmp_path, 'pattern: "{plate}/{well}_f{site}_w{channel}.png"\nchannels: {green: 2, blue: 1}\npixel_size: 0.65\n'
    )
    collection = open_collection(tmp_path)
    assert collection.layout == "pattern"
    assert collection.ids == ["p1_B02_1", "p1_B02_2", "p2_B02_1", "p2_B02_2"]
    assert list(collection.fields["plate"]) == ["p1", "p1", "p2", "p2"]
    assert list(collection.group()) == ["p1", "p1", "p2", "p2"]
    assert collection.pixel_size("p1_B02_1") == 0.65
    assert read_field(collection.files("p1_B02_1"), ("blue", "green"))[:, 0, 0].tolist() == [1, 9]


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ("pattern: nothing.png", "no pattern"),
        ('pattern: "{id}_{id}.png"', "no pattern"),
        ('pattern: "{id}_x{channel}.png"', "no file follows"),
        ('pattern: "{id}_{channel}.png"\nchannels: {}', "no channel is called"),
        ("pixel_size: -1", "pixel_size"),
        ("layout: kaggle2018", "'folder', 'stacks'"),
        ("colour: red", "colour"),
        ("[1, 2]", "not a list"),
        ("a: b: c", "no YAML"),
    ],
)
def test_what_a_collection_yaml_cannot_say_is_refused(tmp_path, said, what):
    write_png(tmp_path / "a_w1.png", np.zeros((8, 8), np.uint8))
    with pytest.raises(CellocateError, match=what) as refused:
        open_collection(told(tmp_path, said))
    assert len(str(refused.value).splitlines()) == 1


def test_metadata_is_joined_from_any_table_by_id(tmp_path):
    write_fields(tmp_path, ids=("a", "b"))
    (tmp_path / "wells").mkdir()
    (tmp_path / "wells" / "one.csv").write_text("Image,Cellline,antibody\na,U-2 OS,HPA1\nz,HeLa,HPA9\n")
    (tmp_path / "wells" / "two.csv").write_text("id,pixel_size,antibody\nb,0.16,HPA2\n")
    collection = open_collection(told(tmp_path, "metadata: [wells/one.csv, wells/two.csv]"))
    assert collection.fields["cell_line"].to_dict() == {"a": "U-2 OS", "b": None}
    assert collection.fields["antibody"].to_dict() == {"a": "1", "b": "2"}
    assert (collection.pixel_size("a"), collection.pixel_size("b")) == (None, 0.16)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("name,plate\na,1\n", "no column of ids"),
        ("id,plate\na,1\na,2\n", "several rows for a"),
        ("id,plate\nx,1\n", "no row for any"),
        ("id,pixel_size\na,wide\n", "not a number"),
    ],
)
def test_faulty_metadata_is_refused(tmp_path, text, what):
    write_fields(tmp_path, ids=("a",))
    (tmp_path / "meta.csv").write_text(text)
    with pytest.raises(CellocateError, match=what):
        open_collection(told(tmp_path, "metadata: [meta.csv]"))


def test_what_was_recognised_is_said(tmp_path):
    (write_fields(tmp_path / "train") / "..").resolve()
    (tmp_path / "train.csv").write_text("Id,Target\na,0\nb,1\n")
    because = open_collection(tmp_path).because
    assert because == f"2 ids with files <id>_<channel> in {tmp_path / 'train'}; labels of hpa28 in train.csv"
    assert Path(because.split(" in ")[1].split(";")[0]).is_dir()


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
        ("", "rows that name a field again (1)", "warning"),
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
        open_collection(tmp_path / "data").truth()


def test_a_file_that_cannot_be_opened_is_told_once(tmp_path):
    stack(tmp_path / "a.ome.tif")
    (tmp_path / "b.ome.tif").write_bytes((tmp_path / "a.ome.tif").read_bytes()[:300])
    [problem] = inspect(open_collection(tmp_path), decode=True).problems
    assert (problem.id, problem.error.what) == ("b", "an image cannot be read (cut short)")


def test_an_odd_stack_is_a_problem_of_its_own_field(tmp_path):
    for name in ("m", "n"):
        stack(tmp_path / f"{name}.tif.ome.tif")
    stack(tmp_path / "a.ome.tif", names=("DAPI", "protein"))
    stack(tmp_path / "b.ome.tif", names=("w1", "w2", "w3", "w4", "w5"))
    tifffile.imwrite(tmp_path / "c.tif", np.zeros((12, 12), np.uint8))
    (tmp_path / "d.ome.tif").write_bytes(b"II*\0")
    (tmp_path / "e.ome.tif").symlink_to("nowhere")
    found = inspect(open_collection(tmp_path), decode=True)
    assert list(found.images.index) == ["m.tif", "n.tif"]
    assert {(p.id, p.error.what.split(" (")[0]) for p in found.problems} >= {
        ("a", "the red and yellow file is missing"),
        ("b", "nothing tells which channel is which"),
        ("c", "nothing tells which channel is which"),
        ("d", "an image cannot be read"),
        ("e", "a channel file is missing"),
    }


def test_a_stack_that_lacks_a_channel_named_in_collection_yaml_is_a_problem_of_its_own(tmp_path):
    stack(tmp_path / "a.ome.tif", names=("1", "2"))
    stack(tmp_path / "b.ome.tif", names=("1", "2", "3"))
    collection = open_collection(told(tmp_path, "channels: {green: 0, blue: 2}"))
    assert [(p.id, p.error.what) for p in collection.problems] == [("a", "no channel 2 (it has 2, from 0)")]
    assert collection.channels == ("green", "blue")


@pytest.mark.parametrize("ending", [".tif", ".ome.tif"])
def test_bad_files_that_come_first_do_not_hide_stacks(tmp_path, ending):
    for name in "abcde":
        (tmp_path / f"{name}{ending}").write_bytes(b"no image")
    stack(tmp_path / "z.ome.tif")
    (tmp_path / "z.ome.tif").rename(tmp_path / "z.tif")
    collection = open_collection(tmp_path)
    assert (collection.layout, len(collection.problems)) == ("stacks", 5)
    assert "z" in collection.ids


def test_unreadable_ome_tiffs_alone_are_stacks_all_the_same(tmp_path):
    (tmp_path / "a.OME.TIFF").write_bytes(b"no image")
    assert [p.id for p in open_collection(tmp_path).problems] == ["a"]


def test_a_path_list_wins_over_channel_files_beside_it(tmp_path):
    write_fields(tmp_path, ids=("a", "b"), channels=("red", "green", "blue"))
    (tmp_path / "c.czi").write_bytes(b"")
    (tmp_path / "path_list.csv").write_text("r_image,b_image,g_image,output_prefix\na_red.png,,a_green.png,one_\n")
    collection = open_collection(tmp_path)
    assert (collection.layout, collection.ids) == ("path_list", ["one"])
    assert open_collection(told(tmp_path, "layout: folder")).ids == ["a", "b"]


def test_paths_are_shown_without_detours(tmp_path):
    write_fields(tmp_path / "data", ids=("a",))
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "path_list.csv").write_text("g_image,output_prefix\n../data/a_green.png,one\n")
    assert open_collection(tmp_path / "lists").files("one") == {"green": tmp_path / "data" / "a_green.png"}
    (tmp_path / "listing").mkdir()
    (tmp_path / "listing" / "listing.csv").write_text("Id,green\na,../data/a_green.png\n")
    assert open_collection(tmp_path / "listing").files("a") == {"green": tmp_path / "data" / "a_green.png"}


def test_a_detour_over_a_link_stays(tmp_path):
    write_fields(tmp_path / "far" / "data", ids=("a",))
    (tmp_path / "far" / "deep").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "far" / "deep")
    (tmp_path / "path_list.csv").write_text("g_image,output_prefix\nlink/../data/a_green.png,one\n")
    assert inspect(open_collection(tmp_path)).problems == ()


@pytest.mark.parametrize("name", ["notes.txt", "paper.pdf", "thesis.docx", "table.csv", "noend", "a.csv.gz", "b.tsv"])
def test_a_file_of_another_kind_is_told_what_can_be_given_instead(tmp_path, name):
    (tmp_path / name).write_bytes(b"%PDF-1.7\nhello,world\n\xff\xfe\x00")
    with pytest.raises(CellocateError, match=r"no table that is understood.*Give a folder of images;.*OME-TIFF"):
        open_collection(tmp_path / name)


@pytest.mark.parametrize("name", ["a.png", "a_green.jpg", "a_red.tif", "1_A1_1_blue_red_green.tif.gz"])
def test_one_channel_given_alone_is_told_to_come_with_its_folder(tmp_path, name):
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(CellocateError, match=rf"one channel.*Give the folder that holds all channels: {tmp_path}"):
        open_collection(tmp_path / name)


def test_one_file_keeps_its_name_and_what_is_said_beside_it(tmp_path):
    stack(tmp_path / "plate 1.well.B2.ome.tif", names=("w1", "w2"))
    told(tmp_path, "channels: {green: w1, blue: w2}\npixel_size: 0.3\n")
    collection = open_collection(tmp_path / "plate 1.well.B2.ome.tif")
    assert (collection.ids, collection.pixel_size(collection.ids[0])) == (["plate 1.well.B2"], 0.3)
    assert inspect(collection, decode=True).problems == ()


def ome_zarr(path, data, names=("DAPI", "protein"), **options):
    zarr = pytest.importorskip("zarr")
    group = zarr.open_group(path, mode="w", zarr_format=2)
    group.create_array("0", data=data, **options)
    axes = [{"name": name} for name in "cyx"]
    channels = {"channels": [{"label": name} for name in names]}
    group.attrs.update({"multiscales": [{"axes": axes, "datasets": [{"path": "0"}]}], "omero": channels})


def test_an_ome_zarr_given_alone_is_one_field(tmp_path):
    data = RNG.integers(1, 200, (2, 12, 12)).astype(np.uint8)
    ome_zarr(tmp_path / "a.b.ome.zarr", data)
    for place in (tmp_path, tmp_path / "a.b.ome.zarr", f"{tmp_path}/a.b.ome.zarr/"):
        collection = open_collection(place)
        assert (collection.layout, collection.ids, collection.channels) == ("stacks", ["a.b"], ("green", "blue"))
        assert np.array_equal(read_field(collection.files("a.b"), ("blue", "green")), data)


def test_absent_chunks_are_a_warning_of_their_field(tmp_path):
    data = RNG.integers(1, 200, (2, 12, 12)).astype(np.uint8)
    for name in ("a", "b"):
        ome_zarr(tmp_path / f"{name}.zarr", data, chunks=(1, 12, 12))
    (tmp_path / "b.zarr" / "0" / "1.0.0").unlink()
    collection = open_collection(tmp_path)
    inspection = inspect(collection, decode=True)
    warned = [(w.id, w.error.what, w.kind) for w in suspects(collection, inspection) if "chunks" in w.error.what]
    assert warned == [("b", "absent chunks (1 of 2, read as 0)", "absent chunks")]
    assert inspection.problems == ()


@pytest.mark.parametrize("name", ["labels", "green", "yellow", "pixel_size", "1", "1st"])
def test_a_pattern_may_not_use_the_names_of_columns(tmp_path, name):
    write_png(tmp_path / "a_7.png", np.zeros((8, 8), np.uint8))
    with pytest.raises(CellocateError, match=rf"no field can be called \{{{name}\}}.*Give it another name") as refused:
        open_collection(told(tmp_path, f'pattern: "{{id}}_{{{name}}}.png"'))
    assert len(str(refused.value).splitlines()) == 1
