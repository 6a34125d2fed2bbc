"""Crops: where the cell lies in them, what they show of its neighbours, at which scale and depth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellocate.cells.crops import CropSettings, crops
from cellocate.errors import CellocateError


def field_of(shape=(60, 80), kind=np.uint8, channels=2):
    """Noise from 1 up, so that what is masked shows as 0."""
    return np.random.default_rng(0).integers(1, np.iinfo(kind).max, (channels, *shape), kind, endpoint=True)


def labels_of(shape, boxes, kind=np.uint16):
    labels = np.zeros(shape, kind)
    for number, (top, left, height, width) in boxes.items():
        labels[top : top + height, left : left + width] = number
    return labels


def test_at_the_fields_own_scale_a_crop_is_the_cell_as_it_was():
    field = field_of()
    cells = labels_of((60, 80), {1: (10, 20, 12, 16), 2: (40, 50, 10, 10)})
    first, second = crops(field, cells, None, 0.5, CropSettings(size=32, span=16))
    assert (first.number, second.number, first.pixel_size) == (1, 2, 0.5)
    expected = np.zeros((2, 32, 32), np.uint8)
    expected[:, 10:22, 8:24] = field[:, 10:22, 20:36]
    np.testing.assert_array_equal(first.pixels, expected)


@pytest.mark.parametrize("span", [16, None])
def test_what_surrounds_a_cell_is_left_in_or_out(span):
    field, cells = field_of(), labels_of((60, 80), {1: (20, 20, 16, 16), 2: (20, 36, 16, 16)})
    alone = next(crops(field, cells, None, 0.5, CropSettings(size=32, span=span)))
    among = next(crops(field, cells, None, 0.5, CropSettings(size=32, span=span, masked=False)))
    assert among.pixels.all()
    seen = alone.pixels > 0
    assert 0 < seen.sum() < seen.size
    inner = np.zeros_like(seen)
    inner[:, 12:20, 12:20] = True
    np.testing.assert_array_equal(alone.pixels[inner], among.pixels[inner])


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 2, 4])
@pytest.mark.parametrize(("span", "pixel_size"), [(20, 0.25), (20, 2.0), (None, 0.5)])
def test_depth_and_channels_are_kept_at_any_scale(kind, channels, span, pixel_size):
    field = np.full((channels, 60, 80), np.iinfo(kind).max // 2, kind)
    cells = labels_of((60, 80), {1: (20, 20, 20, 20)})
    (crop,) = crops(field, cells, None, pixel_size, CropSettings(size=48, span=span, masked=False, margin=0))
    assert crop.pixels.dtype == kind
    assert crop.pixels.shape == (channels, 48, 48)
    assert (crop.pixels[:, 24, 24] == np.iinfo(kind).max // 2).all()


def test_a_crop_of_fixed_scale_has_that_scale():
    cells = labels_of((200, 200), {1: (50, 60, 80, 40)})
    field = np.full((1, 200, 200), 200, np.uint8)
    (crop,) = crops(field, cells, None, 0.1, CropSettings(size=40, span=16))  # .4 µm a pixel: a quarter of the field's
    rows, columns = (np.flatnonzero(crop.pixels[0].any(axis=axis)) for axis in (1, 0))
    assert (len(rows), len(columns)) == (20, 10)
    assert crop.pixel_size == 0.4


def test_a_fitted_crop_holds_the_whole_cell_and_its_margin():
    cells = labels_of((200, 200), {1: (50, 60, 80, 40)})
    field = np.full((1, 200, 200), 200, np.uint8)
    (crop,) = crops(field, cells, None, 0.1, CropSettings(size=48, span=None, margin=0.1))
    rows, columns = (np.flatnonzero(crop.pixels[0].any(axis=axis)) for axis in (1, 0))
    assert (rows[0], rows[-1], columns[0], columns[-1]) == (4, 43, 14, 33)
    assert crop.pixel_size == pytest.approx(0.1 * 96 / 48)


def test_a_cell_is_centred_on_its_nucleus_and_on_itself_without_one():
    cells = labels_of((60, 80), {1: (10, 10, 20, 20), 2: (10, 50, 20, 20)})
    nuclei = labels_of((60, 80), {1: (12, 12, 4, 4)})
    field = np.zeros((1, 60, 80), np.uint8)
    field[0, 14, 14] = field[0, 20, 60] = 255
    shown = crops(field, cells, nuclei, 1.0, CropSettings(size=32, span=32, centre="nucleus"))
    assert [np.unravel_index(crop.pixels[0].argmax(), (32, 32)) for crop in shown] == [(16, 16), (16, 16)]


def test_masks_of_another_size_and_missing_nuclei_are_refused():
    field, cells = field_of(), np.ones((60, 79), np.uint16)
    with pytest.raises(CellocateError, match="masks of 79×60 px on a field of 80×60 px"):
        crops(field, cells, None, 0.5)
    with pytest.raises(CellocateError, match="no masks of nuclei"):
        crops(field, np.ones((60, 80), np.uint16), None, 0.5, CropSettings(centre="nucleus"))


def test_a_field_is_not_enlarged_beyond_all_memory():
    with pytest.raises(CellocateError, match=r"a field of 80×60 px of 90 µm, enlarged 450 times.*Check the pixel size"):
        list(crops(field_of(), np.ones((60, 80), np.uint16), None, 90.0))


@pytest.mark.parametrize(("wrong", "told"), [({"size": 4}, "size"), ({"span": 0.0}, "span"), ({"margin": 2}, "margin")])
def test_impossible_squares_are_refused(wrong, told):
    with pytest.raises(CellocateError, match=f"impossible {told}"):
        CropSettings(**wrong)


@given(
    shape=st.tuples(st.integers(1, 70), st.integers(1, 70)),
    seed=st.integers(0, 99),
    size=st.integers(16, 40),
    span=st.none() | st.floats(4, 60),
    kind=st.sampled_from([np.uint8, np.uint16]),
    labels=st.sampled_from([np.uint16, np.int32]),
)
def test_every_cell_of_any_field_gives_one_crop(shape, seed, size, span, kind, labels):
    draw = np.random.default_rng(seed)
    cells = np.kron(draw.integers(0, 4, (10, 10)), np.ones((7, 7), int))[: shape[0], : shape[1]].astype(labels)
    cut = list(crops(field_of(shape, kind), cells, None, 0.5, CropSettings(size=size, span=span)))
    assert [crop.number for crop in cut] == [n for n in np.unique(cells) if n]
    assert all(crop.pixels.shape == (2, size, size) and crop.pixels.dtype == kind for crop in cut)
