"""Orientations that move whole pixels."""

from __future__ import annotations

import torch
from torch import Tensor

from cellocate.choices import TrainingTurns
from cellocate.images.tta import ORIENTATIONS
from cellocate.networks.tta import orient
from cellocate.training.augmentation.draws import beside


def turn(images: Tensor, turns: TrainingTurns) -> Tensor:
    """Each square image of a batch in an orientation drawn from torch's generator.

    Of `eighths`, the quarter turns and mirrors; `geometry` adds 45° to half of the fields.

    Args:
        images: shape (N, C, S, S).
        turns: as in a recipe's `augmentation.turns`.
    """
    if turns == "none":
        return images
    orientations = ORIENTATIONS["flips" if turns == "flips" else "dihedral"]
    drawn = torch.randint(len(orientations), (len(images),))
    turned = torch.empty_like(images)
    for number, orientation in enumerate(orientations):
        chosen = beside((drawn == number).nonzero().flatten(), images)  # numbers, as a mask would be waited for
        turned[chosen] = orient(images[chosen], orientation)
    return turned
