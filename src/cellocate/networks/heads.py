"""Heads: from a feature map to one feature vector per image, and on to logits."""

from __future__ import annotations

import torch
from timm.models.resnet import BasicBlock, downsample_conv
from torch import Tensor, nn

from cellocate.errors import CellocateError
from cellocate.registry import HEADS

head = HEADS.register
Shape = tuple[int, int, int]  # features, height, width
_HIDDEN = 1024  # of concat
_ATTENTION = 128  # L of Ilse et al.


class Head(nn.Module):
    """A pooling and a classifier: feature map (N, F, H, W) → logits (N, K).

    Args:
        pool: feature map → the features (N, D) that the classifier sees.
        features: D.
        locations: K.
        dropout: fraction of the features dropped before the classifier.
    """

    def __init__(self, pool: nn.Module, features: int, locations: int, dropout: float) -> None:
        super().__init__()
        self.pool, self.dropout = pool, nn.Dropout(dropout)
        self.classifier = nn.Linear(features, locations)

    def places(self, features: Tensor) -> Tensor:
        """Feature map (N, F, H, W) → weights (N, H, W) of its places in the average that the classifier sees.

        A head that averages over places also classifies each place by itself: the class activation map (Zhou et al.
        2016, arXiv:1512.04150), with the bias.

        Raises:
            CellocateError: the head does not average over places.
        """
        if isinstance(self.pool, GatedAttention):
            return self.pool.weights(features)
        if isinstance(self.pool, _Average):
            return features.new_ones(len(features), *features.shape[2:]) / features[0, 0].numel()
        what = "a head that does not average over places has no activation map"
        raise CellocateError(what, mend="Use a model whose network.head is linear or attention.")

    def classify(self, features: Tensor) -> Tensor:
        """Features (N, D) → logits (N, K)."""
        logits: Tensor = self.classifier(self.dropout(features))
        return logits

    def forward(self, features: Tensor) -> Tensor:
        """Feature map (N, F, H, W) → logits (N, K)."""
        return self.classify(self.pool(features))


def build_head(name: str, shape: Shape, locations: int, dropout: float) -> Head:
    """Build the head for a feature map of this shape.

    Args:
        name: `linear`: a linear layer on the average over the map. `concat`: average and maximum, then a layer of 1024
            (first of the 2018 challenge). `blocks`: two residual blocks that halve the map each, then as `linear`.
            `attention`: an average by learned weights. `flatten`: a linear layer on the whole map.
        shape: features, height and width of the map.
        locations: number of logits.
        dropout: fraction dropped before the classifier; `concat` drops as much before its own layer.

    Register a head with `head` as a function: shape and dropout → a pooling (feature map → features) and its number of
    features.

    Example:
        >>> build_head("flatten", (32, 4, 4), locations=28, dropout=0)(torch.zeros(2, 32, 4, 4)).shape
        torch.Size([2, 28])
    """
    pool, features = HEADS[name](shape, dropout)
    return Head(pool, features, locations, dropout)


class _Average(nn.Sequential):
    def __init__(self) -> None:
        super().__init__(nn.AdaptiveAvgPool2d(1), nn.Flatten())


@head("linear")
def _linear(shape: Shape, _: float) -> tuple[nn.Module, int]:
    return _Average(), shape[0]


@head("concat")
def _concat(shape: Shape, dropout: float) -> tuple[nn.Module, int]:
    both = 2 * shape[0]
    layers = (nn.BatchNorm1d(both), nn.Dropout(dropout), nn.Linear(both, _HIDDEN), nn.ReLU(), nn.BatchNorm1d(_HIDDEN))
    return nn.Sequential(_AverageAndMaximum(), *layers), _HIDDEN


@head("blocks")
def _blocks(shape: Shape, _: float) -> tuple[nn.Module, int]:
    if min(shape[1:]) < 2:
        raise CellocateError(
            f"a feature map of {shape[1]} × {shape[2]} is too small for further blocks",
            where="recipe, network.head",
            mend="Set a larger data.size, or --set network.head=linear.",
        )
    blocks = nn.Sequential(_halving(shape[0]), _halving(shape[0]))
    for module in blocks.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")  # as in He et al.
    return nn.Sequential(blocks, _Average()), shape[0]


@head("attention")
def _attention(shape: Shape, _: float) -> tuple[nn.Module, int]:
    return GatedAttention(shape[0]), shape[0]


@head("flatten")
def _flatten(shape: Shape, _: float) -> tuple[nn.Module, int]:
    return nn.Flatten(), shape[0] * shape[1] * shape[2]


def _halving(width: int) -> nn.Module:
    """A residual block (He et al. 2016, doi:10.1109/CVPR.2016.90) that halves the resolution.

    It keeps the width: if it doubled twice, as in ResNets, one block after a ResNet50 would have 600 million weights.
    """
    block: nn.Module = BasicBlock(width, width, stride=2, downsample=downsample_conv(width, width, 1, stride=2))
    return block


class _AverageAndMaximum(nn.Module):
    def forward(self, features: Tensor) -> Tensor:
        pooled = nn.functional.adaptive_avg_pool2d(features, 1), nn.functional.adaptive_max_pool2d(features, 1)
        return torch.cat(pooled, 1).flatten(1)


class GatedAttention(nn.Module):
    """An average over the places of a map with learned weights: w ∝ exp(uᵀ(tanh(Vh) ⊙ sigmoid(Gh))) of features h.

    Gated attention of Ilse et al. 2018, arXiv:1802.04712: a protein in a few places of a field is not averaged away. It
    takes maps of any size; its weights can be shown as a map.

    Args:
        width: number of features.

    Example:
        >>> weights = GatedAttention(32).weights(torch.rand(2, 32, 4, 4))
        >>> torch.allclose(weights.sum((1, 2)), torch.ones(2))
        True
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.value, self.gate = nn.Conv2d(width, _ATTENTION, 1), nn.Conv2d(width, _ATTENTION, 1)
        self.score = nn.Conv2d(_ATTENTION, 1, 1, bias=False)  # a bias would cancel

    def weights(self, features: Tensor) -> Tensor:
        """Features (N, F, H, W) → weights of the places, shape (N, H, W), which sum to 1 over each map."""
        scores: Tensor = self.score(torch.tanh(self.value(features)) * torch.sigmoid(self.gate(features)))
        return scores.flatten(1).softmax(1).view(-1, *features.shape[2:])

    def forward(self, features: Tensor) -> Tensor:
        """Features (N, F, H, W) → their weighted average (N, F)."""
        return torch.einsum("nfhw,nhw->nf", features, self.weights(features).to(features.dtype))
