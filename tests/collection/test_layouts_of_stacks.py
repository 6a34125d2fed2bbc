"""Files of several channels as collections: stacks, composites, OME-Zarr."""

import cv2
import numpy as np
import pytest
import tifffile
from small_collections import write_fields, write_yaml

from cellocate.collection import find_warnings, inspect, open_collection
from cellocate.collection.channels import UnclearChannelsError
from cellocate.errors import CellocateError
from cellocate.images import read_field, write_png

RNG = np.random.default_rng(0)


def stack(path, names=("DAPI", "protein", "microtubules", "ER"), kind=np.uint8):
    data = RNG.integers(1, 200, (len(names), 12, 12)).astype(kind)
    path.parent.mkdir(parents=True, exist_ok=True)
    meta = {"axes": "CYX", "Channel": {"Name": list(names)}, "PhysicalSizeX": 0.16, "PhysicalSizeXUnit": "µm"}
    tifffile.imwrite(path, data, metadata=meta)
    return data


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


@pytest.mark.parametrize("name", ["a_cp_masks", "a_cells", "a-labels", "Mask of a", "a_DAPI_cp_masks", "a.ome_overlay"])
def test_masks_and_pictures_beside_stacks_are_no_fields(tmp_path, name):
    stack(tmp_path / "a.ome.tif")
    kind = {"photometric": "rgb"} if "overlay" in name else {}
    tifffile.imwrite(tmp_path / f"{name}.tif", np.ones((12, 12, 3)[: 2 + len(kind)], np.uint8), **kind)
    collection = open_collection(tmp_path)
    assert collection.ids == ["a"]
    [note] = [note for note in collection.notes if name in note]
    assert note.startswith(f"{name}.tif is not read as a field: its name is that of a mask")


def test_stacks_may_be_named_as_masks_are(tmp_path):
    for name in ("HeLa cells", "Composite", "merged", "U2OS", "U2OS_cells"):
        stack(tmp_path / f"{name}.ome.tif")
    assert open_collection(tmp_path).ids == ["Composite", "HeLa cells", "U2OS", "U2OS_cells", "merged"]


def test_labels_beside_stacks_are_joined(tmp_path):
    stack(tmp_path / "train" / "a.ome.tif")
    (tmp_path / "train.csv").write_text("Id,Target\na,7\n")
    collection = open_collection(tmp_path)
    assert (collection.layout, list(collection.fields["labels"])) == ("stacks", [(7,)])
    assert collection.pixel_size("a") == 0.16


def test_channels_without_telling_names_are_asked_back(tmp_path):
    data = stack(tmp_path / "a.ome.tif", names=("w1", "w2"))
    with pytest.raises(
        CellocateError, match=r"it is unclear which.*0 is 'w1'; channel 1 is 'w2'.*--channels nucleus=w1"
    ):
        open_collection(tmp_path)
    collection = open_collection(write_yaml(tmp_path, "channels: {green: w2, blue: 0}"))
    assert np.array_equal(read_field(collection.files("a"), ("green", "blue")), data[::-1])


@pytest.mark.parametrize("said", ["channels: {green: w3}", "channels: {green: 2}"])
def test_channels_that_are_not_there_are_refused(tmp_path, said):
    stack(tmp_path / "a.ome.tif", names=("w1", "w2"))
    with pytest.raises(CellocateError, match="no channel"):
        open_collection(write_yaml(tmp_path, said))


def test_dyes_are_known_and_no_colour_counts_within_their_names(tmp_path):
    stack(tmp_path / "a.ome.tif", names=("SYTOX Green", "tubulin"))
    collection = open_collection(tmp_path)
    assert (collection.channels, collection.stains) == (("red", "blue"), {"blue": ["SYTOX Green"], "red": ["tubulin"]})
    stack(tmp_path / "a.ome.tif", names=("DAPI", "GFP", "MitoTracker Red"))
    with pytest.raises(
        UnclearChannelsError, match=r"'GFP': no target; channel 2 is 'MitoTracker Red': none of the four"
    ):
        open_collection(tmp_path)
    stack(tmp_path / "a.ome.tif", names=("DAPI", "protein", "MitoTracker Red"))
    collection = open_collection(tmp_path)
    assert (collection.channels, len(collection.notes)) == (("green", "blue"), 1)


def test_channels_are_named_from_python(tmp_path):
    data = stack(tmp_path / "a.ome.tif", names=("DAPI", "AF488", "AF555", "AF647"))
    named = {"nucleus": "DAPI", "protein": "AF488", "microtubules": 2, "endoplasmic_reticulum": "AF647"}
    collection = open_collection(tmp_path / "a.ome.tif", channels=named)
    assert np.array_equal(read_field(collection.files("a")), data[[2, 1, 0, 3]])
    assert collection.stains == {"blue": ["DAPI"], "green": ["AF488"], "red": ["AF555"], "yellow": ["AF647"]}


def test_names_that_differ_from_file_to_file_are_all_told(tmp_path):
    stack(tmp_path / "a.ome.tif", names=("DAPI", "protein"))
    stack(tmp_path / "b.ome.tif", names=("protein", "Hoechst"))
    assert open_collection(tmp_path).stains == {"blue": ["DAPI", "Hoechst"], "green": ["protein"]}


def test_channels_without_names_are_told_by_number(tmp_path):
    stack(tmp_path / "a.ome.tif", names=("", "Cam", "Cam"))
    collection = open_collection(tmp_path, channels={"nucleus": 0, "protein": 2})
    assert collection.stains == {"blue": [0], "green": [2]}


def test_channels_of_a_table_cannot_be_named(tmp_path):
    write_fields(tmp_path)
    (tmp_path / "listing.csv").write_text("Id,green\nx,a_green.png\n")
    with pytest.raises(CellocateError, match="--channels works for images only, not for the files that listing"):
        open_collection(tmp_path, channels={"protein": "green"})


@pytest.mark.parametrize("text", ["Id,green\n", "Id,Target\n"])
def test_a_collection_without_fields_is_refused(tmp_path, text):
    (tmp_path / "listing.csv").write_text(text)
    with pytest.raises(CellocateError, match="no fields: "):
        open_collection(tmp_path / "listing.csv")


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
    assert open_collection(write_yaml(tmp_path, "layout: folder")).layout == "folder"


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
        ("b", "it is unclear which channel is which"),
        ("c", "it is unclear which channel is which"),
        ("d", "an image cannot be read"),
        ("e", "a channel file is missing"),
    }


def test_a_stack_that_lacks_a_channel_named_in_collection_yaml_is_a_problem_of_its_own(tmp_path):
    stack(tmp_path / "a.ome.tif", names=("1", "2"))
    stack(tmp_path / "b.ome.tif", names=("1", "2", "3"))
    collection = open_collection(write_yaml(tmp_path, "channels: {green: 0, blue: 2}"))
    said = "no channel 2 (channel 0 is '1'; channel 1 is '2')"
    assert [(p.id, p.error.what) for p in collection.problems] == [("a", said)]
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


def test_one_file_keeps_its_name_and_what_is_said_beside_it(tmp_path):
    stack(tmp_path / "plate 1.well.B2.ome.tif", names=("w1", "w2"))
    write_yaml(tmp_path, "channels: {green: w1, blue: w2}\npixel_size: 0.3\n")
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
    warned = [
        (w.id, w.error.what, w.error.kind) for w in find_warnings(collection, inspection) if "chunks" in w.error.what
    ]
    assert warned == [("b", "absent chunks (1 of 2, read as 0)", "absent chunks")]
    assert inspection.problems == ()
