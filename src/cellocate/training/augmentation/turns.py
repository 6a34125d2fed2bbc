"""Orientations that move whole pixels."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from cellocate.training.augmentation.draws import beside

_ALL = (0, 1, 2, 3, 4, 5, 6, 7)
_FLIPS = (0, 2, 4, 6)  # mirrored along neither side, both, or one


def turn(images: Tensor, turns: Literal["none", "flips", "dihedral", "eighths"]) -> Tensor:
    """Each square image of a batch in an orientation drawn from torch's generator.

    Of `eighths`, the quarter turns and mirrors; `geometry` adds 45° to half of the fields.

    Args:
        images: shape (N, C, S, S).
        turns: as in a recipe's `augmentation.turns`.
    """
    if turns == "none":
        return images
    return _drawn(images, _FLIPS if turns == "flips" else _ALL)


def orient(images: Tensor, orientation: int) -> Tensor:
    """One of the 8 orientations of a square: quarter turns, and for 4 to 7 a mirror first; 0 changes nothing.

    Args:
        images: shape (..., H, W).
        orientation: 0 to 7.
    """
    mirrored = images.flip(-1) if orientation >= 4 else images
    return torch.rot90(mirrored, orientation % 4, dims=(-2, -1))


def dihedral(images: Tensor) -> Tensor:
    """Each image of a batch, shape (N, C, S, S), in an orientation drawn from torch's generator."""
    return _drawn(images, _ALL)


def _drawn(images: Tensor, orientations: tuple[int, ...]) -> Tensor:
    drawn = torch.randint(len(orientations), (len(images),))
    turned = torch.empty_like(images)
    for number, orientation in enumerate(orientations):
        chosen = beside((drawn == number).nonzero().flatten(), images)  # numbers, as a mask would be waited for
        turned[chosen] = orient(images[chosen], orientation)
    return turned
