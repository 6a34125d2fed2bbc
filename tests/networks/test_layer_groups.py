from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from cellocate.errors import CellocateError
from cellocate.images import CHANNELS
from cellocate.networks import LocationNetwork, build_network, layer_groups


def _names(network: LocationNetwork, count: int) -> list[list[str]]:
    of = {id(p): name for name, p in network.named_parameters()}
    return [[of[id(p)] for p in group] for group in layer_groups(network, count)]


@pytest.mark.parametrize(
    "backbone", ["test_resnet", "test_vit", "test_mambaout", "cnn128", "densenet73", "densenet121"]
)
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_every_parameter_stands_once(backbone: str, count: int) -> None:
    network = build_network(backbone, channels=CHANNELS, locations=5, size=160)
    groups = _names(network, count)
    assert len(groups) == count
    assert all(groups)
    assert sorted(name for group in groups for name in group) == sorted(n for n, _ in network.named_parameters())
    if count > 1:
        assert groups[-1] == ["head.classifier.weight", "head.classifier.bias"]


@pytest.mark.parametrize("backbone", ["resnet18", "resnet34", "resnet50"])
def test_three_groups_of_a_resnet_are_fastais(backbone: str) -> None:
    first, second, _ = _names(build_network(backbone, channels=["green"], locations=28, size=32), 3)
    assert {name.split(".")[2] for name in first} == {"conv1", "bn1", "layer1", "layer2"}
    assert {name.split(".")[2] for name in second} == {"layer3", "layer4"}


def test_the_last_normalisation_of_a_densenet_is_no_block_of_its_own() -> None:
    first, second, _ = _names(build_network("densenet121", channels=CHANNELS, locations=28, size=32), 3)
    assert {name.split(".")[3] for name in second} == {"denseblock3", "transition3", "denseblock4", "norm5"}
    assert {name.split(".")[3] for name in first} == {
        "conv0", "norm0", "denseblock1", "transition1", "denseblock2", "transition2",
    }  # fmt: skip


def test_blocks_are_shared_out_where_stages_do_not_suffice() -> None:
    groups = _names(build_network("resnet18", channels=CHANNELS, locations=28, size=32), 9)
    assert {name.rsplit(".", 2)[0] for name in groups[3]} >= {"backbone.net.layer2.1"}
    assert len(groups) == 9


@pytest.mark.parametrize(("count", "most"), [(6, 5), (100, 5), (0, 5)])
def test_more_groups_than_parts_are_refused(count: int, most: int, small: Callable[..., LocationNetwork]) -> None:
    with pytest.raises(
        CellocateError, match=rf"test_resnet cannot be divided into {count} groups.*Give 1 to {most} rates"
    ):
        layer_groups(small(), count)


def test_a_network_whose_parts_nobody_knows_is_backbone_and_head(small: Callable[..., LocationNetwork]) -> None:
    network = small()
    network.backbone.net = torch.nn.Conv2d(4, 4, 3)
    assert [len(group) for group in layer_groups(network, 2)] == [2, 2]
    with pytest.raises(CellocateError, match="Give 1 to 2 rates"):
        layer_groups(network, 3)


def test_frozen_parameters_are_parted_too(small: Callable[..., LocationNetwork]) -> None:
    network = small()
    network.backbone.requires_grad_(False)
    assert sum(map(len, layer_groups(network, 3))) == len(list(network.parameters()))
