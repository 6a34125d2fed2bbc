"""What training makes small: losses, their weighted sums, and weights of rare locations.

Each is a mean over fields and locations (arcface and cross_entropy: over fields), so that the terms of a sum weigh the
same for any batch and vocabulary. Authors who sum over the locations instead need K times the weight here.
"""

from cellocate.training.losses.arcface import ArcFace
from cellocate.training.losses.batchwise import hard_log, lovasz, soft_f1
from cellocate.training.losses.fieldwise import asymmetric, bce, cross_entropy, focal, soft_margin
from cellocate.training.losses.total import TotalLoss, build_loss
from cellocate.training.losses.truth import absent, refuse_several
from cellocate.training.losses.weights import ClassWeights, class_weights

__all__ = [
    "ArcFace",
    "ClassWeights",
    "TotalLoss",
    "absent",
    "asymmetric",
    "bce",
    "build_loss",
    "class_weights",
    "cross_entropy",
    "focal",
    "hard_log",
    "lovasz",
    "refuse_several",
    "soft_f1",
    "soft_margin",
]
