"""The network of a model: a backbone, and a head for locations."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from cellocate.choices import Stem
from cellocate.networks.backbone import Backbone, build_backbone
from cellocate.networks.cell_pools import CellPool, build_pool
from cellocate.networks.heads import Head, build_head


class LocationNetwork(nn.Module):
    """Images (N, C, H, W) → feature map → features (N, D) → logits (N, K).

    Args:
        backbone: images → feature map (N, F, H', W').
        head: feature map → features → logits.
        backbone_name: name of the backbone.
        channels: channels of the images, in order.
        size: side of the images it was built for, px.
        cells: pool over the cells of a field, if images are cells.
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
        self.register_load_state_dict_pre_hook(_rename_old_weights)  # type: ignore[no-untyped-call]

    @property
    def features(self) -> int:
        """D, the number of features that `embed` returns."""
        return self.head.classifier.in_features

    def embed(self, images: Tensor) -> Tensor:
        """Images (N, C, H, W) → the features (N, D) that the classifier sees, before dropout."""
        features: Tensor = self.head.pool(self.backbone(images))
        return features

    @property
    def networks(self) -> Sequence[LocationNetwork]:
        """The network in a list, as an `Ensemble` has several."""
        return [self]

    def outputs(self, images: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Logits and features of each of the `networks`."""
        return [self.logits_and_features(images)]

    def mean(self, probabilities: Sequence[Tensor]) -> Tensor:
        """Probabilities of each of the `networks` → their mean, (N, K)."""
        return probabilities[0]

    def forward(self, images: Tensor) -> Tensor:
        """Images (N, C, H, W) → logits (N, K)."""
        return self.logits_and_features(images)[0]

    def logits_and_features(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Images (N, C, H, W) → logits (N, K) and features (N, D), in one pass."""
        features = self.embed(images)
        return self.head.classify(features), features

    def logits_within(self, images: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of parts of images, as if an image contained nothing else.

        Features are averaged over the places of a part (with the head's own weights, if it has some) and classified.
        For a linear classifier this is the mean of the class activation map inside the part.

        Args:
            images: shape (N, C, H, W).
            masks: fraction of each of P parts in the pixels of a place, (N, P, H', W'); features are interpolated to
                any other resolution.

        Returns:
            Logits, shape (P, K), and the total amount of each part in all images, shape (P,); where that is 0 the
            logits mean nothing.

        Raises:
            CellocateError: the head has no activation map.
        """
        maps = self.backbone(images)
        places = self.head.places(maps)[:, None]
        finer = nn.functional.interpolate(torch.cat([maps * places, places], 1), masks.shape[2:], mode="bilinear")
        summed = torch.einsum("nfhw,nphw->pf", finer, masks)
        features, amounts = summed[:, :-1], summed[:, -1]
        return self.head.classify(features / amounts.clamp(min=1e-12)[:, None]), amounts

    def train(self, mode: bool = True) -> LocationNetwork:
        """Set training or evaluation mode; a frozen backbone stays in evaluation mode."""
        super().train(mode)
        self.backbone.train(mode and not self.frozen)
        return self


def _rename_old_weights(module: nn.Module, state: dict[str, Tensor], prefix: str, *_: object) -> None:
    for name in [name for name in state if name.startswith(f"{prefix}body.")]:  # as in earlier models
        state[f"{prefix}backbone.{name.removeprefix(f'{prefix}body.')}"] = state.pop(name)


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
    """Build a network from a backbone and a head.

    `locations` is the number of logits. `cells` names the pool over the cells of a field, for multiple-instance
    learning. The other arguments are those of `build_backbone` and `build_head`.

    Raises:
        CellocateError: the backbone is unknown, its weights cannot be downloaded, it takes no images of this size, or
            the head does not suit its feature map.

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
    """Freeze the backbone (no gradients; running statistics and dropout as in evaluation), or unfreeze it."""
    network.frozen = frozen
    network.backbone.requires_grad_(not frozen)
    network.train(network.training)
