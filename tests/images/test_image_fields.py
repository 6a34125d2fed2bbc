"""The channels of a field together, and the three ways in which pixels become floats."""

import itertools
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_images import noise

from cellocate.errors import CellocateError
from cellocate.images import CHANNELS, read_field, to_float, write_png
from cellocate.images.field_pixels import Intensity

PIXELS = {channel: noise(seed=seed) for seed, channel in enumerate(CHANNELS)}


@pytest.fixture
def files(tmp_path):
    for channel, pixels in PIXELS.items():
        write_png(tmp_path / f"a_{channel}.png", pixels)
    return {channel: tmp_path / f"a_{channel}.png" for channel in CHANNELS}


def test_a_field_holds_its_channels_in_the_usual_order(files):
    field = read_field(files)
    assert CHANNELS == ("red", "green", "blue", "yellow")
    assert (field.shape, field.dtype) == ((4, 40, 31), np.uint8)
    np.testing.assert_array_equal(field, np.stack(list(PIXELS.values())))


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_any_channels_may_be_read_in_any_order(files, count):
    for channels in itertools.permutations(CHANNELS, count):
        np.testing.assert_array_equal(read_field(files, channels), np.stack([PIXELS[c] for c in channels]))


def test_channels_that_are_not_asked_for_need_no_file(files):
    files["yellow"].unlink()
    assert read_field(files, ("red", "green", "blue")).shape == (3, 40, 31)
    with pytest.raises(CellocateError, match=r"missing.*a_yellow\.png"):
        read_field(files)


def test_16_bits_stay_16_bits(tmp_path):
    pixels = noise(np.uint16)
    write_png(tmp_path / "a.png", pixels)
    field = read_field({"green": str(tmp_path / "a.png")}, ["green"])
    assert field.dtype == np.uint16
    np.testing.assert_array_equal(field, pixels[None])


def test_channels_of_different_size_are_refused(files):
    write_png(files["blue"], noise(shape=(40, 30)))
    with pytest.raises(CellocateError, match=r"different size \(30×40 and 31×40 px\).*a_blue.png"):
        read_field(files)


def test_channels_of_different_depth_are_refused(files):
    write_png(files["yellow"], noise(np.uint16))
    with pytest.raises(CellocateError, match=r"different depth \(16 and 8 bits\).*a_yellow.png"):
        read_field(files)


def test_a_channel_that_the_field_lacks_is_named(files):
    del files["yellow"]
    with pytest.raises(CellocateError, match="yellow"):
        read_field(files)


@pytest.mark.parametrize(("folder", "side"), [("kaggle2018", 512), ("kaggle2021", 2048)])
def test_real_fields_are_read(real_data, folder, side):
    first = min((real_data / folder / "train").glob("*_red.png")).name.removesuffix("_red.png")
    field = read_field({c: real_data / folder / "train" / f"{first}_{c}.png" for c in CHANNELS})
    assert (field.shape, field.dtype) == ((4, side, side), np.uint8)
    assert len({plane.tobytes() for plane in field}) == 4
    assert 0 < to_float(field, "channel").mean() < 1


@pytest.mark.parametrize(("dtype", "largest"), [(np.uint8, 255), (np.uint16, 65535)])
def test_depth_divides_by_the_largest_value_of_the_depth(dtype, largest):
    field = noise(dtype, (2, 20, 30)) // 3
    found = to_float(field)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, field / largest, rtol=1e-6)


def test_8_and_16_bits_of_one_scene_are_the_same_floats():
    field = noise(shape=(2, 20, 30))
    for intensity in get_args(Intensity):
        np.testing.assert_allclose(
            to_float(field, intensity), to_float(field.astype(np.uint16) * 257, intensity), atol=1e-6
        )


def stretched(values):
    low, high = np.percentile(values, [0.1, 99.9])
    return np.clip((values - low) / (high - low), 0, 1)


