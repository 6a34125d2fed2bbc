"""Folders of single-channel files with an exporter's names, and what users say of them."""

import numpy as np
import pytest
import tifffile
from small_collections import pixels, tabled, write_yaml

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
    with pytest.raises(CellocateError, match=rf"no channel (called )?'?{name}'? \(the file names have 'ch00', 'ch01'"):
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


def test_of_two_names_for_a_stain_one_is_proposed_for_the_protein(tmp_path):
    exported(tmp_path, ("DAPI", "H2B-GFP", "tubulin"))
    with pytest.raises(CellocateError, match="nucleus=DAPI,protein=H2B-GFP,microtubules=tubulin"):
        open_collection(tmp_path)


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
    collection = open_collection(write_yaml(exported(tmp_path), said))
    assert (collection.stains, len(collection), collection.problems) == (stains, 2, ())


@pytest.mark.parametrize("token", ["00", "08", "0x1", "no", "1e3", "2020-01-01", "1_0", "~x", "null x", "+1", "0o7"])
def test_whatever_yaml_makes_of_it_a_token_stays_as_it_is_typed(tmp_path, token):
    exported(tmp_path, (token, "other"), "{i}-w-{c}.png")
    write_yaml(tmp_path, f'pattern: "{{id}}-w-{{channel}}.png"\nchannels: {{nucleus: {token}, protein: other}}')
    assert open_collection(tmp_path).stains == {"blue": [token], "green": ["other"]}


@pytest.mark.parametrize(
    ("said", "what"),
    [
        (
            'pattern: "{id}_ch{channel}.tif"\nchannels: {blue: 07}',
            r"no channel called '07' \(the file names have '00'",
        ),
        (
            'pattern: "{id}_w{channel}.tif"',
            r"no file follows .*it holds 8 \.tif, 1 \.yaml, such as 'sample 01_ch00.tif'",
        ),
        ('pattern: "{id}_ch{channel}.tif"', "it is unclear which channel is which"),
    ],
)
def test_a_pattern_that_finds_nothing_is_told_with_what_there_is(tmp_path, said, what):
    with pytest.raises(CellocateError, match=what):
        open_collection(write_yaml(exported(tmp_path), said))


def test_a_pattern_over_names_of_stains_needs_no_word(tmp_path):
    exported(tmp_path / "p1", ("DAPI", "tubulin"), "{i}_{c}.tif")
    write_yaml(tmp_path, 'pattern: "{plate}/{id}_{channel}.tif"')
    assert open_collection(tmp_path).stains == {"blue": ["DAPI"], "red": ["tubulin"]}


@pytest.mark.parametrize("axes", ["ZYX", "TYX"])
@pytest.mark.parametrize("form", ["img_{}", "2024_slide 1_cell {}", "DAPI exp_{}"])
def test_numbers_of_channels_are_not_looked_for_in_names(tmp_path, form, axes):
    for i in range(4):
        data = np.stack([pixels((i, j)) for j in range(3)])
        tifffile.imwrite(tmp_path / f"{form.format(i)}.tif", data, imagej=True, metadata={"axes": axes})
    collection = open_collection(tmp_path, channels={"nucleus": 0, "protein": 1, "microtubules": 2})
    assert (collection.layout, collection.ids) == ("stacks", [form.format(i) for i in range(4)])
    read = read_field(collection.files(form.format(3)), ("blue", "green", "red"))
    assert np.array_equal(read, [pixels((3, j)) for j in range(3)])
    write_yaml(tmp_path, "channels: {nucleus: 0, protein: 1, microtubules: 2}")
    assert open_collection(tmp_path).ids == collection.ids


def test_the_number_0_is_the_only_channel_of_files(tmp_path):
    for i in range(3):
        tifffile.imwrite(tmp_path / f"img_{i}.tif", pixels(i))
        write_png(tmp_path / f"shown_{i}.png", pixels(i))
    collection = open_collection(tmp_path, channels={"protein": 0})
    assert (collection.ids, collection.channels) == (["img_0", "img_1", "img_2"], ("green",))


def test_numbers_of_pictures_in_colour_are_not_looked_for_in_names(tmp_path):
    for i in range(3):
        write_png(tmp_path / f"img_{i}.png", np.stack([pixels(i)] * 3, axis=2))
    with pytest.raises(CellocateError, match=r"no channel images found .*list them \(colour images too\)"):
        open_collection(tmp_path, channels={"nucleus": 2, "protein": 1, "microtubules": 0})


@pytest.mark.parametrize("wavelength", [405, "405"])
def test_wavelengths_are_words_of_names(tmp_path, wavelength):
    collection = open_collection(exported(tmp_path, ("405x", "488x"), "{c} {i}.png"), channels={"nucleus": "405x"})
    assert collection.channels == ("blue",)
    exported(tmp_path / "b", ("405", "488"), "laser{c} {i}.png")
    assert open_collection(tmp_path / "b", channels={"nucleus": wavelength, "protein": 488}).ids == [
        "laser_01",
        "laser_02",
    ]


