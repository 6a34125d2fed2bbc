"""How many bits the fields of a collection have, and what was added to every pixel."""

import numpy as np
import pandas as pd
import pytest
import tifffile
from small_collections import write_yaml

from cellocate.cells.conversion import convert
from cellocate.cells.crops import CropSettings
from cellocate.cells.cutting import CellPlan
from cellocate.cells.field_masks import ImportedMasks
from cellocate.collection import camera_depth as depth_
from cellocate.collection import find_warnings, inspect, open_collection, pack, usable_fields
from cellocate.collection.camera_depth import find_too_bright, with_depth
from cellocate.collection.depth_inference import Evidence, infer_depth
from cellocate.collection.layouts import listing
from cellocate.collection.merge import merge
from cellocate.collection.rescale import rescale
from cellocate.errors import CellocateError, CellocateWarning
from cellocate.images import read_channel, write_png
from cellocate.images.bit_depth import SIGNED

BOTH = ("green", "blue")


def light(seed, brightest, darkest=0, shape=(40, 40)):
    """Two channels with a spot each in the dark, whose brightest and darkest pixel are known."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    places = np.random.default_rng(seed).integers(10, 30, (2, 2))
    spots = np.stack([np.exp(-((y - top) ** 2 + (x - left) ** 2) / 50) for top, left in places])
    planes = spots * (brightest - darkest) + darkest
    planes[:, 0, :2] = (brightest, darkest)
    return planes.astype(np.uint16)


def written(folder, brightest, darkest=0, ids="abc", kind=np.uint16):
    """A folder of fields, each as bright as is said; give the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    brightest = [brightest] * len(ids) if isinstance(brightest, int) else brightest
    for seed, (field, top) in enumerate(zip(ids, brightest, strict=True)):
        for channel, plane in zip(BOTH, light(seed, top, darkest), strict=True):
            write_png(folder / f"{field}_{channel}.png", plane.astype(kind))
    return folder


def known(folder, **options):
    return with_depth(open_collection(folder, **options))


def ome(path, pixels, bits):
    """Write an OME-TIFF of green and blue with so many significant bits."""
    meta = {"axes": "CYX", "Channel": {"Name": ["green", "blue"]}, "SignificantBits": bits}
    tifffile.imwrite(path, pixels, metadata=meta)


@pytest.mark.parametrize(
    ("brightest", "bits"), [(255, 8), (256, 10), (1023, 10), (4088, 12), (16000, 14), (16384, 16), (65535, 16)]
)
def test_the_smallest_depth_that_holds_every_pixel_is_taken(tmp_path, brightest, bits):
    collection, notes = known(written(tmp_path, [200, brightest, 300 if brightest > 300 else 90]))
    assert {collection.bits(i) for i in collection.ids} == {bits}
    if bits < 16:
        assert f"no pixel of 3 fields is above {brightest}: read as {bits}-bit counts" in notes[0]
    pixels = collection.read("b", BOTH)[0]
    assert pixels.max() == round(brightest * 65535 / (2**bits - 1))
    np.testing.assert_array_equal(collection.read_counts("b", BOTH)[0], light(1, brightest))
    assert collection.subset(["c"]).bits("c") == bits  # whatever that field would tell alone


def test_files_of_8_bits_stay_as_they_are_and_one_is_enough_to_see(tmp_path, monkeypatch):
    collection = open_collection(written(tmp_path, 200, kind=np.uint8))
    read, looked = type(collection).read_counts, []
    monkeypatch.setattr(type(collection), "read_counts", lambda c, *a: looked.append(a[0]) or read(c, *a))
    after, notes = with_depth(collection)
    assert (notes, len(looked), "bits" in after.fields) == ((), 1, False)
    assert with_depth(after)[0] is after
    np.testing.assert_array_equal(after.read("a", BOTH)[0], light(0, 200))


