"""What training makes small: losses, their weighted sums, and weights of rare locations.

Each is a mean over fields and locations (arcface and cross_entropy: over fields), so that the terms of a sum weigh the
same for any batch and vocabulary. Authors who sum over the locations instead need K times the weight here.
"""

from cellocate.training.losses.arcface import ArcFace
from cellocate.training.losses.batchwise import hard_log, lovasz, soft_f1
from cellocate.training.losses.fieldwise import asymmetric, bce, cross_entropy, focal, soft_margin
from cellocate.training.losses.label_checks import describe_missing_locations, require_one_label
from cellocate.training.losses.total import TotalLoss, build_loss
from cellocate.training.losses.weights import ClassWeights, class_weights

__all__ = [
    "ArcFace",
    "ClassWeights",
    "TotalLoss",
    "describe_missing_locations",
    "asymmetric",
    "bce",
    "build_loss",
    "class_weights",
    "cross_entropy",
    "focal",
    "hard_log",
    "lovasz",
    "require_one_label",
    "soft_f1",
    "soft_margin",
]
