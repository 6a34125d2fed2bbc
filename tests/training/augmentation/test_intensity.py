from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from cellocate.training.augmentation.intensity import blur, change_intensity
from cellocate.training.recipe import Augmentation

CHANNELS = ("red", "green", "blue", "yellow")
GREY = torch.full((500, 4, 2, 2), 0.5)


def test_nothing_to_do_gives_the_very_images() -> None:
    images = torch.rand(3, 4, 8, 8)
    state = torch.get_rng_state()
    assert change_intensity(images, Augmentation(), CHANNELS) is images
    assert torch.equal(torch.get_rng_state(), state)


@settings(max_examples=50)
@given(
    seed=st.integers(0, 2**31),
    contrast=st.floats(0, 0.99),
    gamma=st.floats(0, 3),
    brightness=st.floats(0, 0.99),
    noise=st.floats(0, 0.99),
    width=st.floats(0, 9),
)
def test_values_stay_between_0_and_1(
    seed: int, contrast: float, gamma: float, brightness: float, noise: float, width: float
) -> None:
    torch.manual_seed(seed)
    images = torch.rand(4, 4, 16, 16).round(decimals=1)  # with zeros and ones among them
    kept = images.clone()
    section = Augmentation(contrast=contrast, gamma=gamma, brightness=brightness, noise=noise, blur=width)
    changed = change_intensity(images, section, CHANNELS)
    assert changed.shape == images.shape
    assert changed.dtype == images.dtype
    assert float(changed.min()) >= 0
    assert float(changed.max()) <= 1
    assert torch.equal(images, kept)


def test_contrast_multiplies_each_channel_of_each_field() -> None:
    torch.manual_seed(0)
    factor = change_intensity(GREY, Augmentation(contrast=0.4), CHANNELS) / 0.5
    assert torch.equal(factor.amin(dim=(2, 3)), factor.amax(dim=(2, 3)))
    assert float(factor.min()) == pytest.approx(0.6, abs=0.01)
    assert float(factor.max()) == pytest.approx(1.4, abs=0.01)
    assert float(factor.mean()) == pytest.approx(1, abs=0.03)
    assert len(factor[:, :, 0, 0].unique()) > 1900


def test_gamma_is_as_often_a_power_as_a_root() -> None:
    torch.manual_seed(0)
    power = change_intensity(GREY, Augmentation(gamma=1), CHANNELS).log() / math.log(0.5)
    assert float(power.min()) == pytest.approx(0.5, abs=0.01)
    assert float(power.max()) == pytest.approx(2, abs=0.02)
    assert float((power > 1).float().mean()) == pytest.approx(0.5, abs=0.05)


def test_gamma_leaves_black_and_white() -> None:
    torch.manual_seed(0)
    board = torch.eye(4).expand(8, 4, 4, 4)
    assert torch.equal(change_intensity(board, Augmentation(gamma=1), CHANNELS), board)


def test_brightness_is_added_either_way() -> None:
    torch.manual_seed(0)
    added = change_intensity(GREY, Augmentation(brightness=0.1), CHANNELS) - 0.5
    assert float(added.min()) == pytest.approx(-0.1, abs=0.002)
    assert float(added.max()) == pytest.approx(0.1, abs=0.002)
    assert float(added.mean()) == pytest.approx(0, abs=0.01)


def test_noise_has_a_deviation_for_each_field() -> None:
    torch.manual_seed(0)
    images = torch.full((200, 2, 32, 32), 0.5)
    changed = change_intensity(images, Augmentation(noise=0.1), CHANNELS[:2])
    deviations = changed.std(dim=(1, 2, 3))
    assert float(deviations.max()) == pytest.approx(0.1, abs=0.01)
    assert float(deviations.min()) < 0.01
    assert float(deviations.mean()) == pytest.approx(0.05, abs=0.01)
    flat = changed[:, :, 0].flatten(1)
    assert not torch.equal(flat[0], flat[1])
    assert abs(float(torch.corrcoef(torch.stack([changed[:, 0].flatten(), changed[:, 1].flatten()]))[0, 1])) < 0.05


@pytest.mark.parametrize("sigma", [0.4, 1.0, 2.5])
def test_blur_agrees_with_scipy(sigma: float) -> None:
    images = torch.rand(2, 3, 40, 48)
    blurred = blur(images, torch.tensor([sigma, 0.0]), widest=sigma)
    reach = math.ceil(3 * sigma)
    reference = gaussian_filter(images[0].numpy(), (0, sigma, sigma), mode="mirror", radius=(0, reach, reach))
    np.testing.assert_allclose(blurred[0].numpy(), reference, atol=1e-6)
    assert torch.equal(blurred[1], images[1])


def test_a_blur_wider_than_the_image_is_still_one() -> None:
    blurred = blur(torch.rand(1, 1, 32, 32), torch.tensor([100.0]), widest=100)
    assert float(blurred.std()) < 0.05


def test_only_landmarks_are_dropped_and_as_often_as_asked() -> None:
    torch.manual_seed(0)
    dropped = (change_intensity(GREY, Augmentation(channel_dropout=0.3), CHANNELS) == 0).all(dim=3).all(dim=2).float()
    assert dropped.mean(dim=0)[[0, 2, 3]].tolist() == pytest.approx([0.3] * 3, abs=0.07)
    assert float(dropped[:, 1].sum()) == 0
    assert abs(float(torch.corrcoef(dropped[:, [0, 2]].T)[0, 1])) < 0.15


def test_a_dropped_channel_is_dark_in_spite_of_brightness_and_noise() -> None:
    torch.manual_seed(0)
    changed = change_intensity(GREY, Augmentation(channel_dropout=0.9, brightness=0.3, noise=0.2), CHANNELS)
    assert float((changed[:, 0] == 0).all(dim=2).all(dim=1).float().mean()) > 0.8
