"""Pool the cells of a field into a prediction for the field (multiple-instance learning)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from cellocate.networks.heads import GatedAttention
from cellocate.registry import CELL_POOLS

cell_pool = CELL_POOLS.register


class CellPool(nn.Module, ABC):
    """From the logits and features of a field's cells to the logits of the field.

    Every cell has a weight above 0; a cell at the edge of its field may weigh less.

    Args:
        features: number of features, D.
        locations: number of locations, K.
    """

    def __init__(self, features: int, locations: int) -> None:
        super().__init__()

    @abstractmethod
    def forward(self, logits: Tensor, features: Tensor, weights: Tensor) -> Tensor:
        """Pool n cells of one field: logits (n, K), features (n, D) and weights (n,) → logits of the field (K,)."""

    def of_bags(self, logits: Tensor, features: Tensor, weights: Tensor, sizes: Sequence[int]) -> Tensor:
        """Pool several fields, whose cells follow one another: shape (fields, K)."""
        bags = zip(*(torch.split(cells, list(sizes)) for cells in (logits, features, weights)), strict=True)
        return torch.stack([self(*bag) for bag in bags])


def build_pool(name: str, features: int, locations: int) -> CellPool:
    """Build a pool over cells.

    Args:
        name: `mean` Σ wᵢxᵢ / Σ wᵢ of the cells' logits xᵢ, as the eighth of the 2021 challenge; `max` of xᵢ + log wᵢ
            (the odds of a cell count w times); `attention` Σ aᵢxᵢ with learned a ∝ w·exp(uᵀ(tanh(Vh) ⊙ sigmoid(Gh))) of
            the features h; `duo` a separate linear layer on the maximum of each feature, max wᵢhᵢ (second of the 2021
            challenge, whose network has two heads).
        features: D, per cell.
        locations: K.

    References:
        Ilse, Tomczak, Welling. Attention-based Deep Multiple Instance Learning. ICML 2018. arXiv:1802.04712. They pool
        features; with a linear classifier, pooling logits is the same and also gives each cell a prediction.

        Le et al. Analysis of the Human Protein Atlas Weakly Supervised Single-Cell Classification competition. Nature
        Methods 2022. doi:10.1038/s41592-022-01606-z

    Example:
        >>> logits, weights = torch.tensor([[0.0, 2.0], [1.0, -2.0]]), torch.ones(2)
        >>> build_pool("mean", 4, 2)(logits, torch.zeros(2, 4), weights)
        tensor([0.5000, 0.0000])
        >>> build_pool("max", 4, 2)(logits, torch.zeros(2, 4), weights)
        tensor([1., 2.])
    """
    pool: CellPool = CELL_POOLS[name](features, locations)
    return pool


@cell_pool("mean")
class _Mean(CellPool):
    def forward(self, logits: Tensor, features: Tensor, weights: Tensor) -> Tensor:
        return weights @ logits / weights.sum()


@cell_pool("max")
class _Max(CellPool):
    def forward(self, logits: Tensor, features: Tensor, weights: Tensor) -> Tensor:
        return (logits + weights.log()[:, None]).amax(dim=0)


@cell_pool("attention")
class _Attention(CellPool):
    def __init__(self, features: int, locations: int) -> None:
        super().__init__(features, locations)
        self.attention = GatedAttention(features)

    def forward(self, logits: Tensor, features: Tensor, weights: Tensor) -> Tensor:
        places = features.T[None, :, :, None]  # the cells as places of a map
        attention = self.attention.weights(places).flatten() * weights
        return (attention / attention.sum()).to(logits.dtype) @ logits


@cell_pool("duo")
class _Duo(CellPool):
    def __init__(self, features: int, locations: int) -> None:
        super().__init__(features, locations)
        self.field = nn.Linear(features, locations)

    def forward(self, logits: Tensor, features: Tensor, weights: Tensor) -> Tensor:
        logits_of_field: Tensor = self.field((features * weights[:, None]).amax(dim=0))
        return logits_of_field
