"""Label images in files, and the folders that hold them."""

from __future__ import annotations

import pickle
import unicodedata

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image

from cellocate.cells.masks import MaskFolder, checked_labels, read_label_image, write_labels
from cellocate.errors import CellocateError
from cellocate.images import read_numbers

CELLS = np.array([[1, 1, 2], [0, 3, 3]], np.uint16)
NUCLEI = np.array([[1, 0, 0], [0, 3, 0]], np.uint16)
TWO = np.zeros((12, 20), np.uint16)
TWO[2:8, 2:8], TWO[4:10, 11:18] = 1, 2


@settings(max_examples=40)
@given(
    arrays(np.int64, array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.integers(0, 65_535)),
    st.sampled_from(["a.png", "a.tif", "A.TIFF"]),
)
def test_what_is_written_can_be_read_back(tmp_path_factory, labels, name):
    path = tmp_path_factory.mktemp("l") / name
    write_labels(path, labels)
    read = read_numbers(path)
    assert read.dtype == np.uint16
    assert np.array_equal(read, labels)


def put(path, form):
    """The same two cells as a file of some form."""
    small = TWO.astype(np.uint8)
    if form == "palette":
        image = Image.fromarray(small)
        image.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0])
        image.save(path.with_suffix(".png"))
    elif form == "palette with another order":
        image = Image.fromarray(np.array([2, 0, 1], np.uint8)[small])
        image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 0])
        image.save(path.with_suffix(".png"))
    elif form in ("L", "LA", "RGB", "RGBA"):
        Image.fromarray(small).convert(form).save(path.with_suffix(".png"))
    elif form == "1":
        Image.fromarray(small > 0).save(path.with_suffix(".png"))
    elif form == "npy":
        np.save(path.with_suffix(".npy"), TWO.astype(np.int32))
    elif form == "npz":
        np.savez_compressed(path.with_suffix(".npz"), TWO)
    elif form == "tiff of colours":
        tifffile.imwrite(path.with_suffix(".TIF"), np.dstack([small * 9] * 3), photometric="rgb")
    elif form == "tiff with a palette":
        Image.fromarray(small, "L").convert("P").save(path.with_suffix(".tif"))
    elif form == "tiff of grey and alpha":
        Image.fromarray(np.dstack([small, np.full_like(small, 255)]), "LA").save(path.with_suffix(".tif"))
    elif form == "white is zero":
        tifffile.imwrite(path.with_suffix(".tif"), small, photometric="miniswhite")
    else:
        tifffile.imwrite(path.with_suffix(".tif"), TWO.astype(form))
    return next(path.parent.glob(f"{path.stem}.*"))


@pytest.mark.filterwarnings("ignore:.*mode.*deprecated")
@pytest.mark.parametrize(
    ("form", "numbers"),
    [
        *((form, [1, 2]) for form in ("palette", "L", "LA", "RGB", "RGBA", "npy", "npz", "tiff with a palette")),
        *((form, [1, 2]) for form in ("tiff of grey and alpha", "white is zero", "palette with another order")),
        *((form, [1, 2]) for form in ("u1", "i2", "u2", "i4", "u4", "i8", "f4", "f8", "1", "bool")),
        ("tiff of colours", [9, 18]),
    ],
)
def test_a_label_image_may_be_stored_in_many_ways(tmp_path, form, numbers):
    path = put(tmp_path / "a_cells", form)
    read = read_label_image(path, TWO.shape)
    assert np.array_equal(read.labels, np.array([0, *numbers])[TWO])
    binary = form in ("1", "bool")
    assert read.renumbered == (binary or form == "palette with another order")
    assert bool(read.notes) == read.renumbered
    assert MaskFolder(tmp_path).read("a", TWO.shape)[1].keys() == set(numbers)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.array([[65_536]]), "numbers of cells from 65536 to 65536.*at most 65535"),
        (np.array([[-1, 2]]), "numbers of cells from -1"),
        (np.zeros((2, 2)), "float64 of shape .2, 2. is not a label image"),
        (np.zeros((2, 2, 2), int), "is not a label image"),
    ],
)
def test_what_is_no_label_image_is_not_written(tmp_path, labels, message):
    with pytest.raises(CellocateError, match=message):
        write_labels(tmp_path / "a.png", labels)
    with pytest.raises(CellocateError, match=r"Use .png, .tif or .tiff"):
        write_labels(tmp_path / "a.jpg", CELLS)
    assert not list(tmp_path.iterdir())


