"""Losses, their weighted sums, and class weights.

Each loss is a mean over fields and locations (arcface and cross_entropy: over fields), so the terms of a sum weigh the
same for any batch and vocabulary. A published loss that sums over K locations needs K times the weight here.
`build_loss` in `total.py` makes the loss of a recipe.
"""

from cellocate.training.losses.fieldwise import loss
from cellocate.training.losses.label_checks import describe_missing_locations, require_one_label
from cellocate.training.losses.total import TotalLoss, build_loss

__all__ = [
    "TotalLoss",
    "build_loss",
    "describe_missing_locations",
    "loss",
    "require_one_label",
]
