"""Untrained networks and models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch

from cellocate import vocabulary
from cellocate.decision import Rule
from cellocate.images import CHANNELS
from cellocate.networks import LocationNetwork, Model, ModelCard, Normalisation, Provenance, build_network
from cellocate.networks.model_card import LocationEntry


@pytest.fixture
def small() -> Callable[..., LocationNetwork]:
    """Make a network for images of 64 px, which is quick."""

    def network(channels: Sequence[str] = CHANNELS, **settings: Any) -> LocationNetwork:
        return build_network("test_resnet", **{"channels": channels, "locations": 28, "size": 64, **settings})

    return network


@pytest.fixture
def make() -> Callable[..., Model]:
    """Make a model with random weights, without training."""

    def model(
        backbone: str = "test_resnet", channels: Sequence[str] = CHANNELS, size: int = 64, **of_card: Any
    ) -> Model:
        torch.manual_seed(0)
        words = vocabulary.get_vocabulary("hpa28")
        card = ModelCard(
            **{
                "name": "random",
                "backbone": backbone,
                "head": "linear",
                "vocabulary": words.name,
                "locations": tuple(LocationEntry(name=x.name, go=x.go, group=x.group) for x in words.locations),
                "channels": tuple(channels),
                "size": size,
                "pixel_size": 163.84 / size,
                "pixel_size_assumed": False,
                "intensity": "depth",
                "normalisation": Normalisation(mean=(0.1,) * len(channels), std=(0.2,) * len(channels)),
                "rule": Rule(kind="fixed", thresholds=(0.5,) * len(words)),
                "scores": {},
                "provenance": Provenance(
                    cellocate="0",
                    torch="0",
                    timm="0",
                    created="",
                    collection="",
                    layout="",
                    simulated=True,
                    fields={},
                    epoch=0,
                    recipe={},
                ),
                "fields": {},
                **of_card,
            }
        )
        network = build_network(backbone, channels=channels, locations=len(words), size=size, head=card.head)
        return Model(network, card)

    return model
