"""Bringing fields to a network's scale: resizing, tiles, and pixel sizes that cannot be."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_images import noise

from cellocate.errors import CellocateError
from cellocate.images import FIELD_SPAN, Scale, resize
from cellocate.images.scale import check_pixel_size


def area_weights(before, after):
    """Row i: how much of each old pixel lies under new pixel i."""
    edges = np.arange(after + 1) * before / after
    old = np.arange(before)
    under = np.minimum(edges[1:, None], old + 1) - np.maximum(edges[:-1, None], old)
    return np.maximum(under, 0) * after / before


def linear_weights(before, after):
    """Row i: the shares of the two old pixels whose centres lie around that of new pixel i."""
    weights = np.zeros((after, before))
    for i in range(after):
        centre = min(max((i + 0.5) * before / after - 0.5, 0), before - 1)
        left = min(int(centre), max(before - 2, 0))
        weights[i, left] += 1 - (centre - left)
        weights[i, min(left + 1, before - 1)] += centre - left
    return weights


def slow_resize(field, height, width, weights):
    rows, columns = weights(field.shape[1], height), weights(field.shape[2], width)
    return np.stack([rows @ plane.astype(np.float64) @ columns.T for plane in field])


sides = st.integers(1, 40)


@given(sides, sides, st.data())
@settings(max_examples=150)
def test_shrinking_is_the_exact_mean_over_areas(height, width, data):
    new = data.draw(st.integers(1, height)), data.draw(st.integers(1, width))
    field = noise(shape=(2, height, width)) / np.float32(255)
    found = resize(field, *new)
    assert (found.shape, found.dtype) == ((2, *new), np.float32)
    np.testing.assert_allclose(found, slow_resize(field, *new, area_weights), atol=2e-6)


@pytest.mark.parametrize(("side", "new"), [(512, 128), (512, 171), (512, 511), (345, 128)])
def test_shrinking_a_whole_field_is_the_exact_mean_over_areas(side, new):
    field = noise(np.uint16, (1, side, side))
    np.testing.assert_allclose(resize(field, new, new), slow_resize(field, new, new, area_weights), rtol=1e-5, atol=0.1)


@given(sides, sides, st.integers(0, 30), st.integers(0, 30))
@settings(max_examples=60)
def test_enlarging_interpolates_linearly_between_centres(height, width, more_rows, more_columns):
    new = height + more_rows, width + more_columns
    field = noise(shape=(1, height, width)) / np.float32(255)
    np.testing.assert_allclose(resize(field, *new), slow_resize(field, *new, linear_weights), atol=1e-4)


@pytest.mark.parametrize("new", [(7, 5), (20, 30), (37, 53), (40, 60), (80, 11)])
def test_a_constant_field_stays_constant(new):
    np.testing.assert_allclose(resize(np.full((2, 20, 30), 0.3, np.float32), *new), np.float32(0.3), rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64])
def test_a_field_of_the_right_size_is_only_made_float(dtype):
    field = (noise(shape=(2, 9, 8)) % 2).astype(dtype)
    found = resize(field, 9, 8)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, field)


def numbered(height, width):
    """A field whose every pixel has a number of its own, from 1."""
    return np.arange(1, height * width + 1, dtype=np.float32).reshape(1, height, width)


@given(st.integers(1, 70), st.integers(16, 70), st.booleans(), st.integers(1, 40))
@settings(max_examples=100)
def test_tiles_cover_every_pixel_and_are_no_more_than_needed(short, long, upright, size):
    height, width = (long, short) if upright else (short, long)
    tiles = Scale(size=size, pixel_size=0.5).tiles(numbered(height, width), pixel_size=0.5)
    assert tiles.shape == (math.ceil(height / size) * math.ceil(width / size), 1, size, size)
    assert set(np.unique(tiles)) - {0} == set(range(1, height * width + 1))


@given(st.integers(16, 70), st.integers(16, 70), st.integers(1, 40))
@settings(max_examples=50)
def test_a_tile_is_a_piece_of_the_field(height, width, size):
    if height < size or width < size:
        return
    field = numbered(height, width)
    for tile in Scale(size=size, pixel_size=0.5).tiles(field, pixel_size=0.5):
        top, left = divmod(int(tile[0, 0, 0]) - 1, width)
        np.testing.assert_array_equal(tile, field[:, top : top + size, left : left + size])


def test_a_small_field_stands_in_the_middle_of_zeros():
    field = numbered(17, 20)
    expected = np.pad(field, ((0, 0), (3, 4), (2, 2)))
    np.testing.assert_array_equal(Scale(24, 1.0).tiles(field, 1.0), expected[None])
    np.testing.assert_array_equal(Scale(24, 1.0).centre(field, 1.0), expected)


def test_the_centre_of_a_large_field_is_its_middle():
    field = numbered(41, 60)
    np.testing.assert_array_equal(Scale(20, 1.0).centre(field, 1.0), field[:, 10:30, 20:40])


@pytest.mark.parametrize("pixel_size", [None, 0.3])
@pytest.mark.parametrize("shape", [(50, 50), (32, 64), (90, 20)])
def test_tiles_and_centre_agree_where_there_is_one_tile(shape, pixel_size):
    field = noise(shape=(3, *shape)).astype(np.float32)
    scale = Scale(size=64, pixel_size=0.5)
    tiles = scale.tiles(field, pixel_size)
    assert tiles.shape == (1, 3, 64, 64)
    np.testing.assert_array_equal(tiles[0], scale.centre(field, pixel_size))


@pytest.mark.parametrize("known", [None, 0.5])
def test_the_longer_side_of_a_field_of_unknown_pixel_size_becomes_the_networks(known):
    tile = Scale(size=32, pixel_size=known).centre(np.ones((1, 40, 80), np.float32))
    np.testing.assert_allclose(tile[0, 8:24], 1)
    assert not tile[0, :8].any()
    assert not tile[0, 24:].any()


@pytest.mark.parametrize(("pixel_size", "tiles"), [(0.5, 1), (1.0, 4), (1.1, 9), (2.0, 16), (0.25, 1)])
def test_a_field_that_spans_more_takes_more_tiles(pixel_size, tiles):
    assert len(Scale(32, 1.0).tiles(np.ones((1, 64, 64), np.float32), pixel_size)) == tiles


def test_one_scene_at_two_pixel_sizes_gives_the_same_tiles():
    fine = noise(shape=(2, 128, 96)).astype(np.float32)
    coarse = fine.reshape(2, 64, 2, 48, 2).mean(axis=(2, 4))
    scale = Scale(size=24, pixel_size=0.64)
    np.testing.assert_allclose(scale.tiles(fine, 0.16), scale.tiles(coarse, 0.32), rtol=1e-5)


def test_an_atlas_field_spans_2048_pixels_of_80_nm():
    assert pytest.approx(2048 * 0.08) == FIELD_SPAN


IMPOSSIBLE = [0, -0.08, 0.0009, 100.1, math.nan, math.inf, -math.inf]


@pytest.mark.parametrize("pixel_size", IMPOSSIBLE)
def test_an_impossible_pixel_size_is_refused(pixel_size):
    field = np.ones((1, 64, 64), np.float32)
    for refuse in (
        check_pixel_size,
        lambda p: Scale(32, 1.0).tiles(field, p),
        lambda p: Scale(32, 1.0).centre(field, p),
    ):
        with pytest.raises(CellocateError, match="impossible pixel size"):
            refuse(pixel_size)


@pytest.mark.parametrize("pixel_size", IMPOSSIBLE)
def test_an_impossible_pixel_size_is_refused_by_a_network_of_unknown_pixel_size(pixel_size):
    with pytest.raises(CellocateError, match="impossible pixel size"):
        Scale(32).tiles(np.ones((1, 64, 64), np.float32), pixel_size)


@pytest.mark.parametrize("pixel_size", [0.001, 0.08, 100])
def test_a_pixel_size_of_a_light_microscope_is_given_back(pixel_size):
    assert check_pixel_size(pixel_size) == pixel_size


@pytest.mark.parametrize("pixel_size", [4.01, 0.24])
def test_a_field_in_which_nothing_could_be_seen_is_refused(pixel_size):
    with pytest.raises(CellocateError, match=r"64×48 px of .* µm does not fit a model of 1 µm"):
        Scale(32, 1.0).tiles(np.ones((1, 48, 64), np.float32), pixel_size)


@pytest.mark.parametrize(("pixel_size", "side"), [(4.0, 256), (0.25, 16)])
def test_a_field_in_which_something_can_still_be_seen_is_shown(pixel_size, side):
    tiles = Scale(side, 1.0).tiles(np.ones((1, 64, 64), np.float32), pixel_size)
    assert tiles.shape == (1, 1, side, side)
    np.testing.assert_allclose(tiles, 1)
