"""A network: a body, and a head for locations."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from cellocate.choices import Stem
from cellocate.networks.backbone import Backbone, build_backbone
from cellocate.networks.cell_pools import CellPool, build_pool
from cellocate.networks.heads import Head, build_head


class LocationNetwork(nn.Module):
    """Images (N, C, H, W) → logits (N, K), by way of a feature map and of features.

    Args:
        body: images → feature map (N, F, H', W').
        head: feature map → features (N, D) → logits.
        backbone_name: name of the backbone.
        channels: of the images, in order.
        size: side of the images that it was made for, px.
        cells: where images are cells, of which several make a field: from theirs to the field's logits.
    """

    def __init__(
        self,
        backbone: Backbone,
        head: Head,
        *,
        backbone_name: str,
        channels: Sequence[str],
        size: int,
        cells: CellPool | None = None,
    ) -> None:
        super().__init__()
        self.backbone, self.head, self.cells = backbone, head, cells
        self.backbone_name, self.channels, self.size = backbone_name, tuple(channels), size
        self.frozen = False

    @property
    def features(self) -> int:
        """D of `embed`."""
        return self.head.classifier.in_features

    def embed(self, images: Tensor) -> Tensor:
        """Images (N, C, H, W) → the features (N, D) that the classifier sees, before dropout."""
        features: Tensor = self.head.pool(self.backbone(images))
        return features

    @property
    def networks(self) -> Sequence[LocationNetwork]:
        """The network alone, as an `Ensemble` has several."""
        return [self]

    def outputs(self, images: Tensor) -> list[tuple[Tensor, Tensor]]:
        """The logits and features of each of the `networks`."""
        return [self.logits_and_features(images)]

    def mean(self, probabilities: Sequence[Tensor]) -> Tensor:
        """The probabilities of each of the `networks` → those of all together, (N, K)."""
        return probabilities[0]

    def forward(self, images: Tensor) -> Tensor:
        """Images (N, C, H, W) → logits (N, K)."""
        return self.logits_and_features(images)[0]

    def logits_and_features(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Images (N, C, H, W) → logits (N, K) and features (N, D), in one pass."""
        features = self.embed(images)
        return self.head.classify(features), features

    def logits_within(self, images: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
        """What the network would say of parts of images, were there nothing else in them.

        The features are averaged over a part's places (by the head's own weights, where those differ), and classified:
        for a linear classifier this is the mean of the class activation map inside the part.

        Args:
            images: shape (N, C, H, W).
            masks: share of each of P parts in the pixels that a place stands for, (N, P, H', W'), or of any other
                resolution, to which features are brought.

        Returns:
            Logits, shape (P, K), and how much of each part there is in all images together, shape (P,); the logits of
            a part of which there is nothing mean nothing.

        Raises:
            CellocateError: the head has no activation map.
        """
        maps = self.backbone(images)
        places = self.head.places(maps)[:, None]
        finer = nn.functional.interpolate(torch.cat([maps * places, places], 1), masks.shape[2:], mode="bilinear")
        summed = torch.einsum("nfhw,nphw->pf", finer, masks)
        features, there = summed[:, :-1], summed[:, -1]
        return self.head.classify(features / there.clamp(min=1e-12)[:, None]), there

    def train(self, mode: bool = True) -> LocationNetwork:
        """Set to training or evaluation; a frozen body stays at evaluation."""
        super().train(mode)
        self.backbone.train(mode and not self.frozen)
        return self


def build_network(
    backbone: str,
    *,
    channels: Sequence[str],
    locations: int,
    size: int,
    head: str = "linear",
    pretrained: bool = False,
    stem: Stem = "repeat",
    dropout: float = 0.0,
    cells: str | None = None,
) -> LocationNetwork:
    """Make a network of a backbone and a head.

    Args:
        backbone: a timm model, such as `resnet18`, or one of cellocate's own, `cnn128` and `densenet73`.
        channels: of the images, in order.
        locations: number of logits.
        size: side of the images, px.
        head: see `cellocate.networks.heads.build_head`.
        pretrained: start from downloaded weights (ImageNet's, unless the name says otherwise).
        stem: how the filters of their first layer become those of the channels (see `cellocate.networks.stem.adapt_filters`).
        dropout: share of features dropped before the classifier.
        cells: how what cells show becomes what their field shows, for a network of bags.

    Raises:
        CellocateError: there is no such backbone, its weights cannot be downloaded, it cannot take images of this size,
            or the head does not suit its feature map.

    Example:
        >>> import torch
        >>> network = build_network("test_resnet", channels=["red", "green"], locations=28, size=64, head="concat")
        >>> network.embed(torch.zeros(2, 2, 64, 64)).shape
        torch.Size([2, 1024])
    """
    built, shape = build_backbone(backbone, channels=channels, size=size, pretrained=pretrained, stem=stem)
    made = build_head(head, shape, locations, dropout)
    pool = None if cells is None else build_pool(cells, made.classifier.in_features, locations)
    return LocationNetwork(built, made, backbone_name=backbone, channels=channels, size=size, cells=pool)


def freeze(network: LocationNetwork, frozen: bool) -> None:
    """Keep the body as it is (no gradients, running statistics and dropout as in evaluation), or let it learn again."""
    network.frozen = frozen
    network.backbone.requires_grad_(not frozen)
    network.train(network.training)


def count_parameters(network: nn.Module) -> int:
    """How many numbers training adjusts, or would if nothing were frozen: running statistics are not among them.

    Example:
        >>> count_parameters(nn.Linear(3, 2))
        8
    """
    return sum(parameter.numel() for parameter in network.parameters())
