from __future__ import annotations

import io
import warnings

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingWarmRestarts, LRScheduler, MultiStepLR, OneCycleLR

from cellocate.training.recipe import Schedule
from cellocate.training.schedule import build_schedule, factor, restarts

SCHEDULES = [
    Schedule(name="constant"),
    Schedule(name="cosine"),
    Schedule(name="one_cycle", warmup=0.25),
    Schedule(name="restarts", cycle=1, multiplier=2),
    Schedule(name="steps", milestones=(2, 5), factors=(0.5, 0.1)),
    Schedule(name="inverse", decay=1e-3),
]


def _optimiser() -> torch.optim.SGD:
    first, second = nn.Linear(2, 2), nn.Linear(2, 1)
    return torch.optim.SGD([{"params": first.parameters(), "lr": 0.1}, {"params": second.parameters()}], lr=0.3)


def _rates(schedule: LRScheduler, steps: int) -> list[list[float]]:
    rates = []
    for _ in range(steps):
        rates.append([group["lr"] for group in schedule.optimizer.param_groups])
        schedule.optimizer.step()
        schedule.step()
    return rates


def _ours(section: Schedule, steps_per_epoch: int, epochs: int) -> list[list[float]]:
    return _rates(build_schedule(_optimiser(), section, steps_per_epoch, epochs), steps_per_epoch * epochs)


def test_restarts_are_torchs() -> None:
    """Five cycles, the first of one epoch, each twice as long as the last: 31 epochs."""
    ours = _ours(Schedule(name="restarts", warmup=0, cycle=1, multiplier=2), steps_per_epoch=7, epochs=31)
    torchs = _rates(CosineAnnealingWarmRestarts(_optimiser(), T_0=7, T_mult=2), 7 * 31)
    torch.testing.assert_close(ours, torchs, rtol=0, atol=1e-12)
    assert [step for step, (_, rate) in enumerate(ours) if rate == 0.3] == [0, 7, 21, 49, 105]


def test_one_cycle_is_torchs() -> None:
    torchs = _rates(OneCycleLR(_optimiser(), [0.1, 0.3], total_steps=40, pct_start=0.25, cycle_momentum=False), 40)
    # torch ends the rise one step before .25 · 40, and the fall at step 39
    ours = _ours(Schedule(name="one_cycle", warmup=9 / 39), steps_per_epoch=10, epochs=4)
    torch.testing.assert_close(ours, torchs, rtol=1e-9, atol=1e-15)
    assert ours[9][1] == 0.3


def test_steps_are_torchs() -> None:
    ours = _ours(Schedule(name="steps", warmup=0, milestones=(2, 3), factors=(0.1, 0.01)), 5, 4)
    torchs = _rates(MultiStepLR(_optimiser(), milestones=[10, 15], gamma=0.1), 20)
    torch.testing.assert_close(ours, torchs)


def test_inverse_is_keras() -> None:
    """rate / (1 + decay · iterations), where the first step has iteration 0."""
    section = Schedule(name="inverse", warmup=0, decay=1e-3 / 60)
    assert _ours(section, 776, 1)[775][1] == pytest.approx(0.3 / (1 + 1e-3 / 60 * 775))


def test_a_constant_rate_rises_and_stays() -> None:
    rates = [rate for _, rate in _ours(Schedule(name="constant", warmup=0.2), 10, 1)]
    assert rates == pytest.approx([0, 0.15] + [0.3] * 8)


@given(st.sampled_from(SCHEDULES), st.integers(1, 50), st.integers(1, 40), st.data())
def test_no_factor_is_beyond_the_rate(section: Schedule, steps: int, epochs: int, data: st.DataObject) -> None:
    step = data.draw(st.integers(0, steps * epochs + 5))  # Lightning may count a step more
    assert 0 <= factor(section, step, steps, epochs) <= 1


@given(st.integers(1, 5), st.integers(1, 3), st.integers(0, 5))
def test_each_cycle_begins_at_the_whole_rate_and_ends_near_none(cycle: int, multiplier: int, number: int) -> None:
    begin = sum(cycle * multiplier**i for i in range(number))
    end = begin + cycle * multiplier**number
    assert restarts(begin, cycle, multiplier) == 1
    assert restarts(end - 1e-6, cycle, multiplier) < 1e-6


@pytest.mark.parametrize("section", SCHEDULES, ids=lambda s: s.name)
def test_a_schedule_goes_on_from_a_checkpoint_without_code(section: Schedule) -> None:
    whole = build_schedule(_optimiser(), section, 3, 8)
    expected = _rates(whole, 24)
    torn = build_schedule(_optimiser(), section, 3, 8)
    _rates(torn, 10)
    file = io.BytesIO()
    torch.save({"schedule": torn.state_dict(), "optimiser": torn.optimizer.state_dict()}, file)
    file.seek(0)
    state = torch.load(file, weights_only=True)
    resumed = build_schedule(_optimiser(), section, 3, 8)
    resumed.optimizer.load_state_dict(state["optimiser"])
    resumed.load_state_dict(state["schedule"])
    assert _rates(resumed, 14) == expected[10:]


def test_a_checkpoint_remembers_the_first_rates() -> None:
    """So that a run resumed with another rate, such as one found again, continues with its own."""
    begun = build_schedule(_optimiser(), Schedule(name="constant", warmup=0), 3, 1)
    other = torch.optim.SGD(
        [{"params": nn.Linear(2, 2).parameters(), "lr": 5.0}, {"params": nn.Linear(2, 1).parameters()}], lr=7.0
    )
    resumed = build_schedule(other, Schedule(name="constant", warmup=0), 3, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        resumed.load_state_dict(begun.state_dict())
        other.load_state_dict(begun.optimizer.state_dict())
    assert _rates(resumed, 3) == [[0.1, 0.3]] * 3
