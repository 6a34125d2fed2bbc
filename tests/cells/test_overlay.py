from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from cellocate.cells.cell_overlay import overlay
from cellocate.cells.legend import with_legend
from cellocate.cells.masks import MaskFolder
from cellocate.choices import Colours
from cellocate.collection import open_collection
from cellocate.errors import CellocateError
from cellocate.images import to_float
from cellocate.phantom import simulate_field
from cellocate.pictures import composite

CHANNELS = ("red", "green", "blue", "yellow")
WHITE, ORANGE = [255, 255, 255], [255, 176, 0]
CELLS = np.zeros((90, 120), np.uint16)
CELLS[10:50, 10:60] = 1
CELLS[10:50, 60:110] = 2
NUCLEI = np.zeros_like(CELLS)
NUCLEI[25:35, 25:45] = 1
BLANK = np.zeros((4, 90, 120), np.uint8)


def of_colour(picture, colour):
    return (picture == colour).all(axis=2)


def test_lines_lie_just_inside_cells_and_nuclei_and_nowhere_else():
    picture = overlay(BLANK, CHANNELS, NUCLEI, CELLS)
    white = of_colour(picture, WHITE)
    expected = np.zeros_like(white)
    for left, right in ((10, 60), (60, 110)):
        expected[10:50, left:right] = True
        expected[11:49, left + 1 : right - 1] = False
    assert np.array_equal(white, expected)
    assert of_colour(picture, ORANGE).sum() == 2 * (10 + 20) - 4
    assert not picture[~white & ~of_colour(picture, ORANGE)].any()


@pytest.fixture(scope="module")
def field():
    return simulate_field([0], size=1024, seed=2)


@pytest.mark.parametrize("side", [1024, 600, 256])
def test_a_picture_has_the_side_asked_for_and_its_cells_can_be_told_apart(field, side):
    picture = overlay(field.channels, CHANNELS, field.nuclei, field.cells, side=side)
    assert picture.shape == (side, side, 3)
    assert picture.dtype == np.uint8
    white, orange = (of_colour(picture, colour).mean() for colour in (WHITE, ORANGE))
    assert 0.005 < white < 0.15
    assert 0.002 < orange < 0.1


def test_a_smaller_field_is_not_enlarged():
    assert overlay(BLANK, CHANNELS, NUCLEI, CELLS, side=500).shape == (90, 120, 3)
    assert overlay(BLANK, CHANNELS, NUCLEI, CELLS, side=60).shape == (45, 60, 3)
    assert overlay(BLANK, CHANNELS, NUCLEI, CELLS, side=1).shape == (1, 1, 3)


def test_numbers_are_written_into_their_cells():
    plain, numbered = (overlay(BLANK, CHANNELS, NUCLEI, CELLS, numbers=yes) for yes in (False, True))
    changed = (plain != numbered).any(axis=2)
    for number in (1, 2):
        assert changed[number == CELLS].sum() > 10
    assert not changed[CELLS == 0].any()


def test_the_number_of_a_cell_at_the_border_is_whole():
    cells = np.zeros_like(CELLS)
    cells[:, :60] = 7
    plain, numbered = (overlay(BLANK, CHANNELS, NUCLEI * 0, cells, numbers=yes) for yes in (False, True))
    rows, columns = np.nonzero((plain != numbered).any(axis=2))
    assert 20 < columns.min() < columns.max() < 40
    assert 15 < rows.min() < rows.max() < 75


def test_channels_have_their_colours_and_noise_is_not_made_bright():
    for channel, strongest in {"green": [1], "red": [0], "blue": [2], "yellow": [0, 1]}.items():
        field = np.zeros((1, 20, 20), np.uint8)
        field[0, :10] = 200
        colour = overlay(field, [channel], np.zeros((20, 20), int), np.zeros((20, 20), int))[0, 0]
        assert np.flatnonzero(colour == colour.max()).tolist() == strongest
    faint = np.random.default_rng(0).integers(0, 2, (1, 20, 20), dtype=np.uint8)
    assert overlay(faint, ["green"], np.zeros((20, 20), int), np.zeros((20, 20), int)).max() < 60


def test_colours_are_those_of_reports():
    field = np.random.default_rng(0).integers(0, 255, (4, 40, 40)).astype(np.uint8)
    none = np.zeros((40, 40), int)
    for colours in get_args(Colours):
        picture = overlay(field, CHANNELS, none, none, colours=colours)
        expected = composite(to_float(field), CHANNELS, colours)
        np.testing.assert_allclose(picture, 0.8 * expected, atol=0.51)


def test_a_frame_adds_a_scale_bar_and_a_legend_and_moves_no_pixel():
    picture = overlay(BLANK, CHANNELS, NUCLEI, CELLS)
    field = np.kron(picture, np.ones((5, 5, 1), np.uint8))
    whole = with_legend(field, CHANNELS, 0.2)
    assert whole.shape[1:] == field.shape[1:]
    assert whole.shape[0] > len(field)
    changed = (whole[: len(field)] != field).any(axis=2)
    rows, columns = np.nonzero(changed)
    assert rows.min() > 0.85 * len(field)  # the lower right corner
    assert columns.min() > 0.6 * field.shape[1]
    legend = whole[len(field) :].reshape(-1, 3).tolist()
    for colour in ([255, 0, 0], [0, 255, 0], [0, 0, 255], [102, 102, 0], WHITE, ORANGE):
        assert colour in legend


@pytest.mark.parametrize(("pixel_size", "length"), [(0.2, 20), (0.1, 10), (1.0, 100)])
def test_a_scale_bar_is_as_long_as_it_says(pixel_size, length):
    whole = with_legend(np.zeros((400, 600, 3), np.uint8), ["green"], pixel_size)[:400]
    longest = max(len(run) for row in of_colour(whole, WHITE) for run in "".join(map(str, row.astype(int))).split("0"))
    assert longest == pytest.approx(length / pixel_size, abs=1.5)


def test_an_estimated_scale_is_called_that_and_a_narrow_picture_has_more_lines():
    blank = np.zeros((400, 600, 3), np.uint8)
    known, estimated = (with_legend(blank, CHANNELS, 0.2, origin=origin)[:400] for origin in ("", "estimated"))
    assert of_colour(estimated, WHITE).any(axis=0).sum() > of_colour(known, WHITE).any(axis=0).sum()
    narrow, wide = (with_legend(blank[:, :width], CHANNELS, 0.2) for width in (200, 600))
    assert len(narrow) > len(wide)
    assert not with_legend(blank[:9, :9], CHANNELS, 0.2)[:9].any()  # too small for a bar of 1 µm


def test_what_does_not_fit_is_refused():
    with pytest.raises(CellocateError, match="masks on 120 × 89 px in a field of 120 × 90 px"):
        overlay(BLANK, CHANNELS, NUCLEI, CELLS[1:])
    with pytest.raises(CellocateError, match="for the channels red"):
        overlay(BLANK, ["red"], NUCLEI, CELLS)
    with pytest.raises(CellocateError, match="a picture of 0 px a side"):
        overlay(BLANK, CHANNELS, NUCLEI, CELLS, side=0)


def test_a_real_field_is_drawn(real_data):
    collection = open_collection(real_data / "kaggle2021")
    masks = MaskFolder(real_data / "kaggle2021" / "cell_masks")
    field = collection.ids[0]
    nuclei, cells = masks.labels(field, (2048, 2048))
    picture = overlay(collection.read(field, CHANNELS)[0], CHANNELS, nuclei, cells, side=512, numbers=True)
    assert 0.01 < of_colour(picture, WHITE).mean() < 0.2