def test_depth_is_inferred_by_16_bit_files_alone(tmp_path):
    written(tmp_path, 255, kind=np.uint8)
    written(tmp_path, 3000, ids="xyz")
    collection, inspection = usable_fields(open_collection(tmp_path), BOTH, labelled=False, skip_bad=False)
    assert "no pixel of 3 fields is above 3000: read as 12-bit counts" in inspection.notes[0]
    assert [collection.bits(i) for i in "abcxyz"] == [None] * 3 + [12] * 3
    assert collection.read("a", BOTH)[0].dtype == np.uint8
    assert {known(tmp_path)[0].bits(i) for i in "xyz"} == {12}
    assert depth_.camera_depths(collection, inspection.images) == (8, 12)


def test_fields_too_dark_to_tell_stay_as_they_are_and_are_reported(tmp_path):
    collection, notes = known(written(tmp_path, 60))
    assert "too dark to infer the bits of the camera" in notes[0]
    assert collection.bits("a") is None
    assert collection.read("a", BOTH)[0].max() == 60


def test_a_brighter_pixel_that_a_sample_missed_is_refused_when_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(depth_, "_SAMPLE", 2)
    folder = written(tmp_path / "data", [4000, 4000, 4000, 9000], ids="abcd")
    collection = open_collection(folder)
    collection, _ = with_depth(collection)
    with pytest.raises(CellocateError, match=r"a pixel of 9000, above the 4095 of 12 bits: field d, .*d_green.png"):
        collection.read("d", BOTH)
    with pytest.raises(CellocateError, match=r"1 of 4 fields cannot be packed; the first, d: a pixel of 9000"):
        pack(collection, tmp_path / "store", sizes=(40,), workers=1)
    write_yaml(folder, "bits: 14\n")
    store = pack(open_collection(folder), tmp_path / "store", sizes=(40,), workers=1, resume=True)  # nothing was lost
    assert {store.bits(i) for i in store.ids} == {14}
    assert store.read_counts("d", BOTH)[0].max() == 9000


def test_a_look_before_a_long_command_finds_what_the_sample_missed(tmp_path, monkeypatch):
    monkeypatch.setattr(depth_, "_SAMPLE", 2)
    folder = written(tmp_path, [4000, 4000, 4000, 9000], ids="abcd")
    looked = inspect(open_collection(folder), decode=True)
    assert [(problem.id, problem.error.what) for problem in looked.problems] == [
        ("d", "a pixel of 9000, above the 4095 of 12 bits")
    ]
    assert looked.guessed_bits == 12
    with pytest.raises(
        CellocateError, match=r"1 of 4 fields cannot be used; the first, d: a pixel of 9000, .*bits: 14"
    ):
        usable_fields(open_collection(folder), BOTH, labelled=False, skip_bad=False)
    kept, inspection = usable_fields(open_collection(folder), BOTH, labelled=False, skip_bad=True)
    assert kept.ids == ["a", "b", "c"]
    assert [problem.id for problem in inspection.problems] == ["d"]
    some, _ = with_depth(open_collection(folder))
    with pytest.raises(CellocateError, match="1 of 2 fields cannot be used"):
        usable_fields(some.subset(["a", "d"]), BOTH, labelled=False, skip_bad=False)


def test_what_was_not_guessed_needs_no_look(tmp_path, monkeypatch):
    collection, _ = known(write_yaml(written(tmp_path, 4000), "bits: 12\n"))
    monkeypatch.setattr(depth_.Collection, "read_counts", None)
    assert find_too_bright(collection) == ()


def test_every_command_judges_the_depth_by_the_same_fields(tmp_path):
    folder = written(tmp_path, [4000] * 69 + [9000], ids=[f"f{i:02}" for i in range(70)])
    assert inspect(open_collection(folder), decode=True).depth.notes[0] == known(folder)[1][0]


def test_hot_pixels_of_a_few_fields_make_no_depth(tmp_path):
    folder = written(tmp_path / "one", [4000, 4000, 4000, 65535], ids="abcd")
    for channel, plane in zip(BOTH, light(3, 4000), strict=True):
        plane[20, 20] = 65535
        write_png(folder / f"d_{channel}.png", plane)
    looked = inspect(open_collection(folder), decode=True)
    assert looked.bits["a"] == 12
    assert [problem.id for problem in looked.problems] == ["d"]
    for field in "abcd":
        plane = light(0, 4000)[0]
        plane[20, 20] = 5000
        write_png(folder / f"{field}_green.png", plane)
        write_png(folder / f"{field}_blue.png", light(0, 4000)[1])
    collection, notes = known(folder)
    assert collection.bits("a") == 14
    assert "read as 14-bit counts, because of 4 pixels above 4095" in notes[0]


