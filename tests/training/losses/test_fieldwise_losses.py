"""Losses per field and location against slow implementations of the papers, and against libraries."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from small_batches import batches, drawn
from torchvision.ops import sigmoid_focal_loss

from cellocate.training.losses.fieldwise import asymmetric, bce, focal, soft_margin
from cellocate.training.losses.weights import ClassWeights

MANY = settings(max_examples=60)
LOCATIONS = 5
WEIGHTS = ClassWeights(torch.arange(1.0, 1 + LOCATIONS), torch.arange(2.0, 2 + LOCATIONS).sqrt())


def slow(logits, truth, positive, negative):
    """The mean of positive(k, p) of what is shown and negative(k, p) of what is not, p being the probability."""
    losses = []
    for x, t in zip(logits.tolist(), truth.tolist(), strict=True):
        for k, (x_k, t_k) in enumerate(zip(x, t, strict=True)):
            p = 1 / (1 + math.exp(-x_k))
            losses.append(positive(k, p) if t_k else negative(k, p))
    return sum(losses) / len(losses)


def test_cross_entropy_is_weighted_by_location_and_on_positives():
    logits, truth = drawn(locations=LOCATIONS)
    w, v = (factors.tolist() for factors in WEIGHTS)
    expected = slow(logits, truth, lambda k, p: -w[k] * v[k] * math.log(p), lambda k, p: -w[k] * math.log(1 - p))
    assert float(bce(logits, truth, WEIGHTS)) == pytest.approx(expected, rel=1e-6)


def test_focal_is_weighted_by_location_and_on_positives():
    logits, truth = drawn(locations=LOCATIONS)
    w, v = (factors.tolist() for factors in WEIGHTS)
    expected = slow(
        logits,
        truth,
        lambda k, p: -w[k] * v[k] * (1 - p) ** 2 * math.log(p),
        lambda k, p: -w[k] * p**2 * math.log(1 - p),
    )
    assert float(focal(logits, truth, 2.0, WEIGHTS)) == pytest.approx(expected, rel=1e-6)


@given(batches(limit=30), st.sampled_from([0.0, 0.5, 1.0, 2.0, 5.0]))
@MANY
def test_focal_is_that_of_torchvision(batch, gamma):
    logits, truth = (t.double() for t in batch)
    expected = sigmoid_focal_loss(logits, truth, alpha=-1, gamma=gamma, reduction="mean")
    assert float(focal(logits, truth, gamma)) == pytest.approx(float(expected), rel=1e-6, abs=1e-12)


def test_focal_spares_what_is_easy():
    """As seed 003 means it, and not as the second of its two formulas has it."""
    easy, hard = (
        focal(torch.tensor([[x]]), torch.tensor([[1.0]]), 2.0) / bce(torch.tensor([[x]]), torch.ones(1, 1))
        for x in (4.0, -4.0)
    )
    assert easy < 0.001
    assert hard > 0.9


@given(batches(limit=20), st.sampled_from([0.0, 1.0, 2.5]), st.sampled_from([0.0, 1.0, 4.0]), st.sampled_from([0, 0.2]))
@MANY
def test_asymmetric_is_that_of_the_paper(batch, gamma, gamma_negative, clip):
    logits, truth = (t.double() for t in batch)

    def negative(_, p):
        shifted = max(p - clip, 0)
        return -(shifted**gamma_negative) * math.log(1 - shifted)

    expected = slow(logits, truth, lambda _, p: -((1 - p) ** gamma) * math.log(p), negative)
    assert float(asymmetric(logits, truth, gamma, gamma_negative, clip)) == pytest.approx(expected, rel=1e-6, abs=1e-8)


@given(batches())
@MANY
def test_without_asymmetry_it_is_focal(batch):
    logits, truth = (t.double() for t in batch)
    assert float(asymmetric(logits, truth, 2.0, 2.0, 0.0)) == pytest.approx(float(focal(logits, truth, 2.0)), rel=1e-6)


@given(batches(soft=True))
@MANY
def test_without_weights_three_are_one(batch):
    logits, truth = (values.double() for values in batch)
    plain = float(bce(logits, truth))
    assert float(focal(logits, truth, 0.0)) == pytest.approx(plain, rel=1e-4, abs=1e-7)
    assert float(soft_margin(logits, truth)) == pytest.approx(plain, rel=1e-4, abs=1e-7)
