"""Looking into every image: what is missing, cut, of another size, or the same twice; and what is left to use."""

from dataclasses import replace

import numpy as np
import pytest
import tifffile
from small_collections import faults, pixels, tabled, write_fields

from cellocate.collection import describe_skipped, inspect, open_collection, usable_fields
from cellocate.errors import CellocateError
from cellocate.images import write_png

FIELDS = tuple("abcd")
DECODED = pytest.mark.parametrize("decode", [False, True], ids=["headers", "pixels"])


@pytest.fixture
def folder(tmp_path):
    """Four fields of two channels, 10×12 px of 8 bits, with labels."""
    write_fields(tmp_path / "data", FIELDS)
    return tabled(tmp_path / "data", "Id,Target\na,0\nb,1\nc,2\nd,\n")


def cut(path):
    path.write_bytes(path.read_bytes()[:-30])


@DECODED
def test_sound_images_are_described(folder, decode):
    found = inspect(open_collection(folder), decode=decode)
    assert found.problems == ()
    assert found.images[["height", "width", "depth"]].to_numpy().tolist() == [[12, 10, 8]] * 4
    assert list(found.images.index) == list(FIELDS)
    assert (found.images["fingerprint"] != "").all() == decode
    assert found.duplicates == []


DAMAGE = {
    "a channel file is missing": lambda f: (f / "b_blue.png").unlink(),
    "cut short": lambda f: cut(f / "b_blue.png"),
    "damaged or not an image": lambda f: (f / "b_blue.png").write_text("hello"),
    "different size (9×12 and 10×12 px)": lambda f: write_png(f / "b_blue.png", pixels(0, (12, 9))),
    "different depth (16 and 8 bits)": lambda f: write_png(f / "b_blue.png", pixels(0, dtype=np.uint16)),
}


@DECODED
@pytest.mark.parametrize("fault", DAMAGE)
def test_a_damaged_field_is_a_problem_and_the_others_are_described(folder, fault, decode):
    collection = open_collection(folder)
    DAMAGE[fault](folder)
    found = inspect(collection, decode=decode)
    assert [(p.id, p.about) for p in found.problems] == [("b", "files")]
    assert fault in found.problems[0].error.what
    assert found.problems[0].error.where == folder / "b_blue.png"
    assert found.problems[0].error.mend
    assert list(found.images.index) == ["a", "c", "d"]


@DECODED
def test_a_channel_that_one_field_lacks_is_named_with_its_neighbour(folder, decode):
    (folder / "c_green.png").unlink()
    found = inspect(open_collection(folder), decode=decode)
    assert faults(found.problems) == [("c", "files", "the green file is missing")]
    assert str(found.problems[0].error.where) == f"next to {folder / 'c_blue.png'}"


@DECODED
def test_a_row_without_files_is_a_problem(folder, decode):
    tabled(folder, "Id,Target\na,0\nb,1\nc,2\nd,\ne,3\n")
    assert faults(inspect(open_collection(folder), decode=decode).problems) == [
        ("e", "files", "a row without image files")
    ]


@DECODED
def test_every_field_may_be_damaged(folder, decode):
    for path in folder.glob("*.png"):
        path.write_text("hello")
    found = inspect(open_collection(folder), decode=decode)
    assert [p.id for p in found.problems] == list(FIELDS)
    assert (len(found.images), found.duplicates) == (0, [])


def test_only_channels_that_are_asked_for_are_looked_at(folder):
    cut(folder / "a_blue.png")
    (folder / "b_blue.png").unlink()
    collection = open_collection(folder)
    assert inspect(collection, ["green"]).problems == ()
    assert [p.id for p in inspect(collection, ["blue"]).problems] == ["a", "b"]


def test_problems_of_the_table_come_with_those_of_the_images(folder):
    tabled(folder, "Id,Target\na,0\nb,99\nc,2\n")
    cut(folder / "b_green.png")
    found = inspect(open_collection(folder))
    assert [(p.id, p.about) for p in found.problems] == [("b", "labels"), ("d", "labels"), ("b", "files")]
    table = found.table()
    assert list(table.columns) == ["id", "severity", "about", "what", "where", "mend"]
    assert table.iloc[0].tolist()[:4] == ["b", "fault", "labels", "unknown label '99'"]
    assert table["where"][0] == f"{folder / 'train.csv'}, line 3, column Target: '99'"
    assert (table[["what", "where", "mend"]] != "").all(axis=None)


