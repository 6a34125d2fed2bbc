from __future__ import annotations

import unicodedata

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image

from cellocate.cells.masks import CellMasks, checked_labels, read_labels, write_labels
from cellocate.errors import CellocateError

CELLS = np.array([[1, 1, 2], [0, 3, 3]], np.uint16)
NUCLEI = np.array([[1, 0, 0], [0, 3, 0]], np.uint16)


@settings(max_examples=40)
@given(
    arrays(np.int64, array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.integers(0, 65_535)),
    st.sampled_from(["a.png", "a.tif", "A.TIFF"]),
)
def test_what_is_written_can_be_read_back(tmp_path_factory, labels, name):
    path = tmp_path_factory.mktemp("l") / name
    write_labels(path, labels)
    read = read_labels(path, labels.shape)
    assert read.dtype == np.uint16
    assert np.array_equal(read, labels)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.int32, np.uint32])
def test_whole_numbers_of_other_kinds_are_read(tmp_path, dtype):
    tifffile.imwrite(tmp_path / "a.tif", CELLS.astype(dtype))
    assert np.array_equal(read_labels(tmp_path / "a.tif"), CELLS)
    Image.fromarray(CELLS.astype(np.uint8)).save(tmp_path / "a.png")
    assert np.array_equal(read_labels(tmp_path / "a.png"), CELLS)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.array([[65_536]]), "numbers of cells from 65536 to 65536.*65535 at most"),
        (np.array([[-1, 2]]), "numbers of cells from -1"),
        (np.zeros((2, 2)), "float64 of shape .2, 2. is no label image"),
        (np.zeros((2, 2, 2), int), "is no label image"),
    ],
)
def test_what_is_no_label_image_is_not_written(tmp_path, labels, message):
    with pytest.raises(CellocateError, match=message):
        write_labels(tmp_path / "a.png", labels)
    with pytest.raises(CellocateError, match=r"end with .png, .tif or .tiff"):
        write_labels(tmp_path / "a.jpg", CELLS)
    assert not list(tmp_path.iterdir())


def test_masks_of_another_size_are_refused(tmp_path):
    write_labels(tmp_path / "a.png", CELLS)
    with pytest.raises(CellocateError, match=r"masks on 3 × 2 px in a field of 6 × 4 px: .*a\.png"):
        read_labels(tmp_path / "a.png", (4, 6))
    assert checked_labels(CELLS, (2, 3)) is CELLS


def test_broken_files_are_refused(tmp_path):
    write_labels(tmp_path / "a.png", np.zeros((50, 50), int))
    whole = (tmp_path / "a.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[:-20])
    (tmp_path / "text.png").write_bytes(b"no image")
    Image.new("RGB", (3, 2)).save(tmp_path / "colour.png")
    Image.new("P", (3, 2)).save(tmp_path / "palette.png")
    tifffile.imwrite(tmp_path / "float.tif", np.zeros((2, 3), np.float32))
    tifffile.imwrite(tmp_path / "many.tif", np.array([[0, 70_000]], np.int32))
    for name, message in {
        "cut.png": "cut short",
        "text.png": "damaged or not an image",
        "colour.png": "colours where whole numbers are needed",
        "palette.png": "colours where whole numbers",
        "float.tif": "float32 pixels where whole numbers",
        "many.tif": "numbers of cells from 0 to 70000",
        "none.png": "missing",
    }.items():
        with pytest.raises(CellocateError, match=message):
            read_labels(tmp_path / name)


def test_cells_are_found_by_the_names_that_others_give_them(tmp_path):
    for name in ("a_cells.png", "b_predictedmask.png", "c_cellmask.tif", "a_nuclei.png", ".d_cells.png"):
        write_labels(tmp_path / name, CELLS)
    cells = CellMasks(tmp_path)
    assert cells.ids == ["a", "b", "c"]
    assert [mask.area for mask in cells.masks("b", (2, 3))] == [2, 1, 2]
    with pytest.raises(CellocateError, match=r"masks on 3 × 2 px in a field of 6 × 4 px.*a_cells\.png"):
        cells.masks("a", (4, 6))
    with pytest.raises(CellocateError, match="1 of 2 fields have no label image of their cells, such as z"):
        cells.require(["a", "z"])
    write_labels(tmp_path / "a_cellmask.png", CELLS)
    with pytest.raises(CellocateError, match="two label images of one field"):
        CellMasks(tmp_path)
    with pytest.raises(CellocateError, match="no such folder"):
        CellMasks(tmp_path / "none")


def test_an_id_may_have_folders_in_it(tmp_path):
    for name in (
        "plate/a_cells.png",
        "plate/a_nuclei.png",
        "b_cells.png",
        ".old/c_cells.png",
        "d_cells.zarr/e_cells.png",
    ):
        write_labels(tmp_path / name, CELLS)
    masks = CellMasks(tmp_path)
    assert masks.ids == ["b", "d", "plate/a"]
    assert np.array_equal(masks.labels("plate/a", (2, 3)), [CELLS, CELLS])


def test_nuclei_lie_beside_the_cells_or_are_not_known(tmp_path):
    write_labels(tmp_path / "a_cells.tif", CELLS)
    write_labels(tmp_path / "a_nuclei.png", NUCLEI)
    write_labels(tmp_path / "b_predictedmask.png", CELLS)
    masks = CellMasks(tmp_path)
    assert masks.ids == ["a", "b"]
    for field, nuclei in {"a": NUCLEI, "b": np.zeros_like(CELLS)}.items():
        read = masks.labels(field, (2, 3))
        assert np.array_equal(read, [nuclei, CELLS])
    with pytest.raises(CellocateError, match="masks on 3 × 2 px in a field of 9 × 9 px"):
        masks.labels("a", (9, 9))


def test_masks_of_different_size_are_refused(tmp_path):
    write_labels(tmp_path / "a_nuclei.png", NUCLEI[:1])
    write_labels(tmp_path / "a_cells.png", CELLS)
    with pytest.raises(CellocateError, match="masks on 3 × 1 px in a field of 3 × 2 px"):
        CellMasks(tmp_path).labels("a")


def test_a_mask_belongs_to_the_id_in_whatever_normal_form_its_name_is(tmp_path):
    for form in ("NFC", "NFD"):
        (tmp_path / form).mkdir()
        write_labels(tmp_path / form / f"{unicodedata.normalize(form, 'Präp')}_cells.png", CELLS)
        masks = CellMasks(tmp_path / form)
        assert masks.ids == ["Präp"]
        assert len(masks.masks("Präp", (2, 3))) == 3
