"""Masks that the user brings, as ours are numbered; and what is said of that."""

import numpy as np
import pytest

from cellocate.cells.field_masks import read_field_masks
from cellocate.images import write_png

CELLS = np.zeros((8, 10), np.uint16)
CELLS[1:4, 1:4], CELLS[5:8, 4:9] = 3, 7
NUCLEI = np.zeros((8, 10), np.uint16)
NUCLEI[2, 2], NUCLEI[6, 5:7] = 1, 2


@pytest.fixture
def masks(tmp_path):
    write_png(tmp_path / "a_cells.png", CELLS)
    write_png(tmp_path / "a_nuclei.png", NUCLEI)
    write_png(tmp_path / "b_cells.png", (CELLS == 3).astype(np.uint16))
    return tmp_path


def test_gaps_are_closed_and_that_is_said(masks):
    brought = read_field_masks(masks, "a", (8, 10), 0.5)
    np.testing.assert_array_equal(brought.cells, np.where(CELLS == 3, 1, np.where(CELLS == 7, 2, 0)))
    np.testing.assert_array_equal(brought.nuclei, NUCLEI)
    assert brought.pixel_size == 0.5
    [note] = brought.notes
    assert note.startswith("cells were renumbered")


def test_without_a_pixel_size_fields_are_as_wide_as_the_atlas_has_them(masks):
    brought = read_field_masks(masks, "b", (8, 10), None)
    assert brought.pixel_size == pytest.approx(16.384)
    assert not brought.nuclei.any()
    [note] = brought.notes
    assert note == "no pixel size was given: fields are assumed to be 163.84 µm wide"
