"""Pooling cells into a prediction for their field."""

from __future__ import annotations

import pytest
import torch

from cellocate.networks import build_network, layer_groups
from cellocate.networks.cell_pools import build_pool
from cellocate.registry import CELL_POOLS

NAMES = CELL_POOLS.own
CELLS, FEATURES, LOCATIONS = 6, 8, 5


def _some() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(CELLS, LOCATIONS, generator=generator), torch.rand(CELLS, FEATURES, generator=generator)


@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_cells_is_nothing(name: str) -> None:
    logits, features = _some()
    weights, order = torch.tensor([1, 1, 0.5, 1, 0.5, 1]), torch.tensor([3, 1, 5, 0, 2, 4])
    pool = build_pool(name, FEATURES, LOCATIONS)
    torch.testing.assert_close(pool(logits, features, weights), pool(logits[order], features[order], weights[order]))


@pytest.mark.parametrize("name", NAMES)
def test_bags_are_pooled_apart(name: str) -> None:
    logits, features = _some()
    weights, pool = torch.tensor([1, 1, 0.5, 1, 0.5, 1]), build_pool(name, FEATURES, LOCATIONS)
    together = pool.of_bags(logits, features, weights, [1, 3, 2])
    for i, part in enumerate((slice(0, 1), slice(1, 4), slice(4, 6))):
        torch.testing.assert_close(together[i], pool(logits[part], features[part], weights[part]))


@pytest.mark.parametrize("name", ["mean", "max", "attention"])
def test_a_single_cell_is_its_field(name: str) -> None:
    logits, features = _some()
    pool = build_pool(name, FEATURES, LOCATIONS)
    torch.testing.assert_close(pool(logits[:1], features[:1], torch.ones(1)), logits[0])


@pytest.mark.parametrize("name", NAMES)
def test_a_cell_of_little_weight_says_little(name: str) -> None:
    logits, features = _some()
    logits[0], features[0] = 9, 9
    pool = build_pool(name, FEATURES, LOCATIONS)
    without = pool(logits[1:], features[1:], torch.ones(CELLS - 1))
    weights = torch.tensor([1e-9, *[1.0] * (CELLS - 1)])
    torch.testing.assert_close(pool(logits, features, weights), without, rtol=1e-4, atol=1e-4)
    assert not torch.allclose(pool(logits, features, torch.ones(CELLS)), without, atol=1e-2)


def test_the_odds_of_a_cell_count_as_it_weighs() -> None:
    logits = torch.tensor([[2.0], [1.0]])
    pool_probabilities = build_pool("max", FEATURES, 1)(logits, torch.zeros(2, FEATURES), torch.tensor([0.25, 1.0]))
    assert pool_probabilities.item() == pytest.approx(1.0)
    alone = build_pool("max", FEATURES, 1)(logits[:1], torch.zeros(1, FEATURES), torch.tensor([0.25]))
    assert alone.exp().item() == pytest.approx(0.25 * torch.tensor(2.0).exp().item())


@pytest.mark.parametrize("name", NAMES)
def test_what_pools_learns_at_the_rate_of_the_head(name: str) -> None:
    network = build_network("test_resnet", channels=["green"], locations=LOCATIONS, size=32, cells=name)
    groups = layer_groups(network, 2)
    assert network.cells is not None
    last = {id(p) for p in groups[-1]}
    assert {id(p) for p in (*network.head.parameters(), *network.cells.parameters())} == last
    assert sum(len(group) for group in groups) == len(list(network.parameters()))


@pytest.mark.parametrize("name", NAMES)
def test_every_pool_learns(name: str) -> None:
    network = build_network("test_resnet", channels=["green"], locations=LOCATIONS, size=32, cells=name)
    logits, features = network.logits_and_features(torch.rand(4, 1, 32, 32))
    assert network.cells is not None
    fields = network.cells.of_bags(logits, features, torch.ones(4), [3, 1])
    assert fields.shape == (2, LOCATIONS)
    fields.sum().backward()
    assert all(p.grad is not None for p in network.cells.parameters())
