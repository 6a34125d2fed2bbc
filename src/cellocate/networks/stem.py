"""Adapt a first layer trained on red, green and blue to other channels."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from timm.models import adapt_input_conv
from torch import Tensor, nn

from cellocate.choices import Stem
from cellocate.errors import CellocateError

_COLOURS = ("red", "green", "blue")


def adapt_filters(filters: Tensor, channels: Sequence[str], stem: Stem) -> Tensor:
    """Adapt the filters of a first layer for red, green and blue, (F, 3, h, w), to `channels`: (F, C, h, w).

    `repeat` goes by position: it repeats the three and scales them by 3 / C to keep the size of the output; one channel
    gets their sum (timm's way). `mean` gives each channel the mean of the three. `red`, `green` and `blue` go by name:
    a channel of one of these colours keeps its filter, any other gets that of the colour named. (The first of the 2018
    challenge used `red`: yellow copies red.)

    Example:
        >>> filters = torch.tensor([1.0, 2.0, 4.0]).view(1, 3, 1, 1)
        >>> adapt_filters(filters, ["red", "green", "blue", "yellow"], "red").flatten().tolist()
        [1.0, 2.0, 4.0, 1.0]
    """
    if stem == "repeat":
        repeated: Tensor = adapt_input_conv(len(channels), filters)
        return repeated
    if stem == "mean":
        return filters.mean(1, keepdim=True).repeat(1, len(channels), 1, 1)
    return filters[:, [_COLOURS.index(channel if channel in _COLOURS else stem) for channel in channels]]


def adapted_weights(source: nn.Module, channels: Sequence[str], stem: Stem) -> dict[str, Tensor]:
    """The weights of a timm network for three channels, with a first layer for `channels`.

    Raises:
        CellocateError: the first layer is not a convolution over three channels.
    """
    state: dict[str, Tensor] = source.state_dict()
    if len(channels) == 3 and stem == "repeat":
        return state
    first = getattr(source, "pretrained_cfg", {}).get("first_conv") or ()
    layers = [f"{name}.weight" for name in ([first] if isinstance(first, str) else first)]
    if not layers or any(name not in state or state[name].shape[1:2] != torch.Size([3]) for name in layers):
        raise CellocateError(
            "the first layer of this backbone cannot be adapted to other channels",
            where="recipe, network.stem",
            mend="Choose another backbone, or use three channels with --set network.stem=repeat.",
        )
    return state | {name: adapt_filters(state[name], channels, stem) for name in layers}
