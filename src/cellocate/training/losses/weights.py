"""Class weights of a loss, from the number of training fields of each location."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from cellocate.choices import Weighting


class ClassWeights(NamedTuple):
    """Factors of K locations, shape (K,) each: of a location's whole loss, and additionally of its positives."""

    whole: Tensor
    positive: Tensor


def class_weights(name: Weighting, counts: Tensor, fields: int) -> ClassWeights:
    """Class weights by name, for n of N fields that show a location; `counts` holds the n, shape (K,), `fields` is N.

    - `inverse_log`: 1/log n, scaled to 1 for the rarest location that occurs; weighting 1 of seed 002.
    - `ratio`, `root_ratio`: (N − n)/n and its square root, on positives only; weightings 2 and 3 of seed 002.
    - `rest`: 1 − n/N, seed 003; `rest_squared`: its square, second of the 2018 challenge (with 30000 for N).

    n and N − n count as at least 1, so that all weights are finite and a location that every field shows is still
    learned. For `inverse_log` n counts as at least 2, and as the rarest that occurs if it is 0.

    Example:
        >>> class_weights("ratio", torch.tensor([1, 5, 0]), fields=10).positive
        tensor([ 9.,  1., 10.])
        >>> class_weights("inverse_log", torch.tensor([16, 4, 0]), fields=20).whole
        tensor([0.5000, 1.0000, 1.0000])
    """
    n = counts.float()
    with_it, without = n.clamp(min=1), (fields - n).clamp(min=1)
    ones = torch.ones_like(n)
    match name:
        case "none":
            return ClassWeights(ones, ones)
        case "inverse_log":
            rarest = n.where(n > 0, float(fields)).min().clamp(min=2)
            return ClassWeights(rarest.log() / n.maximum(rarest).log(), ones)
        case "ratio":
            return ClassWeights(ones, without / with_it)
        case "root_ratio":
            return ClassWeights(ones, (without / with_it).sqrt())
        case "rest":
            return ClassWeights(without / fields, ones)
        case "rest_squared":
            return ClassWeights((without / fields).square(), ones)