def test_no_problems_make_an_empty_table(folder):
    table = inspect(open_collection(folder)).table()
    assert (len(table), list(table.columns)) == (0, ["id", "severity", "about", "what", "where", "mend"])


def test_fields_that_are_identical_in_every_channel_are_found(folder):
    for channel in ("green", "blue"):
        (folder / f"d_{channel}.png").write_bytes((folder / f"a_{channel}.png").read_bytes())
        write_png(folder / f"e_{channel}.png", pixels(0))
        write_png(folder / f"f_{channel}.png", pixels(0))
    (folder / "c_green.png").write_bytes((folder / "b_green.png").read_bytes())  # in one channel only
    assert sorted(inspect(open_collection(folder), decode=True).duplicates) == [["a", "d"], ["e", "f"]]
    assert inspect(open_collection(folder)).duplicates == []  # headers cannot tell


def test_pixels_are_compared_and_not_files(folder):
    for channel in ("green", "blue"):
        image = pixels((9, len(channel)))
        (folder / f"a_{channel}.png").unlink()
        tifffile.imwrite(folder / f"a_{channel}.tif", image, compression="lzw")
        write_png(folder / f"b_{channel}.png", image)
    assert inspect(open_collection(folder), decode=True).duplicates == [["a", "b"]]


@pytest.mark.parametrize("other", [pixels(5).reshape(10, 12), pixels(5).astype(np.uint16), pixels(5).view(np.uint16)])
def test_equal_numbers_or_bytes_of_another_shape_or_depth_are_no_duplicates(tmp_path, other):
    write_png(tmp_path / "a_green.png", pixels(5))
    write_png(tmp_path / "b_green.png", other)
    assert inspect(open_collection(tmp_path), decode=True).duplicates == []


@DECODED
def test_progress_is_told_of_every_field(folder, decode):
    (folder / "a_green.png").unlink()
    done = []
    inspect(open_collection(folder), decode=decode, progress=done.append)
    assert done == [1] * 4


def test_a_cut_compressed_tiff_is_a_problem_and_no_crash(tmp_path):
    for field in FIELDS:
        tifffile.imwrite(tmp_path / f"{field}_green.tif", pixels(1, (60, 60)), compression="deflate")
    cut(tmp_path / "b_green.tif")
    found = inspect(open_collection(tmp_path), decode=True)
    assert [p.id for p in found.problems] == ["b"]


def test_decoding_finds_no_less_than_the_headers(tmp_path):
    tifffile.imwrite(tmp_path / "a_green.tif", np.dstack([pixels(i, (60, 60)) for i in range(3)]), compression="jpeg")
    cut(tmp_path / "a_green.tif")
    headers, decoded = (inspect(open_collection(tmp_path), decode=decode).problems for decode in (False, True))
    assert [p.id for p in headers] == [p.id for p in decoded] == ["a"]


def test_a_sound_collection_is_usable_as_a_whole(folder):
    for labelled in (False, True):
        good, found = usable_fields(open_collection(folder), ["green"], labelled=labelled, skip_bad=False)
        assert good.ids == list(FIELDS)
        assert found.problems == ()


def damaged(folder):
    cut(folder / "b_green.png")
    tabled(folder, "Id,Target\na,0\nb,1\nc,99\nd,\n")
    return open_collection(folder)


@pytest.mark.parametrize(("labelled", "count", "first"), [(True, 2, "c: unknown label"), (False, 1, "b: an image")])
def test_faulty_fields_are_refused_with_their_number_and_the_first_fault(folder, labelled, count, first):
    with pytest.raises(CellocateError, match=rf"{count} of 4 fields cannot be used; the first, {first}.*--skip-bad"):
        usable_fields(damaged(folder), ["green", "blue"], labelled=labelled, skip_bad=False)


@pytest.mark.parametrize(("labelled", "good", "bad"), [(True, ["a", "d"], ["c", "b"]), (False, ["a", "c", "d"], ["b"])])
def test_faulty_fields_may_be_left_out(folder, labelled, good, bad):
    rest, found = usable_fields(damaged(folder), ["green", "blue"], labelled=labelled, skip_bad=True)
    assert rest.ids == good
    assert [p.id for p in rest.problems] == ([] if labelled else ["c"])
    assert [p.id for p in found.problems] == bad
    if labelled:
        assert rest.labelled().truth().sum(axis=1).tolist() == [1, 0]


