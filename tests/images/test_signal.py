"""What stands out from noise is told from noise, at any size, depth and brightness."""

import cv2
import numpy as np
import pytest

from cellocate.collection import open_collection
from cellocate.images import CHANNELS
from cellocate.images.signal import CLEAR, signal_of
from cellocate.phantom import simulate_field

SIDES = (40, 64, 128, 200, 512, 1100)


def noises(side):
    """Images of nothing: what detectors and files make of it."""
    rng = np.random.default_rng(side)
    across = np.linspace(-1, 1, side)
    uneven = 1600 * (1 + 0.15 * across[:, None] - 0.1 * across[None] - 0.2 * across[:, None] ** 2)
    photons = rng.poisson(6, (side, side)).astype(np.uint8)
    yield from (np.zeros((side, side), np.uint8), np.full((side, side), 255, np.uint8), photons)
    yield rng.poisson(0.3, (side, side)).astype(np.uint8)
    yield rng.normal(1600, 80, (side, side)).astype(np.uint16)
    yield rng.normal(uneven, 80).astype(np.uint16)
    yield 257 * photons.astype(np.uint16)
    yield np.asarray(cv2.imdecode(cv2.imencode(".jpg", photons, [cv2.IMWRITE_JPEG_QUALITY, 85])[1], 0), np.uint8)


@pytest.mark.parametrize("side", SIDES)
def test_noise_does_not_stand_out(side):
    for plane in noises(side):
        assert signal_of(plane).peak() < CLEAR, (plane.dtype, plane.mean())
        assert signal_of(plane).largest_patch() < 0.001


@pytest.mark.parametrize("side", [64, 512])
def test_hot_pixels_are_no_patch(side):
    plane = np.random.default_rng(0).poisson(3, (side, side)).astype(np.uint8)
    plane[::23, ::29] = 255
    assert signal_of(plane).largest_patch() <= 1 / signal_of(plane).above.size


@pytest.mark.parametrize("side", [64, 128, 512])
@pytest.mark.parametrize("label", [0, 7, 16, 22, 25])
def test_phantom_channels_stand_out_also_when_dim(side, label):
    field = simulate_field([label], size=side, seed=(3, label))
    assert all(signal_of(plane).peak() > CLEAR for plane in field.channels)
    rng = np.random.default_rng(label)
    dim = field.channels[1] / 255 * 4095 / 10  # a tenth of a 12-bit scale, on a camera's offset and noise
    assert signal_of(rng.normal(100 + dim, 6).astype(np.uint16)).peak() > CLEAR


def test_depth_does_not_matter():
    plane = simulate_field([0], size=128, seed=1).channels[1]
    peak = signal_of(plane).peak()
    for times in (1, 16, 256, 257):
        assert signal_of(plane.astype(np.uint16) * times).peak() == pytest.approx(peak, rel=1e-4)


def test_what_is_too_small_to_judge_stands_out_unless_it_is_even():
    assert signal_of(np.eye(9, dtype=np.uint8)).peak() > CLEAR
    assert signal_of(np.full((1, 1), 7, np.uint8)).peak() == 0


@pytest.mark.parametrize("name", ["kaggle2018", "kaggle2021", "hpa_web"])
def test_real_channels_stand_out_with_room(real_data, name):
    collection = open_collection(real_data / name)
    for field in collection.ids:
        for channel, plane in zip(CHANNELS, collection.read(field, CHANNELS)[0], strict=True):
            assert signal_of(plane).peak() > (1.5 if channel == "green" else 4) * CLEAR