def bright_and_dim():
    return np.stack([noise(shape=(50, 60)) // 4 + 10, noise(shape=(50, 60), seed=1) // 2 + 90])


def test_channel_stretches_each_channel_on_its_own():
    field = bright_and_dim()
    np.testing.assert_allclose(to_float(field, "channel"), [stretched(plane / 255) for plane in field], atol=1e-5)


def test_field_keeps_one_channel_dimmer_than_another():
    field = bright_and_dim()
    found = to_float(field, "field")
    np.testing.assert_allclose(found, stretched(field / 255), atol=1e-5)
    assert found[0].max() < found[1].max() == 1


def test_a_few_burnt_pixels_do_not_set_the_scale():
    field = np.tile(np.linspace(10, 60, 200).astype(np.uint8), (1, 200, 1))
    burnt = field.copy()
    burnt[0, 0, :20] = 255
    np.testing.assert_allclose(to_float(burnt, "channel")[0, 1:], to_float(field, "channel")[0, 1:], atol=0.03)


@given(
    st.sampled_from(get_args(Intensity)), st.sampled_from([np.uint8, np.uint16]), st.integers(1, 5), st.integers(0, 99)
)
@settings(max_examples=60)
def test_floats_lie_between_0_and_1_and_keep_the_order_of_pixels(intensity, dtype, side, seed):
    field = noise(dtype, (2, side, side), seed)
    found = to_float(field, intensity)
    assert found.dtype == np.float32
    assert found.min() >= 0
    assert found.max() <= 1
    for before, after in zip(field, found, strict=True):
        assert (np.diff(after.ravel()[np.argsort(before.ravel(), kind="stable")]) >= 0).all()


@pytest.mark.parametrize("value", [0, 7, 255])
def test_a_constant_image_stays_finite(value):
    field = np.full((3, 5, 5), value, np.uint8)
    np.testing.assert_allclose(to_float(field, "depth"), value / 255, rtol=1e-6)
    assert not to_float(field, "channel").any()
    assert not to_float(field, "field").any()


def test_a_constant_channel_beside_another_stays_finite():
    field = np.stack([np.full((30, 30), 9, np.uint8), noise(shape=(30, 30))])
    assert not to_float(field, "channel")[0].any()
    assert np.isfinite(to_float(field, "field")).all()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_between_0_and_1_are_taken_as_they_are(dtype):
    field = np.linspace(0, 1, 12).reshape(1, 3, 4).astype(dtype)
    found = to_float(field)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, field.astype(np.float32))


@pytest.mark.parametrize("intensity", get_args(Intensity))
@pytest.mark.parametrize(
    ("value", "message"),
    [
        (-0.01, r"pixels below 0 \(down to -0.01\).*clipped"),
        (1.01, r"floats outside 0 to 1 \(up to 1.01\)"),
        (255.0, r"up to 255\)\. Divide them by the largest value of their depth, such as 255"),
        (np.nan, "NaN or infinite.*nan_to_num"),
        (np.inf, "NaN or infinite"),
        (-np.inf, "NaN or infinite"),
    ],
)
def test_floats_out_of_range_are_refused(value, message, intensity):
    field = np.full((1, 3, 3), 0.5)
    field[0, 1, 1] = value
    with pytest.raises(CellocateError, match=message):
        to_float(field, intensity)


@pytest.mark.parametrize("value", [np.nextafter(np.float32(1), np.float32(2)), -1e-7])
def test_a_rounding_beyond_the_range_is_cut_off(value):
    found = to_float(np.full((1, 3, 3), value, np.float32))
    assert found.min() == found.max() == np.clip(value, 0, 1)


@pytest.mark.parametrize("kind", ["u2", "f4"])
def test_bytes_may_stand_in_either_order(kind):
    field = (np.linspace(0, 1, 18) * (1 if kind == "f4" else 65535)).reshape(2, 3, 3)
    np.testing.assert_array_equal(to_float(field.astype(f">{kind}")), to_float(field.astype(f"<{kind}")))


def test_a_field_without_pixels_is_refused():
    with pytest.raises(CellocateError, match=r"without pixels, of shape \(4, 0, 8\)"):
        to_float(np.zeros((4, 0, 8), np.uint8))


@pytest.mark.parametrize("dtype", [bool, np.int8, np.int16, np.int32, np.int64, np.uint32, np.complex64])
def test_pixels_of_another_type_are_refused(dtype):
    with pytest.raises(CellocateError, match=f"pixels of type {np.dtype(dtype)}"):
        to_float(np.zeros((1, 3, 3), dtype))


def test_the_pixels_given_are_left_alone():
    for field in (noise(shape=(2, 9, 9)), np.linspace(0, 1, 18, dtype=np.float32).reshape(2, 3, 3)):
        before = field.copy()
        for intensity in get_args(Intensity):
            to_float(field, intensity)
        np.testing.assert_array_equal(field, before)