def test_channels_that_are_not_used_need_not_be_sound(folder):
    cut(folder / "b_blue.png")
    assert len(usable_fields(open_collection(folder), ["green"], labelled=True, skip_bad=False)[0]) == 4


def test_a_channel_that_the_whole_collection_lacks_is_refused_at_once(folder):
    for skip_bad in (False, True):
        with pytest.raises(CellocateError, match=r"no red or yellow channel \(it has green, blue\).*without red and"):
            usable_fields(open_collection(folder), ["red", "green", "yellow"], labelled=True, skip_bad=skip_bad)


def test_labels_that_are_needed_must_be_there(folder):
    (folder / "train.csv").unlink()
    assert len(usable_fields(open_collection(folder), ["green"], labelled=False, skip_bad=False)[0]) == 4
    with pytest.raises(CellocateError, match="no labels found"):
        usable_fields(open_collection(folder), ["green"], labelled=True, skip_bad=True)


def test_a_collection_without_a_sound_field_is_refused_even_if_bad_ones_may_be_skipped(folder):
    for path in folder.glob("*_green.png"):
        cut(path)
    with pytest.raises(CellocateError, match="no usable field is left"):
        usable_fields(open_collection(folder), ["green"], labelled=False, skip_bad=True)


def test_truth_of_a_field_without_labels_is_refused(folder):
    tabled(folder, "Id,Target\na,0\nb,1\nc,2\n")
    rest, _ = usable_fields(open_collection(folder), ["green"], labelled=False, skip_bad=False)
    with pytest.raises(CellocateError, match="d"):
        rest.labelled().truth()


def test_faulty_fields_that_were_left_out_are_named(folder):
    _, found = usable_fields(damaged(folder), ["green"], labelled=True, skip_bad=True)
    text = describe_skipped(found.problems, "field")
    assert text.startswith("left out 2 faulty fields: c (unknown label '99'), b (an image cannot be read")
    assert describe_skipped(found.problems * 4, "field").startswith(text.partition(":")[0])  # several faults a field
    many = [replace(problem, id=f"{problem.id}{i}") for problem in found.problems for i in range(4)]
    assert describe_skipped(many, "cell").startswith("left out 8 faulty cells: ")
    assert describe_skipped(many, "cell").endswith("and 3 more")


def test_a_part_of_a_collection_keeps_its_own_problems_and_order(folder):
    collection = damaged(folder)
    with pytest.raises(CellocateError, match=r"no field 'zz': .*Give ids of the collection"):
        collection.subset(["a", "zz"])
    part = collection.subset(["d", "c"])
    assert part.ids == ["d", "c"]
    assert [p.id for p in part.problems] == ["c"]
    assert (
        collection.subset(["d", "a"]).labelled().truth().tolist() == collection.vocabulary.encode([(), (0,)]).tolist()
    )


@pytest.mark.parametrize("folder", ["kaggle2018", "kaggle2021"])
def test_real_fields_are_sound(real_data, folder):
    found = inspect(open_collection(real_data / folder))
    side = {"kaggle2018": 512, "kaggle2021": 2048}[folder]
    assert found.problems == ()
    assert found.images[["height", "width", "depth"]].drop_duplicates().to_numpy().tolist() == [[side, side, 8]]


def test_phantoms_are_recognised_sound_and_all_different(phantoms):
    collection = open_collection(phantoms)
    assert (collection.layout, collection.channels) == ("kaggle2018", ("red", "green", "blue", "yellow"))
    found = inspect(collection, decode=True)
    assert (found.problems, found.duplicates, len(found.images)) == ((), [], 40)


def test_a_label_table_alone_has_no_images_to_miss(cellocate, folder, tmp_path):
    table = folder / "train.csv"
    out = tmp_path / "few"
    assert cellocate("select", table, "--any", "0", "--any", "1", "--out", out).code == 0
    for data, count in ((table, 4), (out, 2)):
        assert inspect(open_collection(data)).problems == ()
        result = cellocate("check", data)
        assert (result.code, result.out.splitlines()[0].split(": ")[1]) == (0, f"{count} fields")


def test_a_listing_whose_files_are_all_missing_is_at_fault(folder):
    tabled(folder, "Id,green,Target\nx,,0\n", "listing.csv")
    assert faults(inspect(open_collection(folder)).problems) == [("x", "files", "a row without image files")]
