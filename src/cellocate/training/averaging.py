"""Weights averaged over steps or epochs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
from lightning.pytorch.callbacks import WeightAveraging
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim.swa_utils import get_ema_multi_avg_fn

from cellocate.errors import CellocateError
from cellocate.training.recipe import Training


def averaging_callback(section: Training) -> WeightAveraging | None:
    """The callback that keeps a moving average of the weights, if `average` is `ema`.

    Validation uses the averaged weights, and they are the `state_dict` of every checkpoint and of the module at the
    end; the weights being trained stay in the checkpoint for resuming. Running statistics of batch normalisations are
    averaged too. The decay after n steps is min(decay, (1 + n)/(10 + n)), or a short run would keep mostly its
    beginning.

    References:
        Polyak, Juditsky. Acceleration of stochastic approximation by averaging. SIAM Journal on Control and
        Optimization 30 (1992). https://doi.org/10.1137/0330046

    Example:
        >>> averaging_callback(Training()) is None
        True
    """
    if section.average != "ema":
        return None
    decay = section.ema_decay

    def average(averaged: Sequence[Tensor], current: Sequence[Tensor], done: Tensor | int) -> None:
        steps = int(done)
        now = get_ema_multi_avg_fn(min(decay, (1 + steps) / (10 + steps)))  # type: ignore[no-untyped-call]
        now(averaged, current, done)

    return WeightAveraging(multi_avg_fn=average)


def average_checkpoints(paths: Iterable[Path]) -> dict[str, Tensor]:
    """Average the weights of several checkpoints of one run; returns a `state_dict` on the CPU.

    Integers (counts of batches) are taken from the last one. `update_norms` measures the running statistics of batch
    normalisations again for these weights.

    Raises:
        CellocateError: there is no checkpoint.

    References:
        Izmailov et al. Averaging Weights Leads to Wider Optima and Better Generalization. UAI 2018. arXiv:1803.05407
    """
    sums: dict[str, Tensor] = {}
    last: dict[str, Tensor] = {}
    count = 0
    for count, path in enumerate(paths, start=1):  # noqa: B007 # counts them
        last = torch.load(path, map_location="cpu", weights_only=True)["state_dict"]
        for name, value in last.items():
            sums[name] = value.double() + sums.get(name, 0)
    if not count:
        raise CellocateError("there is no checkpoint to average", mend="Train with training.save_last of 2 or more.")
    return {name: (sums[name] / count).to(v.dtype) if v.is_floating_point() else v for name, v in last.items()}


def update_norms(network: nn.Module, images: Iterable[Tensor], seed: int) -> None:
    """Measure the running statistics of batch normalisations again, as the mean over batches of training images.

    A frozen backbone keeps its statistics; torch's `update_bn` would reset them and measure nothing. The network keeps
    its mode; without batch normalisations no image is read. `seed` is for dropout, so that a resumed run measures the
    same; torch's random state is kept.
    """
    training = network.training
    network.train()
    momenta = {m: m.momentum for m in network.modules() if isinstance(m, _BatchNorm) and m.training}
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(seed)
        for norm in momenta:
            norm.reset_running_stats()
            norm.momentum = None  # the plain mean
        for batch in images if momenta else ():
            network(batch)
    for norm, momentum in momenta.items():
        norm.momentum = momentum
    network.train(training)
