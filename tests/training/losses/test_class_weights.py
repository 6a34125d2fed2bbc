"""Class weights against the published formulas."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cellocate.training.losses.weights import class_weights

NAMES = ("none", "inverse_log", "ratio", "root_ratio", "rest", "rest_squared")
N, COUNTS = 100, [100 - 1, 50, 20, 11]


@pytest.mark.parametrize(
    ("name", "whole", "positive"),
    [
        ("none", lambda n: 1, lambda n: 1),
        ("inverse_log", lambda n: math.log(11) / math.log(n), lambda n: 1),
        ("ratio", lambda n: 1, lambda n: (N - n) / n),
        ("root_ratio", lambda n: 1, lambda n: math.sqrt((N - n) / n)),
        ("rest", lambda n: 1 - n / N, lambda n: 1),
        ("rest_squared", lambda n: (1 - n / N) ** 2, lambda n: 1),
    ],
)
def test_the_formulas(name, whole, positive):
    weights = class_weights(name, torch.tensor(COUNTS), N)
    assert weights.whole.tolist() == pytest.approx([whole(n) for n in COUNTS], rel=1e-6)
    assert weights.positive.tolist() == pytest.approx([positive(n) for n in COUNTS], rel=1e-6)


@given(st.sampled_from(NAMES), st.lists(st.integers(0, 50), min_size=1, max_size=6))
def test_weights_are_finite_and_never_zero(name, counts):
    for factors in class_weights(name, torch.tensor(counts), fields=50):
        assert factors.shape == (len(counts),)
        assert factors.isfinite().all()
        assert (factors > 0).all()


@given(st.sampled_from(NAMES), st.lists(st.integers(0, 50), min_size=2, max_size=6))
def test_what_is_rarer_weighs_no_less(name, counts):
    weights = class_weights(name, torch.tensor(sorted(counts)), fields=50)
    for factors in weights:
        assert (factors.diff() <= 1e-6).all()


@given(st.lists(st.integers(0, 50), min_size=1, max_size=6))
def test_inverse_log_weighs_the_rarest_by_one(counts):
    assert class_weights("inverse_log", torch.tensor(counts), fields=50).whole.max() == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_location_that_does_not_occur_changes_no_other(name):
    with_it, without = (class_weights(name, torch.tensor(counts), N) for counts in ([*COUNTS, 0], COUNTS))
    assert torch.equal(with_it.whole[:-1], without.whole)
    assert torch.equal(with_it.positive[:-1], without.positive)
