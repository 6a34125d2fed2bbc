"""Metric learning: features of one identity (an antibody, say) get a similar direction."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 # torch's own convention

from cellocate.training.losses.fieldwise import loss


@loss("arcface")
class ArcFace(nn.Module):
    """Additive angular margin loss, with a learned direction for each identity.

    With θ_j the angle between a field's features and direction j, y its identity, s the scale and m the margin
    (radians), the loss is the cross-entropy of a softmax over s·cos(θ_y + m) and s·cos θ_j for all others, averaged
    over fields. Beyond θ_y = π − m, where cos(θ_y + m) would rise again, cos θ_y − m·sin m replaces it, as in the
    authors' code.

    References:
        Deng, Guo, Xue, Zafeiriou. ArcFace: Additive Angular Margin Loss for Deep Face Recognition. CVPR 2019.
        arXiv:1801.07698

    Example:
        >>> loss = ArcFace(features=2, identities=2, scale=1.0, margin=0.0)
        >>> _ = loss.weight.data.copy_(torch.tensor([[1.0, 0.0], [-1.0, 0.0]]))
        >>> loss(torch.tensor([[0.0, 5.0]]), torch.tensor([0])).item()  # at right angles to both
        0.693...
    """

    def __init__(self, features: int, identities: int, scale: float, margin: float) -> None:
        super().__init__()
        self.scale, self.margin = scale, margin
        self.weight = nn.Parameter(nn.init.xavier_uniform_(torch.empty(identities, features)))

    def forward(self, features: Tensor, identities: Tensor) -> Tensor:
        """Features (N, F) of any length and identities (N,), long, from 0 to I − 1 → the loss; −1 is left out."""
        cosines = F.linear(F.normalize(features), F.normalize(self.weight))
        own = identities.clamp(min=0)[:, None]
        with_margin = cosines.scatter(1, own, self._with_margin(cosines.gather(1, own)))
        losses = F.cross_entropy(self.scale * with_margin, identities, ignore_index=-1, reduction="sum")
        return losses / (identities >= 0).sum().clamp(min=1)

    def _with_margin(self, cosine: Tensor) -> Tensor:
        sine = (1 - cosine.square()).clamp(min=1e-7).sqrt()  # its gradient at 0 would be infinite
        cos_m, sin_m = math.cos(self.margin), math.sin(self.margin)
        widened = cosine * cos_m - sine * sin_m
        return torch.where(cosine > -cos_m, widened, cosine - self.margin * sin_m)
