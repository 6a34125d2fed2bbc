"""Group the parameters of a network by depth, so that each group can have its own learning rate."""

from __future__ import annotations

import numpy as np
from timm.models import group_parameters
from torch import nn

from cellocate.errors import CellocateError
from cellocate.networks.backbone import Backbone
from cellocate.networks.location_network import LocationNetwork


def layer_groups(network: LocationNetwork, count: int) -> list[list[nn.Parameter]]:
    """Divide the parameters by depth into `count` groups: the backbone's stages in equal shares, then the head.

    Stages are timm's: the layers between two halvings of the map. If there are too few, single blocks are divided.
    Three groups are fastai's way of cutting a ResNet: up to `layer2`, from `layer3`, head (Howard and Gugger 2020,
    doi:10.3390/info11020108). One group keeps all parameters together; frozen ones are included.

    Raises:
        CellocateError: the network has too few stages and blocks.

    Example:
        >>> from cellocate.networks import build_network
        >>> network = build_network("resnet18", channels=["green"], locations=28, size=64)
        >>> [len(group) for group in layer_groups(network, 3)]
        [30, 30, 2]
    """
    if count == 1:
        return [list(network.parameters())]
    parts = next((p for coarse in (True, False) if len(p := _parts(network.backbone, coarse)) >= count - 1), None)
    if count < 1 or parts is None:
        largest = len(_parts(network.backbone, coarse=False)) + 1
        raise CellocateError(
            f"{network.backbone_name} cannot be divided into {count} groups",
            where="recipe, optimiser.layer_rates",
            mend=f"Give 1 to {largest} rates.",
        )
    chunks = np.array_split(np.arange(len(parts)), count - 1)
    last = [p for name, p in network.named_parameters() if not name.startswith("backbone.")]
    return [*([p for i in chunk for p in parts[i]] for chunk in chunks), last]


def _parts(backbone: Backbone, coarse: bool) -> list[list[nn.Parameter]]:
    """Stages or blocks of a backbone, in order; the stem joins the first, a lone normalisation the one before it."""
    try:
        matcher = backbone.net.group_matcher(coarse=coarse)  # type: ignore[operator] # timm's networks have it
    except (AttributeError, AssertionError):  # some of timm's networks have no groups, or none so coarse
        return [list(backbone.parameters())]
    stem, *others = group_parameters(backbone.net, matcher, return_values=True).values()
    parts: list[list[nn.Parameter]] = []
    for part in others:
        if parts and all(p.ndim < 2 for p in part):
            parts[-1] += part
        else:
            parts.append(list(part))
    return [[*stem, *parts[0]], *parts[1:]] if parts else [list(stem)]
