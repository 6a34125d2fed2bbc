"""Any timm backbone, for any number of channels and locations."""

from __future__ import annotations

import timm
from torch import nn

from cellocate.errors import CellocateError


def build_backbone(
    name: str, *, channels: int, locations: int, pretrained: bool = False, dropout: float = 0
) -> nn.Module:
    """Make a network: images (N, channels, H, W), float32 → logits (N, locations).

    Args:
        name: a timm model, such as `resnet18` or `densenet121`.
        channels: of the input; pretrained weights of three channels are adapted by timm (repeated and rescaled).
        locations: of the output.
        pretrained: start from downloaded weights (ImageNet's, unless the name says otherwise).
        dropout: share of features dropped before the classifier.

    Raises:
        CellocateError: timm has no such model, or its weights cannot be downloaded.
    """
    if name not in timm.list_models():
        similar = timm.list_models(f"*{name}*")[:3]
        mend = f"Did you mean {', '.join(similar)}?" if similar else "timm.list_models() lists the names."
        raise CellocateError(f"unknown backbone {name!r}", where="recipe, network.backbone", mend=mend)
    try:
        network: nn.Module = timm.create_model(
            name, pretrained=pretrained, in_chans=channels, num_classes=locations, drop_rate=dropout
        )
    except Exception as error:
        if not pretrained:
            raise
        # timm reaches its weights through several libraries, each with errors of its own
        raise CellocateError(
            f"the pretrained weights of {name} cannot be had ({type(error).__name__})",
            where="recipe, network.pretrained",
            mend="Connect to the internet, or train from scratch with --set network.pretrained=false.",
        ) from error
    return network
