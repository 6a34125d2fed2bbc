"""Any timm backbone, for any number of channels and locations."""

from __future__ import annotations

import timm
import torch
from torch import nn

from cellocate.errors import CellocateError


def build_backbone(
    name: str,
    *,
    channels: int,
    locations: int,
    pretrained: bool = False,
    dropout: float = 0,
    size: int | None = None,
) -> nn.Module:
    """Make a network: images (N, channels, H, W), float32 → logits (N, locations).

    Args:
        name: a timm model, such as `resnet18` or `densenet121`.
        channels: of the input; pretrained weights of three channels are adapted by timm (repeated and rescaled).
        locations: of the output.
        pretrained: start from downloaded weights (ImageNet's, unless the name says otherwise).
        dropout: share of features dropped before the classifier.
        size: side of the images, px; where it is given, an image of this size is tried.

    Raises:
        CellocateError: timm has no such model, its weights cannot be downloaded, or it cannot take this size.
    """
    if not timm.is_model(name):
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
    if size is not None:
        _try(network, name, channels, size)
    return network


@torch.inference_mode()
def _try(network: nn.Module, name: str, channels: int, size: int) -> None:
    try:
        network.eval()(torch.zeros(1, channels, size, size))
    except Exception as error:  # each kind of network fails in its own way
        raise CellocateError(
            f"{name} cannot take images of {size} px ({str(error).splitlines()[0]})",
            where="recipe, data.size",
            mend="Set the size that it was made for, such as --set data.size=224.",
        ) from None
    finally:
        network.train()