def test_a_dye_beside_colours_is_a_channel_too(tmp_path):
    collection = open_collection(exported(tmp_path / "a", ("DAPI", "green", "red"), "img{i}_{c}.tif"))
    assert collection.stains == {"blue": ["DAPI"], "green": ["green"], "red": ["red"]}
    for unknown in ("Cy5", "farred", "gray"):
        exported(tmp_path / unknown, ("blue", "green", "red", unknown), "img{i}_{c}.tif")
        with pytest.raises(UnclearChannelsError, match=f"microtubules=red,er={unknown}, with {unknown} in the right"):
            open_collection(tmp_path / unknown)


def test_what_lies_beside_all_four_colours_is_no_question(tmp_path):
    collection = open_collection(exported(tmp_path, ("blue", "green", "red", "yellow", "DIC"), "img{i}_{c}.png"))
    assert (collection.stains, len(collection.channels)) == ({}, 4)
    assert collection.notes == ("2 images in the folder are not read, such as img01_DIC.png",)


COLOURS = {"ch00": (0, 0, 1), "ch01": (1, 0, 0), "ch02": (0, 1, 0), "ch03": (1, 0.5, 0)}  # that LAS X shows


@pytest.mark.parametrize("planar", [False, True])
@pytest.mark.parametrize("ending", [".tif", ".png"])
def test_a_channel_may_be_saved_as_a_picture_in_its_colour(tmp_path, ending, planar):
    for i in ("01", "02"):
        for j, (token, colour) in enumerate(COLOURS.items()):
            image = (pixels((int(i), j))[..., None] * np.array(colour)).astype(np.uint8)
            path = tmp_path / f"img{i}_{token}{ending}"
            if ending == ".png":
                write_png(path, image)
            elif planar:
                tifffile.imwrite(path, np.moveaxis(image, 2, 0), photometric="rgb", planarconfig="separate")
            else:
                tifffile.imwrite(path, image, photometric="rgb")
    with pytest.raises(UnclearChannelsError, match="'ch00', 'ch01', 'ch02', 'ch03'"):
        open_collection(tmp_path)
    collection = open_collection(tmp_path, channels=ASKED)
    read = read_field(collection.files("img02"), ("blue", "green", "red", "yellow"))
    assert np.array_equal(read, [pixels((2, j)) for j in range(4)])
    assert inspect(collection, decode=True).problems == ()


def test_stacks_in_colour_are_read_by_numbers_whatever_their_names(tmp_path):
    for name in ("cell_c1", "cell_c2"):
        tifffile.imwrite(tmp_path / f"{name}.tif", np.stack([pixels(j) for j in range(3)], axis=2), photometric="rgb")
    collection = open_collection(tmp_path, channels={"nucleus": 2, "protein": 1, "microtubules": 0})
    assert (collection.layout, collection.ids) == ("stacks", ["cell_c1", "cell_c2"])


def test_the_command_for_pictures_in_colour_has_their_channels(tmp_path):
    tifffile.imwrite(tmp_path / "f0.tif", np.stack([pixels(j) for j in range(3)], axis=2), photometric="rgb")
    with pytest.raises(
        CellocateError, match=r"colours of a picture.* --channels nucleus=2,protein=1,microtubules=0\.$"
    ):
        open_collection(tmp_path)


def test_slices_of_files_named_by_several_stains_are_asked_back(tmp_path):
    for i in range(3):
        data = np.stack([pixels((i, j)) for j in range(3)])
        tifffile.imwrite(tmp_path / f"DAPI GFP tub_{i}.tif", data, imagej=True, metadata={"axes": "ZYX"})
    with pytest.raises(CellocateError, match=r"channels saved as slices.*nucleus=0,protein=1,microtubules=2;"):
        open_collection(tmp_path)


@pytest.mark.parametrize(
    ("form", "merged"),
    [
        ("Project.lif_Series0{i}_RAW_{c}.tif", "Project.lif_Series0{i}_Merging_RAW_ch00.tif"),
        ("Snap-{i}_{c}.tif", "Snap-{i}_c1-2.tif"),
        ("Snap-{i}_{c}_ORG.tif", "Snap-{i}_c1+2+3.tif"),
    ],
)
def test_pictures_merged_by_exporters_are_no_fields(tmp_path, form, merged):
    tokens = ("ch00", "ch01") if "RAW" in form else ("c1", "c2")
    exported(tmp_path, tokens, form)
    exported(tmp_path, ("",), merged)
    collection = open_collection(tmp_path, channels={"nucleus": tokens[0], "protein": tokens[1]})
    assert (len(collection), collection.problems, collection.notes) == (2, (), ())


def test_numbers_behind_a_channel_are_no_merged_pictures(tmp_path):
    exported(tmp_path, ("c1", "c2"), "img_{c}-{i}.tif", ids=("1", "2"))
    assert open_collection(tmp_path, channels={"nucleus": "c1", "protein": "c2"}).ids == ["img_1", "img_2"]
