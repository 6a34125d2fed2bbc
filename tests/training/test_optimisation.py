from __future__ import annotations

import typing

import pytest
import torch
from torch import nn

from cellocate.training.optimisation import build_optimiser
from cellocate.training.recipe import Optimiser

NAMES = typing.get_args(Optimiser.model_fields["name"].annotation)


def _network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(8, 1))


def _groups(network: nn.Sequential) -> list[list[nn.Parameter]]:
    return [[*network[0].parameters(), *network[1].parameters()], list(network[3].parameters())]


def _step(network: nn.Module, optimiser: torch.optim.Optimizer) -> None:
    optimiser.zero_grad()
    network(torch.ones(3, 1, 4, 4)).square().mean().backward()
    optimiser.step()


@pytest.mark.parametrize("name", NAMES)
def test_every_optimiser_learns(name: str) -> None:
    network = _network()
    optimiser = build_optimiser([list(network.parameters())], Optimiser(name=name), rate=0.01)
    assert type(optimiser).__name__.lower() == name
    before = network(torch.ones(3, 1, 4, 4)).square().mean()
    for _ in range(20):
        _step(network, optimiser)
    assert network(torch.ones(3, 1, 4, 4)).square().mean() < before


def test_biases_and_normalisations_do_not_decay() -> None:
    network = _network()
    optimiser = build_optimiser([list(network.parameters())], Optimiser(weight_decay=0.1), rate=1.0)
    decay = {id(p): group["weight_decay"] for group in optimiser.param_groups for p in group["params"]}
    named = dict(network.named_parameters())
    assert {name for name, p in named.items() if decay[id(p)] == 0.1} == {"0.weight", "3.weight"}
    assert {decay[id(p)] for name, p in named.items() if name not in ("0.weight", "3.weight")} == {0.0}


def test_each_group_has_its_rate_and_a_loss_the_heads() -> None:
    network, centres = _network(), nn.Parameter(torch.ones(4, 2))
    section = Optimiser(layer_rates=(0.5, 1.0))
    optimiser = build_optimiser(_groups(network), section, rate=0.02, extra=[centres])
    rate = {id(p): group["lr"] for group in optimiser.param_groups for p in group["params"]}
    assert {rate[id(p)] for p in _groups(network)[0]} == {0.01}
    assert {rate[id(p)] for p in [*_groups(network)[1], centres]} == {0.02}
    assert optimiser.param_groups[-1]["lr"] == 0.02
    assert sum(len(group["params"]) for group in optimiser.param_groups) == len(list(network.parameters())) + 1


def test_as_many_rates_as_groups() -> None:
    with pytest.raises(ValueError, match="longer"):
        build_optimiser(_groups(_network()), Optimiser(layer_rates=(0.1, 0.3, 1.0)), rate=0.1)


@pytest.mark.parametrize("name", NAMES)
def test_frozen_weights_stay_and_thaw_with_the_same_optimiser(name: str) -> None:
    network = _network()
    body, head = _groups(network)
    for parameter in body:
        parameter.requires_grad_(False)
    optimiser = build_optimiser([body, head], Optimiser(name=name, layer_rates=(0.5, 1.0), weight_decay=0.1), rate=0.1)
    before = [p.clone() for p in (body[0], head[0])]
    _step(network, optimiser)
    assert torch.equal(body[0], before[0])
    assert not torch.equal(head[0], before[1])
    for parameter in body:
        parameter.requires_grad_(True)
    _step(network, optimiser)
    assert not torch.equal(body[0], before[0])


def test_momentum_is_of_sgd_and_rmsprop() -> None:
    for name in ("sgd", "rmsprop"):
        optimiser = build_optimiser([list(_network().parameters())], Optimiser(name=name, momentum=0.7), rate=0.1)
        assert optimiser.param_groups[0]["momentum"] == 0.7
