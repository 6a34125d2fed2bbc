"""Orientations that only move whole pixels."""

from __future__ import annotations

import torch
from torch import Tensor

from cellocate.choices import TrainingOrientation
from cellocate.images.tta import ORIENTATIONS
from cellocate.networks.tta import orient
from cellocate.training.augmentation.draws import to_device_of


def reorient(images: Tensor, orientation: TrainingOrientation) -> Tensor:
    """Turn and mirror each square image, (N, C, S, S), of a batch at random, as `augmentation.orientation` says.

    For `eighths` these are quarter turns and mirrors; `geometry` adds 45° to half of the fields.
    """
    if orientation == "none":
        return images
    orientations = ORIENTATIONS["flips" if orientation == "flips" else "dihedral"]
    drawn = torch.randint(len(orientations), (len(images),))
    turned = torch.empty_like(images)
    for number, one in enumerate(orientations):
        chosen = to_device_of((drawn == number).nonzero().flatten(), images)  # a mask would make CUDA wait
        turned[chosen] = orient(images[chosen], one)
    return turned
