"""Folders of single-channel files with an exporter's names, and what users say of them."""

import numpy as np
import pytest
import tifffile
from small_collections import pixels, tabled, told

from cellocate.collection import inspect, open_collection
from cellocate.collection.channels import UnclearChannelsError
from cellocate.errors import CellocateError
from cellocate.images import read_field, write_png

LEICA = ("ch00", "ch01", "ch02", "ch03")
ASKED = {"nucleus": "ch00", "protein": "ch01", "microtubules": "ch02", "er": "ch03"}


def exported(folder, tokens=LEICA, form="sample {i}_{c}.tif", ids=("01", "02")):
    """Write grey files of one channel each; the pixels of each are its own."""
    folder.mkdir(parents=True, exist_ok=True)
    for i in ids:
        for token in tokens:
            path = folder / form.format(i=i, c=token)
            image = pixels((int(i), tokens.index(token)))
            if path.suffix.lower() == ".png":
                write_png(path, image)
            else:
                tifffile.imwrite(path, image)
    return folder


@pytest.mark.parametrize("place", ["", "train", "images"])
def test_numbers_alone_are_asked_back(tmp_path, place):
    exported(tmp_path / place)
    with pytest.raises(UnclearChannelsError, match=r"'ch00', 'ch01', 'ch02', 'ch03', such as 'sample 01_ch00.tif'"):
        open_collection(tmp_path)
    collection = open_collection(tmp_path, channels=ASKED)
    assert (collection.layout, collection.ids) == ("folder", ["sample 01", "sample 02"])
    expected = [pixels((2, j)) for j in (2, 1, 0, 3)]
    assert np.array_equal(read_field(collection.files("sample 02")), expected)
    assert collection.stains == {"blue": ["ch00"], "green": ["ch01"], "red": ["ch02"], "yellow": ["ch03"]}
    assert inspect(collection, decode=True).problems == ()


@pytest.mark.parametrize(
    "channels",
    [
        {"nucleus": 0, "protein": 1},
        {"blue": "00", "green": "01"},
        {"Nucleus": "CH00", "Protein": "CH01"},
    ],
)
def test_numbers_are_named_as_users_like(tmp_path, channels):
    collection = open_collection(exported(tmp_path), channels=channels)
    assert collection.stains == {"blue": ["ch00"], "green": ["ch01"]}
    assert collection.channels == ("green", "blue")


@pytest.mark.parametrize(
    ("form", "tokens"),
    [
        ("img{i}_{c}.tif", ("DAPI", "tubulin", "protein", "ER-Tracker")),
        ("{c}_img{i}.png", ("Hoechst", "microtubules", "target", "ConA-AF647")),
        ("exp_w{c}_s{i}.TIF", ("1DAPI", "2tubulin", "3protein", "4calreticulin")),
        ("img{i} ({c}).png", ("DRAQ5", "anti-tubulin", "protein", "KDEL")),
        ("img{i}-{c}.tif", ("blue", "red", "green", "yellow")),
    ],
)
def test_names_of_stains_need_no_word(tmp_path, form, tokens):
    collection = open_collection(exported(tmp_path, tokens, form))
    assert [len(collection.files(i)) for i in collection.ids] == [4, 4]
    for i, field in zip((1, 2), collection.ids, strict=True):
        read = read_field(collection.files(field), ("blue", "red", "green", "yellow"))
        assert np.array_equal(read, [pixels((i, j)) for j in range(4)])


def test_colours_of_light_are_asked_back_and_dyes_of_something_else_left_out(tmp_path):
    with pytest.raises(UnclearChannelsError, match=r"'w1DAPI': nucleus, 'w2FITC': no target"):
        open_collection(exported(tmp_path / "a", ("1DAPI", "2FITC"), "exp_w{c}_s{i}.tif"))
    exported(tmp_path / "b", ("DAPI", "protein", "MitoTracker Red"), "img{i}_{c}.tif")
    collection = open_collection(tmp_path / "b")
    assert collection.channels == ("green", "blue")
    assert collection.notes == ("MitoTracker Red is not read: it is none of the four stains",)


def test_an_unknown_name_beside_known_ones_is_asked_back(tmp_path):
    exported(tmp_path, ("DAPI", "tubulin", "GOLGA5"), "img{i}_{c}.png")
    with pytest.raises(UnclearChannelsError, match="nucleus=DAPI,protein=GOLGA5,microtubules=tubulin"):
        open_collection(tmp_path)
    assert len(open_collection(tmp_path, channels={"protein": "GOLGA5"})) == 2


def test_parts_of_names_that_no_exporter_writes_can_be_named(tmp_path):
    exported(tmp_path, ("left", "right"), "{c} of {i}.png")
    with pytest.raises(CellocateError, match=r"no channel images found \(it holds 4 \.png, such as 'left of 01.png'\)"):
        open_collection(tmp_path)
    collection = open_collection(tmp_path, channels={"nucleus": "left", "protein": "right"})
    assert (collection.ids, collection.channels) == (["of 01", "of 02"], ("green", "blue"))


@pytest.mark.parametrize("name", ["ch04", "DAPI", 9])
def test_a_channel_that_no_file_has_is_told_with_those_there_are(tmp_path, name):
    with pytest.raises(
        CellocateError, match=rf"no channel (called )?'?{name}'? \(the names of files have 'ch00', 'ch01'"
    ):
        open_collection(exported(tmp_path), channels={"nucleus": name, "protein": "ch01"})


def test_names_that_no_file_has_are_told_with_what_is_there(tmp_path):
    write_png(tmp_path / "cell.png", pixels(1))
    with pytest.raises(CellocateError, match=r"1 \.png, such as 'cell.png'; no name has 'ch00' or 'ch01'"):
        open_collection(tmp_path, channels={"nucleus": "ch00", "protein": "ch01"})


