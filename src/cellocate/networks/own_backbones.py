"""Backbones that timm does not have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 # torch's own convention
from torchvision.models import DenseNet


class Cnn128(nn.Sequential):
    """The small network of a student project on the 2018 challenge: three pairs of 3 × 3 convolutions, one dense layer.

    The dense layer of 128 belongs to the backbone, so the feature map has one place, (N, 128, 1, 1), and the size of
    the images is fixed, 32 px or more. With four channels of 128 px, 28 locations and the linear head it has 5,217,340
    parameters. Weights are initialised as in Keras: Glorot and Bengio (2010) uniform, biases zero.

    Example:
        >>> import torch
        >>> Cnn128(channels=4, size=32)(torch.zeros(2, 4, 32, 32)).shape
        torch.Size([2, 128, 1, 1])
    """

    def __init__(self, channels: int, size: int) -> None:
        side = ((size - 4) // 2 - 4) // 2 - 4
        if side < 1:
            raise ValueError("the feature map would be empty")
        super().__init__(
            *(nn.Conv2d(channels, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(64, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(64, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.Dropout(0.25)),
            *(nn.Flatten(), nn.Linear(64 * side * side, 128), nn.ReLU(), nn.Unflatten(1, (128, 1, 1))),
        )
        for layer in self:
            if isinstance(layer, nn.Conv2d | nn.Linear):
                nn.init.xavier_uniform_(layer.weight)
                nn.init.zeros_(cast(Tensor, layer.bias))

    def group_matcher(self, coarse: bool = False) -> dict[str, Any]:
        """Layers by depth, in timm's form."""
        return {"blocks": r"^(\d+)"}


class DenseNet73(nn.Module):
    """A DenseNet with 3 blocks of 6, 12 and 16 layers, 64 initial features and a growth rate of 12.

    Huang et al. 2017, doi:10.1109/CVPR.2017.243, in the size that a student project on the 2018 challenge trained from
    scratch; for images from 32 px. It uses torchvision's class because timm's starts with twice the growth rate.

    Example:
        >>> import torch
        >>> DenseNet73(channels=4, size=64).eval()(torch.zeros(2, 4, 64, 64)).shape
        torch.Size([2, 298, 4, 4])
    """

    def __init__(self, channels: int, size: int) -> None:
        super().__init__()
        self.features = DenseNet(growth_rate=12, block_config=(6, 12, 16), num_init_features=64).features
        if channels != 3:
            self.features.conv0 = nn.Conv2d(channels, 64, kernel_size=7, stride=2, padding=3, bias=False)
            nn.init.kaiming_normal_(self.features.conv0.weight)  # as torchvision initialises it

    def forward(self, images: Tensor) -> Tensor:
        """Images (N, C, H, W) → features (N, 298, H/16, W/16)."""
        return F.relu(self.features(images), inplace=True)

    def group_matcher(self, coarse: bool = False) -> dict[str, Any]:
        """Stem and blocks by depth, in timm's form."""
        layer = "" if coarse else r"(?:\.denselayer(\d+))?"
        return {"stem": r"^features\.(?:conv|norm)0", "blocks": rf"^features\.(?:denseblock|transition)(\d+){layer}"}


OWN_BACKBONES: dict[str, Callable[[int, int], nn.Module]] = {"cnn128": Cnn128, "densenet73": DenseNet73}
