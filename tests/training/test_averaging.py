from __future__ import annotations

import pytest
import torch
from torch import nn

from cellocate.errors import CellocateError
from cellocate.training.averaging import average_checkpoints, update_norms


def _network() -> nn.Sequential:
    return nn.Sequential(nn.Dropout(0.5), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(32, 1)).eval()


def test_norms_are_measured_on_the_images() -> None:
    network = nn.Sequential(nn.BatchNorm2d(2))
    images = torch.randn(4, 8, 2, 4, 4) * 3 + 5
    update_norms(network, images, seed=0)
    torch.testing.assert_close(network[0].running_mean, images.mean(dim=(0, 1, 3, 4)))
    torch.testing.assert_close(network[0].running_var, torch.stack([i.var(dim=(0, 2, 3)) for i in images]).mean(dim=0))


def test_norms_are_measured_alike_whatever_was_drawn_before() -> None:
    images = torch.randn(3, 8, 2, 4, 4)
    first, second = _network(), _network()
    update_norms(first, images, seed=1)
    torch.rand(7)
    random = torch.get_rng_state()
    update_norms(second, images, seed=1)
    assert torch.equal(first[1].running_mean, second[1].running_mean)
    assert torch.equal(torch.get_rng_state(), random)
    assert not second.training
    assert second[1].momentum == 0.1


def test_nothing_is_no_average() -> None:
    with pytest.raises(CellocateError, match=r"no checkpoint.*training\.save_last"):
        average_checkpoints([])
