"""Losses, their weighted sums, and class weights.

Each loss is a mean over fields and locations (arcface and cross_entropy: over fields), so the terms of a sum weigh the
same for any batch and vocabulary. A published loss that sums over K locations needs K times the weight here.
`build_loss` in `total.py` makes the loss of a recipe.
"""

from cellocate.training.losses.arcface import ArcFace
from cellocate.training.losses.batchwise import hard_log, lovasz, soft_f1
from cellocate.training.losses.fieldwise import asymmetric, bce, cross_entropy, focal, loss, soft_margin
from cellocate.training.losses.label_checks import describe_missing_locations, require_one_label
from cellocate.training.losses.total import TotalLoss, build_loss
from cellocate.training.losses.weights import ClassWeights, class_weights

__all__ = [
    "ArcFace",
    "ClassWeights",
    "TotalLoss",
    "asymmetric",
    "bce",
    "build_loss",
    "class_weights",
    "cross_entropy",
    "describe_missing_locations",
    "focal",
    "hard_log",
    "loss",
    "lovasz",
    "require_one_label",
    "soft_f1",
    "soft_margin",
]