def test_a_file_that_is_missing_is_a_problem_of_its_field(tmp_path):
    (exported(tmp_path) / "sample 02_ch01.tif").unlink()
    [problem] = inspect(open_collection(tmp_path, channels=ASKED)).problems
    assert (problem.id, problem.error.what) == ("sample 02", "the green file is missing")


def test_two_files_of_one_channel_are_a_problem(tmp_path):
    exported(tmp_path)
    write_png(tmp_path / "sample 01_ch00.png", pixels(9))
    assert [p.id for p in open_collection(tmp_path, channels=ASKED).problems] == ["sample 01"]


def test_masks_and_merged_pictures_are_no_channels(tmp_path):
    exported(tmp_path, ("DAPI", "tubulin"), "img{i}_{c}.png")
    for name in (
        "img01_DAPI_mask",
        "img01_DAPI_cp_masks",
        "img01_merge",
        "img01_nuclei",
        "img01_cells",
        "img01_overlay",
    ):
        write_png(tmp_path / f"{name}.png", pixels(9))
    collection = open_collection(tmp_path)
    assert (collection.ids, collection.problems) == (["img01", "img02"], ())


def test_files_of_several_channels_are_not_taken_for_one(tmp_path):
    for name in ("exp_c1", "exp_c2"):
        meta = {"axes": "CYX", "Channel": {"Name": ["DAPI", "protein"]}}
        tifffile.imwrite(tmp_path / f"{name}.ome.tif", np.stack([pixels(1), pixels(2)]), metadata=meta)
    assert open_collection(tmp_path).layout == "stacks"
    collection = open_collection(tmp_path, channels={"nucleus": "DAPI"})
    assert (collection.layout, collection.ids) == ("stacks", ["exp_c1", "exp_c2"])


def test_one_channel_files_may_be_called_ome_tiffs(tmp_path):
    exported(tmp_path, ("00", "01"), "image--X{i}--C{c}.ome.tif")
    collection = open_collection(tmp_path, channels={"nucleus": "C00", "protein": "C01"})
    assert (collection.layout, collection.ids) == ("folder", ["image--X01", "image--X02"])
    assert open_collection(tmp_path, channels={"nucleus": "C00"}).channels == ("blue",)


def test_a_folder_of_one_field_names_it(tmp_path):
    exported(tmp_path / "field 7", ("DAPI", "tubulin"), "{c}.tif", ids=("01",))
    assert open_collection(tmp_path / "field 7").ids == ["field 7"]


def test_named_files_are_no_challenges(tmp_path):
    exported(tmp_path, ("DAPI", "protein"), "img{i}_{c}.png")
    assert open_collection(tabled(tmp_path, "Id,Target\nimg01,0\nimg02,1\n")).layout == "folder"


@pytest.mark.parametrize(
    ("said", "stains"),
    [
        ("channels: {blue: 00, green: 01}", {"blue": ["ch00"], "green": ["ch01"]}),
        ("channels: {nucleus: ch00, protein: ch01}", {"blue": ["ch00"], "green": ["ch01"]}),
        ('pattern: "{id}_ch{channel}.tif"\nchannels: {blue: 00, green: 01}', {"blue": ["00"], "green": ["01"]}),
        ('pattern: "{id}_ch{channel}.tif"\nchannels: {blue: 0, green: 1}', {"blue": ["00"], "green": ["01"]}),
        ('pattern: "{id}_ch0{channel}.tif"\nchannels: {2: red, 3: er}', {"red": ["2"], "yellow": ["3"]}),
    ],
)
def test_numbers_are_read_from_collection_yaml_as_they_are_typed(tmp_path, said, stains):
    collection = open_collection(told(exported(tmp_path), said))
    assert (collection.stains, len(collection), collection.problems) == (stains, 2, ())


@pytest.mark.parametrize("token", ["00", "08", "0x1", "no", "1e3", "2020-01-01", "1_0", "~x", "null x", "+1", "0o7"])
def test_whatever_yaml_makes_of_it_a_token_stays_as_it_is_typed(tmp_path, token):
    exported(tmp_path, (token, "other"), "{i}-w-{c}.png")
    told(tmp_path, f'pattern: "{{id}}-w-{{channel}}.png"\nchannels: {{nucleus: {token}, protein: other}}')
    assert open_collection(tmp_path).stains == {"blue": [token], "green": ["other"]}


@pytest.mark.parametrize(
    ("said", "what"),
    [
        (
            'pattern: "{id}_ch{channel}.tif"\nchannels: {blue: 07}',
            r"no channel called '07' \(the names of files have '00'",
        ),
        (
            'pattern: "{id}_w{channel}.tif"',
            r"no file follows .*it holds 8 \.tif, 1 \.yaml, such as 'sample 01_ch00.tif'",
        ),
        ('pattern: "{id}_ch{channel}.tif"', "nothing tells which channel is which"),
    ],
)
def test_a_pattern_that_finds_nothing_is_told_with_what_there_is(tmp_path, said, what):
    with pytest.raises(CellocateError, match=what):
        open_collection(told(exported(tmp_path), said))


def test_a_pattern_over_names_of_stains_needs_no_word(tmp_path):
    exported(tmp_path / "p1", ("DAPI", "tubulin"), "{i}_{c}.tif")
    told(tmp_path, 'pattern: "{plate}/{id}_{channel}.tif"')
    assert open_collection(tmp_path).stains == {"blue": ["DAPI"], "red": ["tubulin"]}
