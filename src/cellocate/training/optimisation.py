"""The optimiser: the learning rate and weight decay of each weight."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from cellocate.training.recipe import Optimiser

_OPTIMISERS: dict[str, Callable[..., Optimizer]] = {
    "adamw": torch.optim.AdamW,
    "adam": torch.optim.Adam,
    "nadam": torch.optim.NAdam,
    "adamax": torch.optim.Adamax,
    "rmsprop": torch.optim.RMSprop,
    "sgd": torch.optim.SGD,
}


def build_optimiser(
    groups: Sequence[Sequence[nn.Parameter]],
    section: Optimiser,
    rate: float,
    extra: Sequence[nn.Parameter] = (),
) -> Optimizer:
    """Build an optimiser for a network in layer groups, each with its own rate; the last of its groups has the head's.

    `groups` run from the first layers to the head, as many as `section.layer_rates`; `rate` is multiplied by the
    group's factor. `extra` are parameters of the loss, which join the last group. Parameters with one dimension
    (biases, scales of normalisations) have no weight decay. Frozen parameters are included, so that they can be
    unfrozen later.

    References:
        Loshchilov, Hutter. Decoupled Weight Decay Regularization. ICLR 2019. arXiv:1711.05101 (AdamW)
        Howard, Ruder. Universal Language Model Fine-tuning for Text Classification. ACL 2018. arXiv:1801.06146
        (rates per layer group)

    Example:
        >>> network = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1))
        >>> section = Optimiser(name="sgd", layer_rates=(0.1, 1.0))
        >>> optimiser = build_optimiser([list(layer.parameters()) for layer in network], section, rate=0.5)
        >>> [(group["lr"], group["weight_decay"]) for group in optimiser.param_groups]
        [(0.05, 0.01), (0.05, 0.0), (0.5, 0.01), (0.5, 0.0)]
    """
    rated = [([*group], factor * rate) for group, factor in zip(groups, section.layer_rates, strict=True)]
    rated[-1][0].extend(extra)
    settings: list[dict[str, Any]] = []
    for parameters, lr in rated:
        decayed, spared = [p for p in parameters if p.ndim > 1], [p for p in parameters if p.ndim <= 1]
        settings += [
            {"params": chosen, "lr": lr, "weight_decay": decay}
            for chosen, decay in ((decayed, section.weight_decay), (spared, 0.0))
            if chosen
        ]
    momentum = {"momentum": section.momentum} if section.name in ("rmsprop", "sgd") else {}
    return _OPTIMISERS[section.name](settings, lr=rate, **momentum)
