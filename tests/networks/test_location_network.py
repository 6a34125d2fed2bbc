from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from parameter_counts import count_parameters
from torch import nn

from cellocate.images import CHANNELS
from cellocate.networks import LocationNetwork, build_network, freeze


@pytest.mark.parametrize("channels", [("green",), CHANNELS[:3], CHANNELS])
def test_any_channels_give_one_logit_per_location(
    channels: tuple[str, ...], small: Callable[..., LocationNetwork]
) -> None:
    network = small(channels).eval()
    assert network(torch.zeros(2, len(channels), 64, 64)).shape == (2, 28)
    assert network.channels == channels


def test_logits_and_features_come_of_one_pass(small: Callable[..., LocationNetwork]) -> None:
    network, images = small(head="concat").eval(), torch.rand(2, 4, 64, 64)
    passes = []
    network.backbone.register_forward_hook(lambda *_: passes.append(1))
    logits, features = network.logits_and_features(images)
    assert len(passes) == 1
    torch.testing.assert_close(features, network.embed(images))
    torch.testing.assert_close(logits, network(images))
    torch.testing.assert_close(logits, network.head.classifier(features))


@pytest.mark.parametrize("backbone", ["test_vit", "test_mambaout", "test_convnext"])
@pytest.mark.parametrize("head", ["linear", "concat", "attention"])
def test_transformers_and_maps_with_channels_last_learn_in_every_weight(backbone: str, head: str) -> None:
    network = build_network(backbone, channels=CHANNELS, locations=5, size=160, head=head)  # type: ignore[arg-type]
    network(torch.rand(2, 4, 160, 160)).sum().backward()
    assert [name for name, p in network.named_parameters() if p.grad is None] == []


# What Keras prints as trainable in the reports of 2018 to 2021. Its ResNet101 gives each convolution a bias, which
# the batch normalisation behind it takes away again; timm's has none.


@pytest.mark.parametrize(
    ("backbone", "size", "head", "expected"),
    [("vgg16", 32, "linear", 14_714_688 + 512 * 12 + 12), ("tf_efficientnet_b6", 32, "linear", 40_763_364)],
)
def test_parameters_are_those_that_keras_counts(backbone: str, size: int, head: str, expected: int) -> None:
    network = build_network(backbone, channels=CHANNELS[:3], locations=12, size=size, head=head)  # type: ignore[arg-type]
    assert count_parameters(network) == expected


def test_resnet101_lacks_the_biases_of_keras_alone() -> None:
    network = build_network("resnet101", channels=CHANNELS[:3], locations=12, size=32, head="flatten")
    biases = sum(m.out_channels for m in network.backbone.modules() if isinstance(m, nn.Conv2d))
    on_16_by_16 = (16 * 16 - 1) * 2048 * 12  # the map at 512 px has 16 × 16 places, that at 32 px has one
    assert count_parameters(network) + biases + on_16_by_16 == 48_844_300


def _step(network: nn.Module) -> None:
    optimiser = torch.optim.AdamW(network.parameters(), lr=0.1, weight_decay=0.1)
    network(torch.rand(4, 4, 64, 64)).sum().backward()
    optimiser.step()


def test_a_frozen_backbone_stays_as_it_is_to_the_last_running_mean(small: Callable[..., LocationNetwork]) -> None:
    network = small()
    freeze(network, True)
    network.train()  # as Lightning does
    assert network.head.training
    assert not any(m.training for m in network.backbone.modules())
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    _step(network)
    changed = {name for name, tensor in network.state_dict().items() if not torch.equal(tensor, before[name])}
    assert changed == {"head.classifier.weight", "head.classifier.bias"}


def test_a_backbone_that_is_unfrozen_learns_again(small: Callable[..., LocationNetwork]) -> None:
    network = small()
    freeze(network, True)
    freeze(network, False)
    assert all(m.training for m in network.modules())
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    for _ in range(2):  # the first passes nothing to branches whose last normalisation begins at zero
        _step(network)
    same = {name for name, tensor in network.state_dict().items() if torch.equal(tensor, before[name])}
    assert same == set()


def test_freezing_leaves_an_evaluated_network_at_evaluation(small: Callable[..., LocationNetwork]) -> None:
    network = small().eval()
    freeze(network, True)
    freeze(network, False)
    assert not any(m.training for m in network.modules())


def test_parameters_are_counted_whether_frozen_or_not(small: Callable[..., LocationNetwork]) -> None:
    network = small()
    count = count_parameters(network)
    freeze(network, True)
    assert count_parameters(network) == count == count_parameters(network.backbone) + 96 * 28 + 28
