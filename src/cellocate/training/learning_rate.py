"""Find the learning rate to start with: the loss while the rate rises."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from torch import Tensor, nn
from torch.optim import Optimizer

from cellocate.errors import CellocateError
from cellocate.files import new_file
from cellocate.training.classifier import Classifier
from cellocate.training.datasets import LabelledDataset, training_loader
from cellocate.training.run_folder import RunFolder

_SMOOTHING = 0.98  # of the running mean of the loss that detects divergence; fastai's
_DIVERGED = 4.0  # times the lowest running mean; fastai's
_WIDTH = 5.0  # batches: standard deviation of the smoothing
_MIN_BATCHES = 10  # for a meaningful curve
Batch = TypeVar("Batch")


@dataclass(frozen=True)
class RateCurve:
    """Learning rates that rise exponentially, and the loss of a batch at each.

    Example:
        >>> curve = RateCurve(tuple(10.0**e for e in range(-5, 1)), (4.0, 4.0, 4.0, 1.0, 1.0, 1.0))
        >>> curve.suggestion
        0.001
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]

    @property
    def smoothed(self) -> NDArray[np.float64]:
        """The losses, smoothed by a Gaussian of 5 batches, which does not lag as a running mean does."""
        return np.asarray(gaussian_filter1d(np.asarray(self.losses, np.float64), _WIDTH, mode="nearest"))

    @property
    def suggestion(self) -> float:
        """The rate at which the smoothed loss falls most steeply over the log rate, before its minimum."""
        lowest = int(self.smoothed.argmin())  # beyond it the loss may jump up and fall again
        return self.rates[int(np.gradient(self.smoothed)[: lowest + 1].argmin())]

    def save(self, path: str | Path) -> None:
        """Write `rate`, `loss`, `smoothed` and `suggested` (1 in one row, else 0) as CSV."""
        suggested = [int(rate == self.suggestion) for rate in self.rates]
        columns = {"rate": self.rates, "loss": self.losses, "smoothed": self.smoothed, "suggested": suggested}
        with new_file(path) as aside:
            pd.DataFrame(columns).to_csv(aside, index=False)


def read_rate_curve(path: str | Path) -> RateCurve:
    """Read what `RateCurve.save` wrote, to the last digit: a resumed run finds the same rate."""
    table = pd.read_csv(path, dtype=str)  # Python's float reads every digit, not every pandas does
    return RateCurve(tuple(map(float, table["rate"])), tuple(map(float, table["loss"])))


def require_one_process(processes: int) -> None:
    """Raise a `CellocateError` if several processes train: each would find a rate of its own."""
    if processes > 1:
        raise CellocateError(
            "optimiser.learning_rate=find works in a single process only",
            mend="Find it with one process, then give the number with --set optimiser.learning_rate.",
        )


def choose_rate(module: Classifier[Any], dataset: LabelledDataset, run: RunFolder, say: Callable[[str], None]) -> float:
    """Try rates on the training fields, write `learning_rate.csv`, and return the recipe's fraction of the best.

    A resumed run takes the rate that it found before.

    Raises:
        CellocateError: the loss falls at no rate.
    """
    path = Path(run.folder) / "learning_rate.csv"
    if not path.is_file():
        module.train()
        module.freeze_for(0)
        torch.manual_seed(module.recipe.training.seed)
        batches = training_loader(dataset, module.recipe)
        find_rate(module.loss_of, module, module.optimiser(1.0), batches, clip=module.recipe.optimiser.clip).save(path)
    rate = read_rate_curve(path).suggestion * module.recipe.optimiser.fraction
    say(f"learning rate {rate:.3g}, by {path}")
    return rate