def test_what_collection_yaml_says_goes_before_all(tmp_path):
    folder = write_yaml(written(tmp_path, 900, darkest=80), "bits: 16\ncamera_offset: 80\n")
    collection, notes = known(folder)
    assert (notes, collection.bits("a"), collection.offset("a")) == ((), 16, 80)
    assert collection.read("a", BOTH)[0].max() == 820
    write_yaml(folder, "bits: 12\n")
    assert known(folder)[0].read("a", BOTH)[0].max() == round(900 * 65535 / 4095)
    write_yaml(folder, "bits: 7\n")
    with pytest.raises(CellocateError, match="bits"):
        open_collection(folder)


def test_a_table_says_the_bits_of_each_field(tmp_path):
    folder = write_yaml(written(tmp_path, 900), "metadata: [cameras.csv]\n")
    (folder / "cameras.csv").write_text("id,SignificantBits,camera_offset\na,12,\nb,14,30\n")
    collection, _ = known(folder)
    assert [collection.bits(i) for i in "abc"] == [12, 14, 10]
    assert [collection.offset(i) for i in "abc"] == [0, 30, 0]
    for wrong in ("20", "many"):
        (folder / "cameras.csv").write_text(f"id,bits\na,{wrong}\n")
        with pytest.raises(CellocateError, match="bits"):
            open_collection(folder)


def test_ome_metadata_say_the_depth(tmp_path):
    for field in "ab":
        ome(tmp_path / f"{field}.ome.tif", light(0, 900), 12)
    collection, notes = known(tmp_path)
    assert notes == ("12-bit counts in 16-bit files (from metadata or collection.yaml)",)
    assert collection.read("a", BOTH)[0].max() == round(900 * 65535 / 4095)
    ome(tmp_path / "b.ome.tif", light(0, 5000), 12)
    with pytest.raises(CellocateError, match=r"a pixel of 5000, above the 4095 of 12 bits: field b"):
        known(tmp_path)[0].read("b", BOTH)
    assert [p.error.what for p in inspect(open_collection(tmp_path), decode=True).problems] == [
        "a pixel of 5000, above the 4095 of 12 bits"
    ]


def test_fields_that_say_nothing_are_as_those_that_do(tmp_path):
    ome(tmp_path / "a.ome.tif", light(0, 4000), 12)
    for field, brightest in (("b", 900), ("c", 700)):
        meta = {"axes": "CYX", "Channel": {"Name": ["green", "blue"]}}
        tifffile.imwrite(tmp_path / f"{field}.ome.tif", light(1, brightest), metadata=meta)
    collection, notes = known(tmp_path)
    assert {collection.bits(i) for i in "abc"} == {12}
    assert "no pixel of 2 fields is above 900 where metadata give no depth: read as 12-bit counts, like" in notes[1]


def test_16_significant_bits_are_believed_but_doubted(tmp_path):
    ome(tmp_path / "a.ome.tif", light(0, 3900), 16)
    collection, notes = known(tmp_path)
    assert collection.read("a", BOTH)[0].max() == 3900
    assert notes == (
        "the metadata say 16 bits, but no pixel of 1 field is above 3900. If these are 12-bit counts, write bits: 12 "
        "into collection.yaml next to the images",
    )
    assert known(write_yaml(tmp_path, "bits: 16\n"))[1] == ()


def test_single_planes_with_ome_metadata_say_it_too(tmp_path):
    for channel, plane in zip(BOTH, light(0, 900), strict=True):
        tifffile.imwrite(tmp_path / f"a_{channel}.tif", plane, ome=True, metadata={"SignificantBits": 12})
    collection, notes = known(tmp_path)
    assert (collection.bits("a"), notes) == (12, ("12-bit counts in 16-bit files (from metadata or collection.yaml)",))
    looked = inspect(open_collection(tmp_path), decode=True)
    assert looked.bits["a"] == 12


