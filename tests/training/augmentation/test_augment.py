from __future__ import annotations

import pytest
import torch

from cellocate.images import uncropped_side
from cellocate.training.augmentation import augment
from cellocate.training.recipe import Augmentation

CHANNELS = ("red", "green", "blue", "yellow")
EVERYTHING = Augmentation(
    **{"orientation": "eighths", "rotation": 40, "shift": 0.2, "shear": 0.2, "zoom": 0.3, "crop": 0.5},
    **{
        "contrast": 0.3,
        "gamma": 0.5,
        "brightness": 0.05,
        "noise": 0.05,
        "blur": 1.5,
        "channel_dropout": 0.2,
        "mixup": 0.4,
        "cutmix": 1,
    },
)
FIELDS, TRUTH = torch.rand(8, 4, 64, 64, generator=torch.Generator().manual_seed(0)), torch.eye(8)


def test_no_augmentation_is_none() -> None:
    state = torch.get_rng_state()
    images, truth = augment(FIELDS, TRUTH, Augmentation(orientation="none"), CHANNELS, 64)
    assert torch.equal(images, FIELDS)
    assert torch.equal(truth, TRUTH)
    assert torch.equal(torch.get_rng_state(), state)


def test_everything_at_once_keeps_shape_and_bounds() -> None:
    torch.manual_seed(0)
    images, truth = augment(FIELDS, TRUTH, EVERYTHING, CHANNELS, 32)
    assert images.shape == (8, 4, 32, 32)
    assert images.dtype == torch.float32
    for values in (images, truth):
        assert float(values.min()) >= 0
        assert float(values.max()) <= 1
    torch.testing.assert_close(truth.sum(dim=1), torch.ones(8))


def test_the_seed_decides_and_the_pixels_do_not() -> None:
    torch.manual_seed(3)
    first = augment(FIELDS, TRUTH, EVERYTHING, CHANNELS, 32)
    state = torch.get_rng_state()
    torch.manual_seed(3)
    again = augment(FIELDS, TRUTH, EVERYTHING, CHANNELS, 32)
    assert torch.equal(first[0], again[0])
    assert torch.equal(first[1], again[1])
    torch.manual_seed(3)
    augment(torch.zeros_like(FIELDS), TRUTH, EVERYTHING, CHANNELS, 32)
    assert torch.equal(torch.get_rng_state(), state)  # as much is drawn for any fields
    assert not torch.equal(augment(FIELDS, TRUTH, EVERYTHING, CHANNELS, 32)[0], first[0])


def test_what_came_in_is_left_alone() -> None:
    kept = FIELDS.clone(), TRUTH.clone()
    augment(FIELDS, TRUTH, EVERYTHING, CHANNELS, 32)
    assert torch.equal(FIELDS, kept[0])
    assert torch.equal(TRUTH, kept[1])


def test_mixed_precision_does_not_reach_it() -> None:
    torch.manual_seed(3)
    plain = augment(FIELDS, TRUTH, EVERYTHING, CHANNELS, 32)
    torch.manual_seed(3)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = augment(FIELDS, TRUTH, EVERYTHING, CHANNELS, 32)
    assert torch.equal(plain[0], mixed[0])
    assert torch.equal(plain[1], mixed[1])


@pytest.mark.parametrize("channels", [("green",), ("red", "green", "blue")])
def test_fewer_channels(channels: tuple[str, ...]) -> None:
    side = uncropped_side(32, EVERYTHING.crop)
    images, _ = augment(FIELDS[:, : len(channels), :side, :side], TRUTH, EVERYTHING, channels, 32)
    assert images.shape == (8, len(channels), 32, 32)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_cuda_device_draws_the_same() -> None:
    section = EVERYTHING.model_copy(update={"noise": 0})
    torch.manual_seed(3)
    here = augment(FIELDS, TRUTH, section, CHANNELS, 32)
    torch.manual_seed(3)
    there = augment(FIELDS.cuda(), TRUTH.cuda(), section, CHANNELS, 32)
    torch.testing.assert_close(there[0].cpu(), here[0], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(there[1].cpu(), here[1])
