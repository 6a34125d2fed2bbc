"""Brightness and contrast of fields, compared with training fields."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cellocate.networks.brightness import Brightness, brightness_of
from cellocate.networks.ood import fit_references

RNG = np.random.default_rng(0)


def _fields(n: int, bright: float = 1.0) -> np.ndarray:
    """Fields of two channels that are brighter and darker together, shape (n, 1, 2, 16, 16)."""
    exposure = RNG.lognormal(-2, 0.3, (n, 1, 1, 1, 1))
    return np.minimum(bright * exposure * RNG.random((n, 1, 2, 16, 16)), 1).astype(np.float32)


def _light(fields: np.ndarray) -> np.ndarray:
    return np.stack([brightness_of(field) for field in fields])


def test_the_light_is_that_of_pixels_that_are_lit_in_any_channel() -> None:
    tiles = np.zeros((2, 2, 8, 8), np.float32)
    tiles[:, :, 2:6, 1:7] = RNG.uniform(0.1, 0.9, (2, 2, 4, 6))
    lit = tiles[:, :, 2:6, 1:7]
    expected = np.concatenate([lit.mean(axis=(0, 2, 3)), lit.std(axis=(0, 2, 3))])
    np.testing.assert_allclose(np.exp(brightness_of(tiles)) - 1 / 255, expected, rtol=1e-4)
    np.testing.assert_allclose(
        brightness_of(np.pad(tiles, ((0, 0), (0, 0), (3, 3), (9, 9)))), brightness_of(tiles), rtol=1e-5
    )


@given(st.sampled_from([1, 2, 4]))
def test_a_black_field_has_a_light(channels: int) -> None:
    np.testing.assert_allclose(brightness_of(np.zeros((1, channels, 4, 4))), np.log(1 / 255), rtol=1e-5)


def test_dark_copies_are_far_from_the_usual_and_others_are_not() -> None:
    usual = Brightness(_light(_fields(300)), 1.0)
    own, dark, bright = (np.median(usual.distances(_light(_fields(100, times)))) for times in (1, 1 / 16, 4))
    assert dark > 4 * own
    assert bright > 2 * own


def test_a_channel_that_was_always_alike_may_differ_a_little() -> None:
    brightness = np.zeros((60, 2), np.float32)
    brightness[:, 0] = RNG.normal(size=60)
    usual = Brightness(brightness, 1.0)
    near, far = usual.distances(np.array([[0, 0.05], [0, 2.0]]))
    assert near < 1
    assert far > 10


def test_of_validation_fields_one_in_a_hundred_exceeds_the_limit_of_both_together() -> None:
    features = [RNG.normal([5, 0, 0, 0], 0.3, (n, 4)) for n in (200, 500, 2000, 40)]
    brightness = [_light(_fields(n, times)) for n, times in ((200, 1), (500, 1), (2000, 1), (40, 1 / 16))]
    known = fit_references(features[0], features[1], (brightness[0], brightness[1]))
    alone = fit_references(features[0], features[1])
    assert known is not None
    assert alone is not None
    assert (known.ood_score(features[1], brightness[1]) > 1).mean() <= 0.0101
    assert (known.ood_score(features[2], brightness[2]) > 1).mean() < 0.03
    dark = known.ood_score(features[3], brightness[3])
    assert dark.min() > 1
    assert (dark > known.ood_score(features[3], brightness[0][:40])).all()
    assert (alone.ood_score(features[3]) > 1).mean() < 0.1  # the features alone do not suffice
    np.testing.assert_array_equal(alone.ood_score(features[3], brightness[3]), alone.ood_score(features[3]))