def test_masks_of_another_size_are_refused(tmp_path):
    write_labels(tmp_path / "a.png", CELLS)
    with pytest.raises(CellocateError, match=r"masks on 3 × 2 px in a field of 6 × 4 px: .*a\.png"):
        read_label_image(tmp_path / "a.png", (4, 6))
    assert checked_labels(CELLS, (2, 3)) is CELLS


class Bad:
    """What a pickle could do."""

    def __reduce__(self):
        return (pytest.fail, ("a pickle was opened",))


def test_broken_files_are_refused(tmp_path):
    write_labels(tmp_path / "a.png", np.zeros((50, 50), int))
    whole = (tmp_path / "a.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[:-20])
    (tmp_path / "text.png").write_bytes(b"no image")
    Image.new("L", (3, 2)).save(tmp_path / "lossy.jpg")
    tifffile.imwrite(tmp_path / "planes.tif", np.zeros((2, 9, 9), np.uint8), photometric="minisblack")
    tifffile.imwrite(tmp_path / "chances.tif", np.full((2, 3), 0.5, np.float32))
    np.save(tmp_path / "a_seg.npy", {"masks": CELLS, "bad": Bad()}, allow_pickle=True)
    np.savez(tmp_path / "objects.npz", np.array([Bad()], object))
    np.savez(tmp_path / "two.npz", CELLS, CELLS)
    (tmp_path / "pickle.npy").write_bytes(pickle.dumps(Bad()))
    (tmp_path / "cut.npz").write_bytes((tmp_path / "two.npz").read_bytes()[:-30])
    np.save(tmp_path / "cut.npy", np.zeros((50, 50)))
    (tmp_path / "cut.npy").write_bytes((tmp_path / "cut.npy").read_bytes()[:300])
    for name, message in {
        "cut.png": "cut short",
        "text.png": "damaged or not an image",
        "lossy.jpg": "a JPEG, which changes the numbers of cells",
        "planes.tif": "several planes",
        "chances.tif": r"fractions from 0 to 1 \(probabilities, or scaled numbers\) instead",
        "none.png": "missing",
        "none.npy": "no such label image",
        "a_seg.npy": r"Python objects, .* not opened.*_cp_masks.png",
        "objects.npz": "Python objects",
        "two.npz": "several arrays",
        "pickle.npy": "not a NumPy array, or damaged",
        "cut.npz": "not a NumPy array",
        "cut.npy": "not a NumPy array",
    }.items():
        with pytest.raises(CellocateError, match=message):
            read_label_image(tmp_path / name)


@pytest.mark.parametrize(
    "name",
    [
        *("a_cells.png", "a_cell.PNG", "a_CELLS.Tif", "a_cellmask.tiff", "a_predictedmask.png", "a_cp_masks.tif"),
        *("a_masks.png", "a_mask.TIFF", "a_label.tif", "a_labels.png", "a_Object Identities.tif", "a_seg.tif"),
        *("a.tif", "a.PNG", "a.ome.tif", "a_cells.ome.tiff", "a_green_cp_masks.png", "a_blue_mask.tif"),
        *("a-labels.png", "a mask.tif", "a.ome_cp_masks.png", "a.ome-labelled.tif", "a.tif_mask.png", "Mask of a.tif"),
        *("Count Masks of a.ome.tif", "mask_a.png", "a_Objects.tiff", "a_label_cells.tif", "a_stardist.tif"),
        "a-lbl-morpho.tif",
        *("a_ch00_cp_masks.png", "a_DAPI_cp_masks.png", "DAPI_a_cp_masks.png", "C1-a_cp_masks.tif", "a_GFP-labels.tif"),
        *("a_Simple Segmentation.png", "a_Object Predictions.tiff"),
    ],
)
def test_cells_are_found_by_the_names_that_others_give_them(tmp_path, name):
    tifffile.imwrite(tmp_path / name, TWO) if ".tif" in name.lower() else Image.fromarray(TWO).save(tmp_path / name)
    write_labels(tmp_path / "b_cells.png", TWO)
    write_labels(tmp_path / ".a_cells.png", TWO)
    cells = MaskFolder(tmp_path)
    cells.require(["a", "b"])
    assert [mask.area for mask in cells.masks("a", TWO.shape)] == [36, 42]
    assert not cells.has("A")


def test_the_closest_name_counts_and_two_as_close_are_refused(tmp_path):
    for name in ("a.tif", "a_green.png", "a_green_cp_masks.png", "a_cp_masks.png", "a_outlines.png", "b_mask.png"):
        write_labels(tmp_path / name, TWO)
    np.save(tmp_path / "a_seg.npy", {"masks": TWO}, allow_pickle=True)
    Image.fromarray(TWO.astype(np.uint8)).save(tmp_path / "a_cells.jpg")
    masks = MaskFolder(tmp_path)
    assert masks.ids == ["a", "a_green", "b"]
    assert len(masks.masks("a", TWO.shape)) == 2
    write_labels(tmp_path / "a_cells.TIF", TWO)
    with pytest.raises(CellocateError, match=r"several masks of field a: a_cells.TIF, a_cp_masks.png"):
        MaskFolder(tmp_path).require(["a"])


def test_masks_of_a_channel_count_where_there_is_no_other(tmp_path):
    for name in ("a_DAPI_cp_masks.png", "a_w2_cp_masks.png", "b_DAPI_cp_masks.png", "c_7_masks.png", "c_cells.png"):
        write_labels(tmp_path / name, TWO)
    masks = MaskFolder(tmp_path)
    with pytest.raises(CellocateError, match=r"several masks of field a: a_DAPI_cp_masks.png, a_w2_cp_masks.png"):
        masks.read("a")
    assert len(masks.masks("b", TWO.shape)) == len(masks.masks("c", TWO.shape)) == 2
    assert masks.notes["c"] == ()
    [note] = masks.notes["b"]
    assert note == "by its name the mask was made from the nuclei: it is read as a mask of whole cells"


def test_one_mask_is_not_taken_for_two_fields(tmp_path):
    write_labels(tmp_path / "a_w1_masks.png", TWO)
    with pytest.raises(CellocateError, match=r"to field a and to field a_w1: .*a_cells.png and a_w1_cells.png"):
        MaskFolder(tmp_path).require(["a", "a_w1"])
    MaskFolder(tmp_path).require(["a"])


def test_of_ilastik_the_identities_count(tmp_path):
    for name in ("a_Object Identities.tiff", "a_Object Predictions.tiff", "a_Simple Segmentation.tiff"):
        write_labels(tmp_path / name, TWO if "Ident" in name else np.minimum(TWO, 1))
    assert len(MaskFolder(tmp_path).masks("a", TWO.shape)) == 2


def test_an_image_is_not_its_own_mask(tmp_path):
    write_labels(tmp_path / "a.tif", TWO)
    images = {"green": f"{tmp_path / 'a.tif'}::channel=1", "blue": tmp_path / ".." / tmp_path.name / "a.tif"}
    masks = MaskFolder(tmp_path)
    assert masks.has("a")
    for channel in images:
        beside = masks.excluding(lambda _, channel=channel: {channel: images[channel]})
        assert not beside.has("a")
        with pytest.raises(CellocateError, match=r"no mask of the cells of field a: .*a_cells.png, for example\.$"):
            beside.require(["a"])
    write_labels(tmp_path / "a_cells.tif", TWO)
    assert MaskFolder(tmp_path).excluding(lambda _: {"green": tmp_path / "a.tif"}).has("a")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("plate1_f1_cells.png", r"plate1_f1_cells.png is there, but its name fits no field"),
        ("RoiSet.zip", r"RoiSet.zip, with regions of ImageJ's ROI Manager. Make a label image"),
        ("f1_cells.bmp", r"f1_cells.bmp is there, but is not a PNG, TIFF, OME-Zarr, GeoJSON or NumPy array"),
    ],
)
def test_a_file_that_may_have_been_meant_is_named(tmp_path, name, message):
    (tmp_path / name).touch()
    (tmp_path / "2.png").touch()
    with pytest.raises(CellocateError, match=message):
        MaskFolder(tmp_path).require(["f1", "f2"])


