from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from cellocate.errors import CellocateError
from cellocate.training.learning_rate import RateCurve, find_rate, read_rate_curve

Batch = tuple[Tensor, Tensor]


def _network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.1), nn.Linear(8, 1))


def _batches() -> list[Batch]:
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(16, 32, 4, generator=generator)
    return [(x, x.sum(dim=1, keepdim=True)) for x in images]


def _loss(network: nn.Module) -> Callable[[Batch], Tensor]:
    return lambda batch: nn.functional.mse_loss(network(batch[0]), batch[1])


def _found(network: nn.Module, factors: tuple[float, float] = (1.0, 1.0), **settings: float) -> RateCurve:
    first, rest = list(network[0].parameters()), list(network[1:].parameters())
    optimiser = torch.optim.SGD(
        [{"params": first, "lr": factors[0]}, {"params": rest, "lr": factors[1]}], lr=1.0, momentum=0.9
    )
    return find_rate(_loss(network), network, optimiser, _batches(), **settings)


def test_the_rate_that_is_found_learns_and_its_neighbours_do_worse() -> None:
    network = _network()
    rates = _found(network)
    start = {name: value.clone() for name, value in network.state_dict().items()}

    def after(rate: float) -> float:
        network.load_state_dict(start)
        torch.manual_seed(1)
        optimiser = torch.optim.SGD(network.parameters(), lr=rate, momentum=0.9)
        for batch in _batches() * 2:
            optimiser.zero_grad()
            loss = _loss(network)(batch)
            loss.backward()
            optimiser.step()
        return float(loss.detach())

    assert after(rates.suggestion) < min(after(rates.suggestion / 30), after(rates.suggestion * 300), rates.losses[0])


def test_nothing_is_left_changed() -> None:
    network = _network()
    optimiser = torch.optim.Adam(network.parameters(), lr=1.0)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    random = torch.get_rng_state()
    find_rate(_loss(network), network, optimiser, _batches())
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert torch.equal(torch.get_rng_state(), random)
    assert all(parameter.grad is None for parameter in network.parameters())
    assert not optimiser.state
    assert optimiser.param_groups[0]["lr"] == 1.0


def test_it_is_found_again_alike() -> None:
    torch.manual_seed(0)
    first = _found(_network())
    assert _found(_network()) == first


def test_what_fails_within_leaves_nothing_changed_either() -> None:
    network = _network()
    before = [p.clone() for p in network.parameters()]
    calls = iter(range(100))

    def step(batch: Batch) -> Tensor:
        if next(calls) == 5:
            raise CellocateError("a damaged file")
        return _loss(network)(batch)

    with pytest.raises(CellocateError, match="damaged"):
        find_rate(step, network, torch.optim.SGD(network.parameters(), lr=1.0), _batches())
    assert all(torch.equal(p, q) for p, q in zip(network.parameters(), before, strict=True))


def test_rates_rise_from_the_lowest_to_the_highest_until_the_loss_diverges() -> None:
    whole = _found(_network(), lowest=1e-7, highest=1e-3)
    assert len(whole.rates) == 100
    assert (whole.rates[0], whole.rates[-1]) == (1e-7, pytest.approx(1e-3))
    np.testing.assert_allclose(np.diff(np.log(whole.rates)), np.log(1e4) / 99)
    assert len(_found(_network(), highest=1e6).rates) < 100


def test_layer_groups_keep_their_proportions() -> None:
    """A rate of ten times, with factors of a tenth, is the same."""
    assert _found(_network(), (0.01, 0.1), lowest=1e-6, highest=1e2).losses == pytest.approx(
        _found(_network(), (0.1, 1.0), lowest=1e-7, highest=1e1).losses, rel=1e-3
    )


def test_the_gradient_is_clipped() -> None:
    free, clipped = (_found(_network(), highest=1e3, **s) for s in ({}, {"clip": 1e-3}))
    assert len(clipped.rates) > len(free.rates)


def test_useless_losses_are_refused() -> None:
    network = _network()
    optimiser = torch.optim.SGD(network.parameters(), lr=1.0)
    with pytest.raises(CellocateError, match=r"diverges within 0 batches.*learning_rate"):
        find_rate(lambda batch: _loss(network)(batch) * torch.nan, network, optimiser, _batches())
    losses = iter(range(1, 200))
    with pytest.raises(CellocateError, match=r"falls at no learning rate.*learning_rate"):
        find_rate(lambda batch: _loss(network)(batch) * 0 + 1 + next(losses) / 99, network, optimiser, _batches())
    with pytest.raises(CellocateError, match="no batch"):
        find_rate(_loss(network), network, optimiser, [])


@given(st.lists(st.floats(0.01, 1e3), min_size=10, max_size=60))
def test_rates_come_back_digit_for_digit(losses: list[float]) -> None:
    rates = RateCurve(tuple(1e-7 * 1.2**i for i in range(len(losses))), tuple(losses))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "learning_rate.csv"
        rates.save(path)
        assert read_rate_curve(path) == rates
        table = pd.read_csv(path)
    assert table["rate"][table["suggested"] == 1].tolist() == [pytest.approx(rates.suggestion)]


def test_a_step_of_the_loss_is_found_where_it_is() -> None:
    exponents = np.linspace(-7, 1, 100)
    noise = np.random.default_rng(0).normal(0, 0.02, 100)
    losses = 1 - 1 / (1 + np.exp(-(exponents + 3) * 4)) + np.exp((exponents - 0.5) * 6) + noise
    losses[90] = 8.0  # which falls again more steeply than anything before
    found = RateCurve(tuple(10**exponents), tuple(losses)).suggestion
    assert abs(np.log10(found) + 3) < 0.3