def find_rate(
    step: Callable[[Batch], Tensor],
    module: nn.Module,
    optimiser: Optimizer,
    batches: Iterable[Batch],
    *,
    lowest: float = 1e-7,
    highest: float = 10.0,
    count: int = 100,
    clip: float | None = None,
) -> RateCurve:
    """Train some batches at exponentially rising rates until the loss diverges, then restore everything.

    Weights, buffers, the optimiser's state and torch's random state end as they began.

    Args:
        step: a batch → its loss, one number with a gradient.
        module: whose weights and buffers `step` changes; already in training mode.
        optimiser: built for a rate of 1; the rates of its groups are factors.
        batches: repeated as needed; from a loader of their own, because its generator is used.
        lowest: first rate.
        highest: last rate.
        count: number of batches.
        clip: maximum norm of the gradient.

    Raises:
        CellocateError: there is no batch, the loss is not finite at the lowest rates, or it never falls.

    References:
        Smith. Cyclical Learning Rates for Training Neural Networks. WACV 2017. arXiv:1506.01186

    Example:
        >>> network = nn.Linear(1, 1)
        >>> before = network.weight.item()
        >>> batches = [(torch.ones(4, 1), torch.zeros(4, 1))]
        >>> loss = lambda batch: (network(batch[0]) - batch[1]).square().mean()
        >>> rates = find_rate(loss, network, torch.optim.SGD(network.parameters(), lr=1.0), batches)
        >>> 1e-3 < rates.suggestion < 1, network.weight.item() == before
        (True, True)
    """
    factors = [group["lr"] for group in optimiser.param_groups]
    tried: list[tuple[float, float]] = []
    mean, best = 0.0, math.inf
    with _put_back(module, optimiser):
        for number, batch in enumerate(islice(_endless(batches), count)):
            rate = lowest * (highest / lowest) ** (number / max(1, count - 1))
            for group, factor in zip(optimiser.param_groups, factors, strict=True):
                group["lr"] = rate * factor
            loss = _trained(step, batch, optimiser, clip)
            mean = _SMOOTHING * mean + (1 - _SMOOTHING) * loss
            running = mean / (1 - _SMOOTHING ** (number + 1))
            if not math.isfinite(running) or running > _DIVERGED * best:
                break
            best = min(best, running)
            tried.append((rate, loss))
    return _checked(tried)


def _trained(step: Callable[[Batch], Tensor], batch: Batch, optimiser: Optimizer, clip: float | None) -> float:
    optimiser.zero_grad()
    loss = step(batch)
    loss.backward()  # type: ignore[no-untyped-call]
    if clip is not None:
        nn.utils.clip_grad_norm_([p for group in optimiser.param_groups for p in group["params"]], clip)
    optimiser.step()
    return float(loss.detach())


def _checked(tried: list[tuple[float, float]]) -> RateCurve:
    mend = "Set optimiser.learning_rate to a number, such as 0.001."
    if len(tried) < _MIN_BATCHES:
        raise CellocateError(f"the loss diverges within {len(tried)} batches at the lowest rates", mend=mend)
    rates = RateCurve(*zip(*tried, strict=True))
    if rates.smoothed.argmin() == 0:
        raise CellocateError("the loss falls at no learning rate", mend=mend)
    return rates


@contextmanager
def _put_back(module: nn.Module, optimiser: Optimizer) -> Iterator[None]:
    weights = {name: value.clone() for name, value in module.state_dict().items()}
    state: dict[str, Any] = deepcopy(optimiser.state_dict())
    device = next(module.parameters()).device
    accelerators = [device] if device.type != "cpu" else []
    with torch.random.fork_rng(accelerators, device_type=accelerators[0].type if accelerators else "cuda"):
        try:
            yield
        finally:
            optimiser.zero_grad()
            optimiser.load_state_dict(state)
            module.load_state_dict(weights)


def _endless(batches: Iterable[Batch]) -> Iterator[Batch]:
    while True:
        empty = True
        for batch in batches:
            empty = False
            yield batch
        if empty:
            raise CellocateError("there is no batch to find a learning rate with", mend="Lower training.batch_size.")
