"""Orientations that move whole pixels."""

from __future__ import annotations

import torch
from torch import Tensor

from cellocate.choices import TrainingOrientation
from cellocate.images.tta import ORIENTATIONS
from cellocate.networks.tta import orient
from cellocate.training.augmentation.draws import to_device_of


def reorient(images: Tensor, orientation: TrainingOrientation) -> Tensor:
    """Each square image of a batch in an orientation drawn from torch's generator.

    Of `eighths`, the quarter orientation and mirrors; `geometry` adds 45° to half of the fields.

    Args:
        images: shape (N, C, S, S).
        orientation: as in a recipe's `augmentation.orientation`.
    """
    if orientation == "none":
        return images
    orientations = ORIENTATIONS["flips" if orientation == "flips" else "dihedral"]
    drawn = torch.randint(len(orientations), (len(images),))
    turned = torch.empty_like(images)
    for number, one in enumerate(orientations):
        chosen = to_device_of((drawn == number).nonzero().flatten(), images)  # numbers, as a mask would be waited for
        turned[chosen] = orient(images[chosen], one)
    return turned
