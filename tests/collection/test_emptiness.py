"""Empty fields, silent proteins and copied channels are told from all others."""

import cv2
import numpy as np
import pytest

from cellocate.collection import open_collection
from cellocate.collection.emptiness import NEARLY_EMPTY, NO_SIGNAL, emptiness_note
from cellocate.images import CHANNELS
from cellocate.phantom import simulate_field

SIDES = (64, 128, 512)
LABELS = (0, 7, 14, 16, 20, 25)


def planes(label, side):
    return dict(zip(CHANNELS, simulate_field([label], size=side, seed=(11, label)).channels, strict=True))


def grey(values):
    return np.clip(values, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("label", LABELS)
def test_phantoms_are_sound_and_without_protein_silent(side, label):
    field, rng = planes(label, side), np.random.default_rng(label)
    assert emptiness_note(field, 163.84 / side) == ""
    for background in (rng.poisson(2, (side, side)), rng.normal(20, 4, (side, side)), np.zeros((side, side))):
        assert emptiness_note(field | {"green": grey(background)}, 163.84 / side) == NO_SIGNAL


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("channel", ["red", "blue", "yellow"])
def test_a_scaled_copy_is_told(side, channel):
    field, rng = planes(25, side), np.random.default_rng(0)
    for copy in (field[channel], field[channel] * 0.3 + rng.normal(4, 1, (side, side)), field[channel] * 1.5):
        assert emptiness_note(field | {"green": grey(copy)}) == f"protein channel like {channel}"


@pytest.mark.parametrize("pixel_size", [None, 0.32])
def test_noise_and_specks_are_nearly_empty(pixel_size):
    rng = np.random.default_rng(0)
    field = {c: rng.poisson(2, (256, 256)).astype(np.uint8) for c in CHANNELS}
    assert emptiness_note(field, pixel_size) == NEARLY_EMPTY
    cv2.circle(field["green"], (100, 100), 30, 200, -1)  # protein alone is no cell
    cv2.circle(field["blue"], (50, 50), 3, 200, -1)
    assert emptiness_note(field, pixel_size) == NEARLY_EMPTY
    cv2.circle(field["blue"], (150, 50), 12, 200, -1)
    assert emptiness_note(field, pixel_size) == ""


def rotated(noise):
    centre = noise.shape[1] / 2, noise.shape[0] / 2
    return cv2.warpAffine(noise, cv2.getRotationMatrix2D(centre, 3, 1), noise.shape[::-1])


def circular(noise):
    y, x = np.mgrid[-1 : 1 : noise.shape[0] * 1j, -1 : 1 : noise.shape[1] * 1j]
    return np.where(np.hypot(x, y) < 0.98, noise, 0)


@pytest.mark.parametrize("seen", [rotated, circular, lambda noise: np.pad(noise[20:-20, 20:-20], 20)])
def test_a_black_rim_is_no_background(seen):
    rng = np.random.default_rng(0)
    field = {c: grey(seen(rng.normal(20, 3, (512, 512)))) for c in CHANNELS}
    assert emptiness_note(field, 0.16) == NEARLY_EMPTY
    with_cells = planes(16, 512)
    assert (
        emptiness_note({c: grey(seen(plane + rng.normal(20, 3, (512, 512)))) for c, plane in with_cells.items()}, 0.32)
        == ""
    )


def test_a_black_background_without_noise_stays_the_background():
    field = planes(16, 512)
    y, x = np.mgrid[-1:1:512j, -1:1:512j]
    cut_out = {c: np.where(np.hypot(x, y) < 0.5, plane, 0).astype(np.uint8) for c, plane in field.items()}
    assert emptiness_note(cut_out, 0.32) == ""


@pytest.mark.parametrize("noise", [1, 3])
def test_a_faint_copy_is_told_under_noise(noise):
    field, rng = planes(25, 512), np.random.default_rng(0)
    copy = field["red"] * 0.15 + rng.normal(10, noise, (512, 512))
    assert emptiness_note(field | {"green": grey(copy)}) == "protein channel like red"


@pytest.mark.parametrize("white", [255, 4095, 65535])
def test_a_protein_that_is_white_all_over_is_saturated_and_not_silent(white):
    kind = np.uint8 if white == 255 else np.uint16
    field = {c: (plane.astype(kind) * (white // 255)) for c, plane in planes(25, 128).items()}
    assert emptiness_note(field | {"green": np.full((128, 128), white, kind)}, 1.28) == "saturated"
    assert emptiness_note(field | {"green": np.full((128, 128), 200, kind)}, 1.28) == NO_SIGNAL


def test_of_the_protein_alone_there_is_no_field_to_be_empty():
    rng = np.random.default_rng(0)
    assert emptiness_note({"green": rng.poisson(2, (128, 128)).astype(np.uint8)}) == NO_SIGNAL


@pytest.mark.parametrize("name", ["kaggle2018", "kaggle2021", "hpa_web", "collages"])
def test_real_fields_are_sound_at_any_size(real_data, name):
    collection = open_collection(real_data / name, vocabulary="hpa28")
    for field in collection.ids:
        channels = [c for c in CHANNELS if c in collection.files(field)]
        pixels, pixel_size = collection.read(field, channels)
        assert emptiness_note(dict(zip(channels, pixels, strict=True)), pixel_size) == ""
        small = [cv2.resize(plane, (96, 96), interpolation=cv2.INTER_AREA) for plane in pixels]
        assert emptiness_note(dict(zip(channels, small, strict=True))) == ""