def test_fields_of_two_cameras_are_reported_and_of_two_sources_told_apart(tmp_path):
    written(tmp_path / "mixed", [4000, 60000, 3000, 50000, 4095], ids="abcde")
    collection, notes = known(tmp_path / "mixed")
    assert collection.bits("a") == 16
    assert notes[0].startswith("3 of 5 fields have no pixel above 4095, and others have: all read as 16 bits")
    one, other = written(tmp_path / "one", 4000), written(tmp_path / "other", 60000, ids="xyz")
    merged, _ = merge([open_collection(one), open_collection(other)])
    collection, notes = with_depth(merged)
    assert [collection.bits(i) for i in "axz"] == [12, 16, 16]
    assert [note.partition(":")[0] for note in notes] == ["one"]
    listing.write(tmp_path, collection, {})
    again = open_collection(tmp_path / "listing.csv")
    assert [again.bits(i) for i in "ax"] == [12, 16]


def test_scanrs_offset_is_found_and_subtracted(tmp_path):
    folder = written(tmp_path / "data", SIGNED + 4000, SIGNED)
    collection, notes = known(folder)
    assert (collection.bits("a"), collection.offset("a")) == (12, SIGNED)
    assert "no pixel is darker than 32768" in notes[-1]
    counts = collection.read_counts("a", BOTH)[0]
    assert (counts.min(), counts.max()) == (0, 4000)
    assert collection.read("a", BOTH)[0].max() == round(4000 * 65535 / 4095)
    looked = inspect(open_collection(folder), decode=True)
    warnings = find_warnings(open_collection(folder), looked)
    assert {w.error.what for w in warnings} == {looked.depth.floor.what}
    assert looked.problems == ()
    as_they_are, notes = known(write_yaml(folder, "camera_offset: 0\n"))
    assert (as_they_are.bits("a"), as_they_are.offset("a")) == (16, 0)
    assert "50% of the full scale" in notes[-1]


def test_edges_of_0_hide_no_offset(tmp_path):
    signed = written(tmp_path / "signed", SIGNED + 4000, SIGNED)
    high = written(tmp_path / "high", 4000, 1000)
    for path in (*signed.glob("*.png"), *high.glob("*.png")):
        plane = np.pad(read_channel(path, "green"), 2)
        write_png(path, plane)
    collection, notes = known(signed)
    assert (collection.bits("a"), collection.offset("a")) == (12, SIGNED)
    assert "no pixel is darker than 32768" in notes[-1]
    counts = collection.read_counts("a", BOTH)[0]
    assert (counts.min(), counts.max()) == (0, 4000)
    assert known(high)[1][-1].startswith("no pixel of green, blue is darker than 1000, 24% of the full scale")


def test_a_field_without_the_offset_of_the_others_is_a_problem(tmp_path, monkeypatch):
    monkeypatch.setattr(depth_, "_SAMPLE", 2)
    folder = written(tmp_path, SIGNED + 4000, SIGNED, ids="abcd")
    for channel, plane in zip(BOTH, light(3, 4000), strict=True):
        write_png(folder / f"d_{channel}.png", plane)
    [problem] = inspect(open_collection(folder), decode=True).problems
    assert problem.id == "d"
    assert problem.error.what.startswith("no pixel is above 32768, which was subtracted")
    with pytest.raises(CellocateError, match="the first, d: no pixel is above 32768"):
        usable_fields(open_collection(folder), BOTH, labelled=False, skip_bad=False)


