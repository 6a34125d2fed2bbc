from __future__ import annotations

import pytest
import torch
from parameter_counts import count_parameters
from torch import nn

from cellocate.images import CHANNELS
from cellocate.networks import build_network
from cellocate.networks.own_backbones import Cnn128, DenseNet73


def test_the_small_network_has_the_layers_that_its_authors_print() -> None:
    network = build_network("cnn128", channels=CHANNELS, locations=28, size=128, dropout=0.5)
    assert count_parameters(network) == 5_217_340
    weighed = [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    assert [count_parameters(m) for m in weighed] == [1184, 18496, 18464, 18496, 18464, 18496, 5120128, 3612]
    assert [m.p for m in network.modules() if isinstance(m, nn.Dropout)] == [0.25, 0.5]


@pytest.mark.parametrize("size", [32, 33, 64, 100])
def test_the_small_network_takes_any_size_from_32(size: int) -> None:
    assert Cnn128(4, size)(torch.zeros(1, 4, size, size)).shape == (1, 128, 1, 1)


def test_smaller_images_leave_nothing() -> None:
    with pytest.raises(ValueError, match="empty"):
        Cnn128(4, 31)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_densenet73_is_6_12_16_from_64_by_12(channels: int) -> None:
    net = DenseNet73(channels, 64)
    blocks = [m for name, m in net.features.named_children() if name.startswith("denseblock")]
    assert [len(block) for block in blocks] == [6, 12, 16]
    assert net.features.conv0.weight.shape == (64, channels, 7, 7)
    grown = [m.out_channels for name, m in net.named_modules() if name.endswith(".conv2") and isinstance(m, nn.Conv2d)]
    assert grown == [12] * 34
    assert net(torch.rand(2, channels, 64, 64)).min() >= 0
