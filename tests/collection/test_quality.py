"""Blank, saturated and blurred channels are told from sound ones, simulated and real, of 8 and 16 bits."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from cellocate import phantom
from cellocate.collection import find_warnings, inspect, open_collection
from cellocate.collection.image_quality import (
    BLANK_CONTRAST,
    FOCUS_CHANNELS,
    SATURATED_SHARE,
    SHARPNESS,
    above_floor,
    is_blank,
    saturated_share,
    sharpness,
    thumbnail,
)
from cellocate.images import CHANNELS, read_field

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def fields(tmp_path_factory):
    """Simulated fields, 512 px as those of 2018."""
    folder = tmp_path_factory.mktemp("sound") / "phantoms"
    phantom.simulate(folder, fields=4, size=512, seed=5, workers=1)
    collection = open_collection(folder)
    return [read_field(collection.files(field)) for field in collection.ids]


def blank(plane):
    return is_blank(plane, thumbnail(plane))


def blurred(plane, pixels):
    return cv2.GaussianBlur(plane, (0, 0), pixels)


BLANK = {
    "zero": np.zeros((512, 512), np.uint8),
    "even": np.full((512, 512), 90, np.uint8),
    "white": np.full((512, 512), 255, np.uint8),
    "dark noise": RNG.poisson(0.3, (512, 512)).astype(np.uint8),
    "noise": RNG.poisson(9, (512, 512)).astype(np.uint8),
    "noise of 16 bits": (400 + RNG.normal(0, 30, (300, 700))).astype(np.uint16),
    "one hot pixel": np.pad(np.full((1, 1), 255, np.uint8), (200, 311)),
}


@pytest.mark.parametrize("kind", BLANK)
def test_what_shows_nothing_is_blank(kind):
    assert blank(BLANK[kind])


SIDES = (64, 96, 128, 256, 512)


@pytest.mark.parametrize("side", [16, 32, 48, *SIDES, 1000])
@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_what_shows_nothing_is_blank_at_any_size(side, depth):
    rng = np.random.default_rng(side)
    bright = 1 if depth is np.uint8 else 100
    noise = rng.poisson(9, (side, side)) * bright
    for plane in (noise * 0, noise * 0 + 90, noise, rng.normal(60, 15, (side, 2 * side)) * bright):
        assert blank(plane.astype(depth)), (plane.mean(), plane.std())


@pytest.fixture(scope="module", params=SIDES)
def at_a_size(request, tmp_path_factory):
    """Simulated fields of one size, whole."""
    folder = tmp_path_factory.mktemp("sizes") / "phantoms"
    phantom.simulate(folder, fields=3, size=request.param, seed=2, workers=1)
    collection = open_collection(folder)
    return [read_field(collection.files(field)) for field in collection.ids]


def test_what_shows_cells_is_not_blank_at_any_size(at_a_size):
    for field in at_a_size:
        assert not any(map(blank, field))
        assert not any(map(blank, field.astype(np.uint16) * 257))
        assert all(map(blank, RNG.permuted(field.reshape(len(field), -1), axis=1).reshape(field.shape)))


def test_sound_channels_are_neither_blank_nor_saturated(fields):
    for field in fields:
        assert not any(map(blank, field))
        assert max(map(saturated_share, field)) < SATURATED_SHARE


def test_few_dim_cells_are_not_blank(fields):
    dim = (fields[0] // 20).astype(np.uint8)
    assert not any(map(blank, dim))
    assert not blank(np.pad(fields[0][1][:128, :128], ((0, 384), (0, 384))))


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_the_saturated_share_is_counted(depth):
    plane = np.zeros((10, 10), depth)
    plane[:3] = np.iinfo(depth).max
    assert saturated_share(plane) == 0.3
    assert saturated_share(plane - (plane > 0).astype(depth)) == 0


def test_an_overexposed_field_is_saturated(fields):
    burnt = cv2.convertScaleAbs(fields[0][0], alpha=200)
    assert saturated_share(burnt) > SATURATED_SHARE


@pytest.mark.parametrize("channel", FOCUS_CHANNELS)
def test_blurred_landmarks_are_out_of_focus_and_others_are_not(fields, channel):
    planes = [field[CHANNELS.index(channel)] for field in fields]
    assert min(map(sharpness, planes)) > SHARPNESS
    assert max(sharpness(blurred(plane, 2)) for plane in planes) < SHARPNESS


def test_sharpness_hardly_depends_on_brightness_or_depth(fields):
    plane = fields[0][0]
    assert sharpness(plane // 2) == pytest.approx(sharpness(plane), rel=0.1)
    assert sharpness(plane.astype(np.uint16) * 257) == pytest.approx(sharpness(plane), rel=1e-3)


def test_fields_are_judged_at_one_scale(fields):
    plane = fields[0][0]
    large = plane.repeat(3, axis=0).repeat(3, axis=1)
    assert sharpness(large) == pytest.approx(sharpness(plane), rel=0.1)
    cut = large[:699, :801]  # a part of a field, whose pixel size is known
    assert sharpness(cut, 0.32 / 3) == pytest.approx(sharpness(plane[:233, :267]), rel=0.1)


@pytest.mark.parametrize("side", [32, 48, *SIDES])
def test_real_fields_are_not_blank_however_small_nor_are_crops_of_cells(real_data, side):
    collection = open_collection(real_data / "kaggle2018")
    for field in collection.ids[:8]:
        pixels = read_field(collection.files(field))
        for plane in pixels:
            assert not blank(cv2.resize(plane, (side, side), interpolation=cv2.INTER_AREA))
        bright = cv2.blur(pixels[0].astype(np.float32), (side, side))  # where there are cells for sure
        y, x = (np.clip(k - side // 2, 0, 512 - side) for k in np.unravel_index(bright.argmax(), bright.shape))
        assert not blank(pixels[0][y : y + side, x : x + side])


@pytest.mark.parametrize("name", ["kaggle2018", "kaggle2021", "hpa_web"])
def test_real_fields_are_sound_with_room_and_blurred_ones_are_not(real_data, name):
    collection = open_collection(real_data / name)
    for field in collection.ids[:30]:
        pixels = read_field(collection.files(field))
        for channel, plane in zip(CHANNELS, pixels, strict=True):
            small = thumbnail(plane)
            assert not is_blank(plane, small)
            assert small.std() / small.mean() > 4 * BLANK_CONTRAST
            assert saturated_share(plane) < SATURATED_SHARE / 3
            if channel in FOCUS_CHANNELS:
                assert sharpness(plane) > 1.4 * SHARPNESS
                assert sharpness(blurred(plane, 2 * max(plane.shape) / 512)) < SHARPNESS / 1.3


@pytest.mark.parametrize("bits", [10, 11, 12, 14])
def test_what_fills_a_camera_of_fewer_bits_is_saturated(bits):
    plane = np.zeros((10, 10), np.uint16)
    plane[:4] = 2**bits - 1
    assert saturated_share(plane) == 0.4
    assert saturated_share(plane - (plane > 0)) == 0
    assert saturated_share(np.full((4, 4), 3, np.uint16)) == 0  # the largest of two bits, which no camera has


def test_contrast_is_judged_above_a_floor_far_above_0(fields):
    deep = fields[0].astype(np.uint16) * 12
    for floor in (900, 32768):
        raised = above_floor(deep + np.uint16(floor))
        assert not any(map(blank, raised))
        np.testing.assert_array_equal(raised, deep - deep.min())
    usual = deep + np.uint16(100)
    assert above_floor(usual) is usual


def warned_of_swaps(collection):
    found = find_warnings(collection, inspect(collection, decode=True))
    return {problem.error.what for problem in found if "swapped" in problem.error.what}


def swapped(collection, one, other):
    return replace(collection, fields=collection.fields.rename(columns={one: other, other: one}))


@pytest.mark.parametrize(("channel", "stain"), [("red", "microtubules"), ("yellow", "ER")])
def test_nuclei_swapped_with_a_landmark_are_warned_of(tmp_path, channel, stain):
    phantom.simulate(tmp_path / "some", fields=6, size=256, seed=3, workers=1)
    collection = open_collection(tmp_path / "some")
    assert warned_of_swaps(collection) == set()
    assert warned_of_swaps(swapped(collection, "blue", channel)) == {f"the nucleus and {stain} channels look swapped"}
    assert warned_of_swaps(swapped(collection, "blue", channel).subset(collection.ids[:2])) == set()  # too few


@pytest.mark.parametrize("folder", ["kaggle2018", "kaggle2021", "hpa_web"])
def test_real_channels_do_not_look_swapped_unless_they_are(real_data, folder):
    collection = open_collection(real_data / folder)
    collection = collection.subset(collection.ids[:12])
    assert warned_of_swaps(collection) == set()
    assert warned_of_swaps(swapped(collection, "blue", "red"))