def test_nuclei_alone_are_named(tmp_path):
    write_labels(tmp_path / "f1_nuclei.png", TWO)
    with pytest.raises(CellocateError, match=r"f1_nuclei.png is there, but marks nuclei by its name"):
        MaskFolder(tmp_path).require(["f1"])


def test_regions_of_imagej_are_refused_with_a_way_out(tmp_path):
    (tmp_path / "f1_RoiSet.zip").touch()
    with pytest.raises(CellocateError, match=r"regions of ImageJ's ROI Manager.*LOCI > ROI Map in Fiji"):
        MaskFolder(tmp_path).read("f1")


def test_what_cannot_be_read_is_named_where_there_is_nothing_else(tmp_path):
    np.save(tmp_path / "a_seg.npy", {"masks": TWO}, allow_pickle=True)
    Image.fromarray(TWO.astype(np.uint8)).save(tmp_path / "b_cells.jpg")
    with pytest.raises(CellocateError, match=r"Cellpose's _seg\.npy"):
        MaskFolder(tmp_path).read("a")
    with pytest.raises(CellocateError, match="a JPEG"):
        MaskFolder(tmp_path).read("b")


def test_fields_without_masks_are_named(tmp_path):
    with pytest.raises(CellocateError, match="no such folder"):
        MaskFolder(tmp_path / "none")
    (tmp_path / "notes.txt").write_text("")
    with pytest.raises(CellocateError, match="no label images of cells"):
        MaskFolder(tmp_path)
    write_labels(tmp_path / "a_cells.png", TWO)
    masks = MaskFolder(tmp_path)
    with pytest.raises(CellocateError, match=r"2 of 3 fields without a mask of their cells: y, z: .*y_cells.png"):
        masks.require(["a", "y", "z"])
    with pytest.raises(CellocateError, match="no mask of the cells of field z"):
        masks.labels("z")


