"""The learning-rate schedule: the factor of the rate at each step."""

from __future__ import annotations

import math
from bisect import bisect_right

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from cellocate.training.recipe import Schedule

_FIRST = 1 / 25  # start of one cycle, as in torch
_LAST = 1e-4  # its end, relative to the start


def build_schedule(optimiser: Optimizer, section: Schedule, steps_per_epoch: int, epochs: int) -> LambdaLR:
    """Build the schedule of a run; step it after every step of the optimiser.

    All rates of the optimiser's groups are multiplied by one factor. The state is the number of the step and the
    initial rates, so torch's `weights_only` can read it. `steps_per_epoch` are steps of the optimiser, fewer than
    batches if gradients are accumulated.

    Example:
        >>> import torch
        >>> optimiser = torch.optim.SGD(torch.nn.Linear(2, 1).parameters(), lr=0.2)
        >>> schedule = build_schedule(optimiser, Schedule(name="inverse", warmup=0, decay=1.0), 10, 2)
        >>> optimiser.step(), schedule.step()
        (None, None)
        >>> schedule.get_last_lr()
        [0.1]
    """
    # a plain function: LambdaLR saves the attributes of anything else in the checkpoint
    return LambdaLR(optimiser, lambda step: factor(section, step, steps_per_epoch, epochs))


def factor(section: Schedule, step: int, steps_per_epoch: int, epochs: int) -> float:
    """The factor of the learning rate at a step; 0 is the first.

    `cosine` and `one_cycle` span the run including their rise. The others are multiplied by a linear rise over
    `section.warmup` of the run, so that their epochs do not move.

    Example:
        >>> section = Schedule(name="steps", warmup=0, milestones=(25, 30), factors=(0.5, 0.25))
        >>> [factor(section, step, steps_per_epoch=100, epochs=35) for step in (0, 2499, 2500, 3000)]
        [1.0, 1.0, 0.5, 0.25]
    """
    steps = steps_per_epoch * epochs
    if section.name == "cosine":
        return cosine(step / steps, section.warmup)
    if section.name == "one_cycle":
        return one_cycle(step / max(1, steps - 1), section.warmup)  # the last step has the last rate
    progress = step / steps
    rise = progress / section.warmup if progress < section.warmup else 1.0
    return rise * _shape(section, step, step / steps_per_epoch)


def _shape(section: Schedule, step: int, epoch: float) -> float:
    match section.name:
        case "restarts":
            return restarts(epoch, section.cycle, section.multiplier)
        case "steps":
            return (1.0, *section.factors)[bisect_right(section.milestones, epoch)]
        case "inverse":
            return 1 / (1 + section.decay * step)
        case _:
            return 1.0


def cosine(progress: float, warmup: float) -> float:
    """The factor at `progress` (0 to 1): a linear rise, then half a cosine down to zero.

    References:
        Loshchilov, Hutter. SGDR: Stochastic Gradient Descent with Warm Restarts. ICLR 2017. arXiv:1608.03983

    Example:
        >>> [round(cosine(p, 0.2), 2) for p in (0, 0.1, 0.2, 0.6, 1)]
        [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    if progress < warmup:
        return progress / warmup
    return _fall((progress - warmup) / (1 - warmup))


def one_cycle(progress: float, rise: float) -> float:
    """The factor at `progress` (0 to 1) of one cycle: half a cosine up from 1/25, then half a cosine down to 1/250,000.

    The momentum is constant; Smith lets it fall and rise.

    References:
        Smith, Topin. Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates (2018).
        arXiv:1708.07120

    Example:
        >>> [round(one_cycle(p, 0.25), 2) for p in (0, 0.125, 0.25, 0.625, 1)]
        [0.04, 0.52, 1.0, 0.5, 0.0]
    """
    if progress < rise:
        return 1 - (1 - _FIRST) * _fall(progress / rise)
    last = _FIRST * _LAST
    return last + (1 - last) * _fall((progress - rise) / (1 - rise))


def restarts(epoch: float, cycle: int, multiplier: int) -> float:
    """The factor after `epoch` epochs (a float): a cosine from 1 to 0 that restarts with each cycle (see `cosine`).

    `cycle` is the length of the first cycle in epochs; each cycle is `multiplier` times as long as the one before.

    Example:
        Cycles of 1, 2, 4, 8 and 16 epochs:

        >>> [restarts(epoch, cycle=1, multiplier=2) for epoch in (0, 1, 3, 7, 15)]
        [1.0, 1.0, 1.0, 1.0, 1.0]
        >>> [round(restarts(epoch, cycle=1, multiplier=2), 2) for epoch in (0.5, 2, 5, 11, 23)]
        [0.5, 0.5, 0.5, 0.5, 0.5]
    """
    length = cycle
    while epoch >= length:
        epoch -= length
        length *= multiplier
    return _fall(epoch / length)


def _fall(progress: float) -> float:
    return 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
