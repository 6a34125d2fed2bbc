"""Bodies: a network without its classifier, from images to a feature map."""

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
from cellocate.networks.stem import adapted_weights
from cellocate.quiet import quiet

_WHERE = "recipe, network.backbone"
_OTHER = "Choose a backbone that gives a feature map, such as resnet18."


class Backbone(nn.Module):
    """A backbone whose feature map has one form, whatever its kind: images → (N, F, H, W).

    Maps with channels last (Swin) are turned. A transformer's sequence is laid out as the square that it was; tokens
    that belong to no place, such as the class token, are left out. (An average over places serves a ViT as well as
    its class token: Beyer et al. 2022, arXiv:2205.01580.)

    Args:
        net: as timm makes it without classifier and pooling.
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
        """What the net gives → features (N, F, H', W')."""
        if features.ndim == 4:
            return features.permute(0, 3, 1, 2) if self._last else features
        tokens = features[:, self._prefix :].transpose(1, 2)
        side = isqrt(tokens.shape[2])
        return tokens.reshape(*tokens.shape[:2], side, side)


def build_backbone(
    backbone: str, *, channels: Sequence[str], size: int, pretrained: bool = False, stem: Stem = "repeat"
) -> tuple[Backbone, tuple[int, int, int]]:
    """Make a backbone, and say what its feature map is like: (features, height, width).

    Args:
        backbone: a timm model, such as `resnet18`, or one of cellocate's own, `cnn128` and `densenet73`.
        channels: of the images, in order.
        size: side of the images, px; an image of this size is tried.
        pretrained: start from downloaded weights (ImageNet's, unless the name says otherwise).
        stem: how the filters of their first layer become those of other channels.

    Raises:
        CellocateError: there is no such backbone, it has no feature map, its weights cannot be downloaded, or it cannot
            take images of this size.
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
    """Download the pretrained weights of a backbone, unless they were before; an unknown one is for `build_backbone`.

    Raises:
        CellocateError: they cannot be downloaded, or there are none.
    """
    if backbone in OWN_BACKBONES or timm.is_model(backbone):
        _pretrained(backbone)


def _pretrained(backbone: str) -> nn.Module:
    if backbone in OWN_BACKBONES or not timm.models.is_model_pretrained(backbone):  # timm would go on with random ones
        raise _no_weights(backbone)
    try:
        with quiet("huggingface_hub", "timm"):  # which report each attempt; the last one is reported here
            return _create(backbone, channels=3, pretrained=True)
    except Exception as error:  # timm reaches its weights through several libraries, each with errors of its own
        raise CellocateError(
            f"could not download the pretrained weights of {backbone}",
            where="recipe, network.pretrained",
            mend="Connect to the internet, or train from scratch with --set network.pretrained=false.",
        ) from error


def _create(backbone: str, *, channels: int, pretrained: bool = False) -> nn.Module:
    net = timm.create_model(backbone, pretrained=pretrained, in_chans=channels, num_classes=0, global_pool="")
    if isinstance(net, VGG):  # two layers of 4096, which are part of its classifier
        setattr(net, "pre_logits", nn.Identity())  # noqa: B010 # typed more narrowly than it is used
    return net


def _without_pooling(backbone: str, *, channels: int) -> nn.Module:
    try:
        return _create(backbone, channels=channels)
    except (AssertionError, TypeError, ValueError, RuntimeError) as error:
        raise CellocateError(
            f"{backbone} cannot be had without its pooling ({_line(error)})", where=_WHERE, mend=_OTHER
        ) from None


@torch.no_grad()
def _try(built: Backbone, backbone: str, channels: int, size: int) -> tuple[int, int, int]:
    try:
        given = built.eval().net(torch.zeros(1, channels, size, size))
    except Exception as error:  # noqa: BLE001 # each kind of network fails in its own way
        fits = getattr(built.net, "pretrained_cfg", {}).get("input_size", (3, 224, 224))[-1]
        raise _wrong_size(backbone, size, error, fits) from None
    finally:
        built.train()
    try:
        _, width, high, wide = built.to_map(given).shape
    except (AttributeError, IndexError, RuntimeError):  # several outputs, a vector, a sequence that is no square
        raise CellocateError(f"{backbone} gives no feature map", where=_WHERE, mend=_OTHER) from None
    return width, high, wide


def _wrong_size(backbone: str, size: int, error: Exception, fits: int) -> CellocateError:
    return CellocateError(
        f"{backbone} cannot take images of {size} px ({_line(error)})",
        where="recipe, data.size",
        mend=f"Set the size that it was made for, --set data.size={fits}.",
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