def test_names_are_the_same_however_their_letters_are_written(tmp_path):
    write_labels(tmp_path / "zellträger_cells.png", TWO)  # as macOS writes it
    assert MaskFolder(tmp_path).has("zellträger")


def test_an_id_may_have_folders_in_it(tmp_path):
    for name in (
        "plate/a_cells.png",
        "plate/a_nuclei.png",
        "b_cells.png",
        ".old/c_cells.png",
        "d_cells.zarr/e_cells.png",
    ):
        write_labels(tmp_path / name, CELLS)
    masks = MaskFolder(tmp_path)
    assert masks.ids == ["b", "d", "plate/a"]
    assert np.array_equal(masks.labels("plate/a", (2, 3)), [CELLS, CELLS])


def test_nuclei_lie_beside_the_cells_or_are_not_known(tmp_path):
    write_labels(tmp_path / "a_cells.tif", CELLS)
    write_labels(tmp_path / "a_nuclei.png", NUCLEI)
    write_labels(tmp_path / "b_predictedmask.png", CELLS)
    masks = MaskFolder(tmp_path)
    assert masks.ids == ["a", "b"]
    for field, nuclei in {"a": NUCLEI, "b": np.zeros_like(CELLS)}.items():
        read = masks.labels(field, (2, 3))
        assert np.array_equal(read, [nuclei, CELLS])
    with pytest.raises(CellocateError, match="masks on 3 × 2 px in a field of 9 × 9 px"):
        masks.labels("a", (9, 9))


def test_notes_are_kept_for_each_field_and_say_which_mask(tmp_path):
    write_labels(tmp_path / "a_cells.png", np.minimum(TWO, 1))
    write_labels(tmp_path / "a_nuclei.png", np.zeros_like(TWO))
    write_labels(tmp_path / "b_cells.png", TWO)
    masks = MaskFolder(tmp_path)
    assert np.array_equal(masks.labels("a")[1], TWO)
    masks.read("b")
    binary, empty = masks.notes["a"]
    assert binary.startswith("1 marks 2 separate pieces")
    assert empty == "nuclei: the mask is empty: it marks no cell"
    assert masks.notes["b"] == ()


def test_cells_that_a_table_names_by_number_are_not_numbered_anew(tmp_path):
    write_labels(tmp_path / "a_cells.png", np.minimum(TWO, 1) * 255)
    with pytest.raises(CellocateError, match="a table refers to the cells by number, but 255 marks 2 separate pieces"):
        MaskFolder(tmp_path).read("a", known=[1, 2])


def test_masks_of_different_size_are_refused(tmp_path):
    write_labels(tmp_path / "a_nuclei.png", NUCLEI[:1])
    write_labels(tmp_path / "a_cells.png", CELLS)
    with pytest.raises(CellocateError, match="masks on 3 × 1 px in a field of 3 × 2 px"):
        MaskFolder(tmp_path).labels("a")


def test_a_mask_belongs_to_the_id_in_whatever_normal_form_its_name_is(tmp_path):
    for form in ("NFC", "NFD"):
        (tmp_path / form).mkdir()
        write_labels(tmp_path / form / f"{unicodedata.normalize(form, 'Präp')}_cells.png", CELLS)
        masks = MaskFolder(tmp_path / form)
        assert masks.ids == ["Präp"]
        assert len(masks.masks("Präp", (2, 3))) == 3
