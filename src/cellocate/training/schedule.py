"""How the learning rate changes over a run."""

from __future__ import annotations

import math


def cosine(progress: float, warmup: float) -> float:
    """The share of the learning rate at `progress` (0 to 1): a linear rise, then half a cosine down to zero.

    References:
        Loshchilov, Hutter. SGDR: Stochastic Gradient Descent with Warm Restarts. ICLR 2017. arXiv:1608.03983

    Example:
        >>> [round(cosine(p, 0.2), 2) for p in (0, 0.1, 0.2, 0.6, 1)]
        [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    if progress < warmup:
        return progress / warmup
    return 0.5 * (1 + math.cos(math.pi * min(1.0, (progress - warmup) / (1 - warmup))))
