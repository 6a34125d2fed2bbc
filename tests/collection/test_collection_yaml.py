"""What collection.yaml, a list of paths or a table of metadata says, and files given alone."""

import gzip
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from small_collections import write_fields, write_yaml

from cellocate.collection import inspect, open_collection
from cellocate.errors import CellocateError
from cellocate.images import read_field, write_png

RNG = np.random.default_rng(0)


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
        read_field(open_collection(write_yaml(tmp_path, text)).files("89_B5_1"), ("yellow",))[0].astype(int)
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
    write_yaml(
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
        ("pattern: nothing.png", "not a pattern of file names"),
        ('pattern: "{id}_{id}.png"', "not a pattern of file names"),
        ('pattern: "{id}_x{channel}.png"', "no file follows"),
        ('pattern: "{id}_{channel}.png"\nchannels: {}', "it is unclear which channel is which"),
        ("pixel_size: -1", "pixel_size"),
        ("layout: kaggle2018", "'folder', 'path_list', 'stacks'"),
        ("colour: red", "no setting is called 'colour'"),
        ("channel: {blue: w1}", "no setting is called 'channel'.*Did you mean channels"),
        ("patern: x", "Did you mean pattern"),
        ("Layout: folder", "Did you mean layout"),
        ("channels: [w1]", r"channels names no stains.*channels: \{nucleus: DAPI, protein: AF488\}"),
        ("channels: w1", "channels names no stains"),
        ("channels: {blue: [w1]}", "no channel is named for blue"),
        ("channels: {blue: }", "no channel is named for blue"),
        ("channels: {blue: w1, nucleus: w2}", "two names for nucleus"),
        ("channels: {blue: w1, blue: w2}", "two lines for blue: .*line 1"),
        ("channels: {nuclei: w1}", "no stain is called 'nuclei'.*Did you mean nucleus"),
        ('channels: {nucleus: "?"}', "the channel of nucleus is still missing"),
        ("pixel_size: 0,65", "pixel_size cannot be '0,65': .*µm per px, such as 0.08"),
        ("pixel_size: 2020-13-45", "pixel_size cannot be"),
        ("z: third", "z cannot be 'third': .*number of a plane, from 0, or max or mean"),
        ("yellow: blu", "yellow cannot be 'blu'"),
        ("metadata: wells.csv", "metadata cannot be 'wells.csv'"),
        ("pattern: {a: b}", "pattern cannot be"),
        ("labels: [a]", "labels cannot be"),
        ("[1, 2]", "not a list of settings"),
        ("just words", "not a list of settings"),
        ("? [a]\n: b", "no name before a colon"),
        ("a: b: c", "not readable as YAML"),
        ("&a [*a]", "not readable as YAML"),
        ("z: max\npattern: {id}_ch{channel}.tif", r'line 2\. Put it in quotes: pattern: "{id}_ch{channel}.tif"'),
        ("pattern: {id}/{channel}.tif", r'line 1\. Put it in quotes: pattern: "{id}/{channel}.tif"'),
        ("channels:\n\tnucleus: ch00", r"\('nucleus: ch00'\).*line 2\. Use spaces instead of tabs"),
        ("labels: *a", r"\('labels: \*a'\).*line 1"),
        ("channels: {nucleus: a", "not readable as YAML"),
        ("a: 1\n---\nb: 2", "not readable as YAML"),
    ],
)
def test_what_a_collection_yaml_cannot_say_is_refused(tmp_path, said, what):
    write_png(tmp_path / "a_w1.png", np.zeros((8, 8), np.uint8))
    with pytest.raises(CellocateError, match=what) as refused:
        open_collection(write_yaml(tmp_path, said))
    assert len(str(refused.value).splitlines()) == 1


def test_metadata_is_joined_from_any_table_by_id(tmp_path):
    write_fields(tmp_path, ids=("a", "b"))
    (tmp_path / "wells").mkdir()
    (tmp_path / "wells" / "one.csv").write_text("Image,Cellline,antibody\na,U-2 OS,HPA1\nz,HeLa,HPA9\n")
    (tmp_path / "wells" / "two.csv").write_text("id,pixel_size,antibody\nb,0.16,HPA2\n")
    collection = open_collection(write_yaml(tmp_path, "metadata: [wells/one.csv, wells/two.csv]"))
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
        open_collection(write_yaml(tmp_path, "metadata: [meta.csv]"))


def test_what_was_recognised_is_said(tmp_path):
    (write_fields(tmp_path / "train") / "..").resolve()
    (tmp_path / "train.csv").write_text("Id,Target\na,0\nb,1\n")
    because = open_collection(tmp_path).because
    assert because == f"files <id>_<channel> in {tmp_path / 'train'}; labels of hpa28 in train.csv"
    assert Path(because.split(" in ")[1].split(";")[0]).is_dir()


def test_a_path_list_wins_over_channel_files_beside_it(tmp_path):
    write_fields(tmp_path, ids=("a", "b"), channels=("red", "green", "blue"))
    (tmp_path / "c.czi").write_bytes(b"")
    (tmp_path / "path_list.csv").write_text("r_image,b_image,g_image,output_prefix\na_red.png,,a_green.png,one_\n")
    collection = open_collection(tmp_path)
    assert (collection.layout, collection.ids) == ("path_list", ["one"])
    assert open_collection(write_yaml(tmp_path, "layout: folder")).ids == ["a", "b"]


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


@pytest.mark.parametrize("name", ["notes.txt", "table.csv", "a.csv.gz", "b.tsv"])
def test_a_file_that_is_named_as_a_table_and_is_none_is_told_so(tmp_path, name):
    (tmp_path / name).write_bytes(b"%PDF-1.7\nhello,world\n\xff\xfe\x00")
    with pytest.raises(CellocateError, match=r"not a CSV table \(it has zero bytes\)"):
        open_collection(tmp_path / name)


@pytest.mark.parametrize("name", ["paper.pdf", "thesis.docx", "noend"])
def test_a_file_of_another_kind_is_told_what_can_be_given_instead(tmp_path, name):
    (tmp_path / name).write_bytes(b"%PDF-1.7\nhello,world\n\xff\xfe\x00")
    with pytest.raises(CellocateError, match=r"neither images nor a known kind.*Give a folder of images;.*OME-TIFF"):
        open_collection(tmp_path / name)


@pytest.mark.parametrize("name", ["a.png", "a_green.jpg", "a_red.tif", "1_A1_1_blue_red_green.tif.gz"])
def test_one_channel_given_alone_is_told_to_come_with_its_folder(tmp_path, name):
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(CellocateError, match=rf"one channel.*Give the folder with all channels: {tmp_path}"):
        open_collection(tmp_path / name)


@pytest.mark.parametrize("name", ["labels", "green", "yellow", "pixel_size", "1", "1st"])
def test_a_pattern_may_not_use_the_names_of_columns(tmp_path, name):
    write_png(tmp_path / "a_7.png", np.zeros((8, 8), np.uint8))
    with pytest.raises(CellocateError, match=rf"a placeholder \{{{name}\}}.*Choose another name") as refused:
        open_collection(write_yaml(tmp_path, f'pattern: "{{id}}_{{{name}}}.png"'))
    assert len(str(refused.value).splitlines()) == 1
