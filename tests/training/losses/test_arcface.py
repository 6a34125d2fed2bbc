"""ArcFace against its formula in angles."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cellocate.training.losses.arcface import ArcFace

MANY = settings(max_examples=50)


def in_angles(features, directions, identities, scale, margin):
    losses = []
    for feature, own in zip(features, identities, strict=True):
        angles = [math.acos(feature @ d / np.linalg.norm(feature) / np.linalg.norm(d)) for d in directions]
        cosines = [math.cos(a) for a in angles]
        widened = angles[own] + margin
        cosines[own] = math.cos(widened) if widened <= math.pi else math.cos(angles[own]) - margin * math.sin(margin)
        exponentials = [math.exp(scale * c) for c in cosines]
        losses.append(-math.log(exponentials[own] / sum(exponentials)))
    return np.mean(losses)


@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.5, 1.4]), st.sampled_from([1.0, 30.0]))
@MANY
def test_it_is_the_formula_in_angles(seed, margin, scale):
    torch.manual_seed(seed)
    loss = ArcFace(features=3, identities=4, scale=scale, margin=margin).double()
    features, identities = torch.randn(10, 3).double(), torch.randint(4, (10,))
    expected = in_angles(features.numpy(), loss.weight.detach().numpy(), identities.tolist(), scale, margin)
    assert loss(features, identities).item() == pytest.approx(expected, rel=1e-6)


def turned(angle, margin=0.5):
    """The loss of a feature that is turned from its identity's direction by an angle, the other at right angles."""
    loss = ArcFace(features=3, identities=2, scale=30, margin=margin)
    loss.weight.data = torch.tensor([[1.0, 0, 0], [0, 0, 1]])
    return loss(torch.tensor([[math.cos(angle), math.sin(angle), 0]]), torch.tensor([0])).item()


def test_the_loss_grows_with_the_angle_all_the_way_round():
    losses = [turned(angle) for angle in np.linspace(0.3, math.pi, 50)]
    assert losses == sorted(losses)
    assert losses[0] < losses[25] < losses[-1]


def test_a_margin_costs():
    assert turned(1.0, margin=0.5) > turned(1.0, margin=0.0)


@pytest.mark.parametrize("sign", [1, -1])
def test_gradients_along_a_direction_are_finite(sign):
    loss = ArcFace(features=2, identities=2, scale=64, margin=0.5)
    loss.weight.data = torch.eye(2)
    features = torch.tensor([[sign * 1e3, 0.0], [0.0, 0.0]], requires_grad=True)
    value = loss(features, torch.tensor([0, 1]))
    value.backward()
    assert value.isfinite()
    assert features.grad.isfinite().all()
    assert loss.weight.grad.isfinite().all()


def test_gradients_are_those_of_the_loss():
    torch.manual_seed(0)
    loss = ArcFace(features=3, identities=4, scale=5, margin=0.5).double()
    features = torch.randn(6, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: loss(x, torch.arange(6) % 4), features)


def test_length_does_not_matter():
    loss = ArcFace(features=3, identities=4, scale=30, margin=0.5)
    features = torch.randn(5, 3)
    long, short = (loss(length * features, torch.arange(5) % 4).item() for length in (100, 1))
    assert long == pytest.approx(short, rel=1e-4)


def test_fields_without_identity_are_left_out():
    loss = ArcFace(features=3, identities=4, scale=30, margin=0.5)
    features = torch.randn(3, 3)
    alone = loss(features[:1], torch.tensor([2])).item()
    assert loss(features, torch.tensor([2, -1, -1])).item() == pytest.approx(alone)
    assert loss(features, torch.tensor([-1, -1, -1])) == 0


def test_it_learns_to_tell_identities_apart():
    torch.manual_seed(0)
    identities = torch.arange(12) % 3
    features = torch.nn.Parameter(torch.randn(12, 8))
    loss = ArcFace(features=8, identities=3, scale=10, margin=0.5)
    optimiser = torch.optim.Adam([features, *loss.parameters()], lr=0.1)
    for _ in range(150):
        optimiser.zero_grad()
        loss(features, identities).backward()
        optimiser.step()
    unit = torch.nn.functional.normalize(features.detach())
    alike = identities[:, None] == identities
    cosines = unit @ unit.T
    assert cosines[alike].min() > cosines[~alike].max()
