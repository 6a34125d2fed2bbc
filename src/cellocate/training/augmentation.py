"""Augmentation on the batch, on the device."""

from __future__ import annotations

import torch
from torch import Tensor


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
    drawn = torch.randint(8, (len(images),))
    turned = torch.empty_like(images)
    for orientation in range(8):
        chosen = (drawn == orientation).to(images.device)
        turned[chosen] = orient(images[chosen], orientation)
    return turned
