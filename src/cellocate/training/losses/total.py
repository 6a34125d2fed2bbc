"""The loss of a recipe: a weighted sum of terms."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature

import torch
from torch import Tensor, nn

from cellocate.errors import CellocateError
from cellocate.registry import LOSSES
from cellocate.training.losses.arcface import ArcFace
from cellocate.training.losses.weights import ClassWeights, class_weights
from cellocate.training.recipe import Loss


def build_loss(
    section: Loss, counts: Tensor, fields: int, features: int | None = None, identities: int | None = None
) -> TotalLoss:
    """Build the loss of a recipe, including what its terms learn.

    `counts` are the training fields of each location, shape (K,), of `fields` in all. `arcface` needs the number of
    `features` before the classifier and of `identities`.

    Raises:
        CellocateError: `arcface` has fewer than two identities.

    Example:
        >>> loss = build_loss(Loss(terms={"focal": 0.5, "lovasz": 0.5}), torch.tensor([3, 1]), fields=4)
        >>> loss(torch.zeros(4, 2), torch.tensor([[1.0, 0], [1, 0], [1, 0], [0, 1]]))
        tensor(0.5866)
    """
    arcface = None
    if "arcface" in section.terms:
        if (identities or 0) < 2:
            raise CellocateError(
                f"arcface needs training fields with different {section.identity}, there are {identities or 'none'}",
                mend="Name a column with --set loss.identity, or leave arcface out of loss.terms.",
            )
        assert features is not None
        assert identities is not None
        arcface = ArcFace(features, identities, section.scale, section.margin)
    return TotalLoss(section, class_weights(section.class_weights, counts, fields), arcface)


class TotalLoss(nn.Module):
    """A weighted sum of terms, computed in single precision or better, whatever the network uses.

    Its parameters (the directions of `arcface`) are trained with the network's.
    """

    def __init__(self, section: Loss, weights: ClassWeights, arcface: ArcFace | None) -> None:
        super().__init__()
        self.section, self.arcface = section, arcface
        self.whole: Tensor
        self.positive: Tensor
        # they belong to the collection, so no checkpoint needs them
        self.register_buffer("whole", weights.whole, persistent=False)
        self.register_buffer("positive", weights.positive, persistent=False)

    def forward(
        self, logits: Tensor, truth: Tensor, features: Tensor | None = None, identities: Tensor | None = None
    ) -> Tensor:
        """Logits and truth, shape (N, K), features (N, F) and identities (N,) for `arcface` → the sum of all terms."""
        total = self.classification(logits, truth)
        if self.arcface is None:
            return total
        assert features is not None
        assert identities is not None
        with torch.autocast(features.device.type, enabled=False):
            loss: Tensor = self.arcface(_precise(features), identities)
            return total + self.section.terms["arcface"] * loss

    def classification(self, logits: Tensor, truth: Tensor) -> Tensor:
        """The sum without `arcface`, because validation fields have no known identity."""
        with torch.autocast(logits.device.type, enabled=False):
            logits = _precise(logits)
            truth = truth.to(logits.dtype)
            terms = {name: weight for name, weight in self.section.terms.items() if name != "arcface"}
            return torch.stack([weight * self._term(name, logits, truth) for name, weight in terms.items()]).sum()

    def _term(self, name: str, logits: Tensor, truth: Tensor) -> Tensor:
        """Call a loss with those settings of the section, and `weights`, that it has parameters for."""
        function: Callable[..., Tensor] = LOSSES[name]
        given = {**dict(self.section), "weights": ClassWeights(self.whole, self.positive)}
        asked = list(signature(function).parameters)[2:]  # after logits and truth
        return function(logits, truth, **{parameter: given[parameter] for parameter in asked if parameter in given})


def _precise(values: Tensor) -> Tensor:
    return values.to(torch.promote_types(values.dtype, torch.float32))
