from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from cellocate.networks import Ensemble, LocationNetwork, Normalisation
from cellocate.networks.model_card import Member

NAMES = ("a", "b", "c")
Small = Callable[..., LocationNetwork]


def _member(locations: tuple[str, ...], class_weights: tuple[float, ...], activation: str = "sigmoid") -> Member:
    return Member(
        name="m",
        backbone="test_resnet",
        activation=activation,  # type: ignore[arg-type]
        locations=locations,
        normalisation=Normalisation(mean=(0.1,) * 4, std=(0.2,) * 4),
        class_weights=class_weights,
        epoch=1,
        checksum="",
    )


@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
def test_answers_are_means_by_share_each_in_its_own_place(small: Small, activation: str) -> None:
    first, second = small(locations=2).eval(), small(locations=3).eval()
    members = [_member(("c", "a"), (0.25, 0, 1), activation), _member(NAMES, (0.75, 1, 0))]
    images = torch.rand(3, 4, 64, 64)
    with torch.no_grad():
        found = Ensemble([first, second], members, NAMES)(images).sigmoid()
        one, two = first((images - 0.1) / 0.2), second((images - 0.1) / 0.2).sigmoid()
    one = one.softmax(dim=1) if activation == "softmax" else one.sigmoid()
    expected = torch.stack([0.25 * one[:, 1] + 0.75 * two[:, 0], two[:, 1], one[:, 0]], dim=1)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-6)


def test_features_stand_side_by_side(small: Small) -> None:
    networks = [small(locations=3).eval(), small(locations=3, head="concat").eval()]
    ensemble = Ensemble(networks, [_member(NAMES, (0.5,) * 3)] * 2, NAMES)
    images = torch.rand(2, 4, 64, 64)
    with torch.no_grad():
        expected = torch.cat([network.embed((images - 0.1) / 0.2) for network in networks], dim=1)
        torch.testing.assert_close(ensemble.embed(images), expected, rtol=1e-4, atol=1e-6)
    assert ensemble.features == expected.shape[1]


def test_what_stands_in_the_card_is_not_among_the_weights(small: Small) -> None:
    ensemble = Ensemble([small(locations=3)], [_member(NAMES, (1, 1, 1))], NAMES)
    assert all(name.startswith("networks.0.") for name in ensemble.state_dict())