@pytest.mark.parametrize(("kind", "top"), [(np.uint8, 255), (np.uint16, 4095)])
def test_a_floor_far_above_0_is_reported_and_a_cameras_usual_offset_is_not(tmp_path, kind, top):
    fifth = top // 5
    _, notes = known(written(tmp_path / "high", top, fifth, kind=kind))
    said = f"no pixel of green, blue is darker than {fifth}, 20% of the full scale"
    assert notes[-1].startswith(said)
    assert f"camera_offset: {fifth}" in notes[-1]
    looked = inspect(open_collection(tmp_path / "high"), decode=True)
    warned = {w.error.what for w in find_warnings(open_collection(tmp_path / "high"), looked)}
    assert warned == {said}  # and no blank channel
    below = known(write_yaml(tmp_path / "high", f"camera_offset: {fifth}\n"))[0]
    assert below.read_counts("a", BOTH)[0].min() == 0
    usual = known(written(tmp_path / "usual", top, top // 40, kind=kind))[1]
    assert not [note for note in usual if "darker" in note]


def test_one_field_with_dark_pixels_shows_that_there_is_no_floor():
    high = Evidence(8, None, None, {"green": 90, "blue": 70}, 255)
    assert infer_depth([high]).floor.what == "no pixel of green, blue is darker than 70, 27% of the full scale"
    assert infer_depth([high, high._replace(darkest={"green": 0, "blue": 70})]).floor.what.startswith(
        "no pixel of blue "
    )
    assert infer_depth([high, high._replace(darkest={"green": 0, "blue": 9})]).floor is None
    assert infer_depth([high], unit="cell").floor is None


def test_what_is_written_anew_has_counts_and_their_bits_and_no_offset(tmp_path):
    folder = written(tmp_path / "data", SIGNED + 4000, SIGNED)
    collection, _ = known(folder, pixel_size=0.5)
    store = pack(collection, tmp_path / "store", sizes=(40,), workers=1)
    finer = rescale(collection, 0.5, tmp_path / "new")
    for made in (store, finer, open_collection(tmp_path / "store")):
        assert (made.bits("a"), made.offset("a"), "camera_offset" in made.fields) == (12, 0, False)
        np.testing.assert_array_equal(made.read_counts("a", BOTH)[0], light(0, SIGNED + 4000, SIGNED) - SIGNED)
        np.testing.assert_array_equal(with_depth(made)[0].read("a", BOTH)[0], collection.read("a", BOTH)[0])


def _whole(field, channels, pixel_size):
    """One cell, which is the whole field, whose mean the notes tell."""
    labels = np.ones(field.shape[1:], np.uint16)
    return ImportedMasks(labels, labels, pixel_size or 1.0, (f"the brightest is {field.max()}",))


def test_cells_are_found_on_the_full_scale_and_cut_out_as_counts(tmp_path):
    collection = open_collection(write_yaml(written(tmp_path / "data", 4000), "bits: 12\npixel_size: 0.5\n"))
    plan = CellPlan(tmp_path / "cells", BOTH, CropSettings(size=40, span=20), None, _whole)
    done = convert(collection, plan, workers=1)
    assert done.summary["notes"][0]["note"] == f"the brightest is {round(4000 * 65535 / 4095)}"
    assert {done.cells.bits(i) for i in done.cells.ids} == {12}
    np.testing.assert_array_equal(done.cells.read_counts("a_1", BOTH)[0], light(0, 4000))
    table = pd.read_csv(tmp_path / "cells" / "cells.csv").iloc[0]
    assert table["green_cell_mean_counts"] == pytest.approx(light(0, 4000)[0].mean(), rel=1e-4)
    grey = (table["green_cell_mean_counts"] - table["green_background_counts"]) * 255 / 4095
    assert table["green_cell_mean"] == pytest.approx(grey, rel=1e-3)


def test_who_reads_without_asking_is_warned_and_reads_the_same(tmp_path):
    collection = open_collection(written(tmp_path, 4000))
    with pytest.warns(CellocateWarning, match="read as 12-bit counts"):
        pixels, _ = collection.read("a", BOTH)
    np.testing.assert_array_equal(pixels, with_depth(collection)[0].read("a", BOTH)[0])
    np.testing.assert_array_equal(collection.read("a", BOTH)[0], pixels)  # warned once


def test_fields_that_cannot_be_read_tell_nothing(tmp_path):
    written(tmp_path, 4000)
    (tmp_path / "a_green.png").write_bytes(b"damaged")
    (tmp_path / "b_blue.png").unlink()
    collection, notes = known(tmp_path)
    assert collection.bits("a") == 12
    assert "no pixel of 2 fields is above 4000" in notes[0]
