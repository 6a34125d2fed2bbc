"""Several networks as one: the folds of a split, or specialists for different locations."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from cellocate.errors import CellocateError
from cellocate.networks.location_network import LocationNetwork
from cellocate.networks.model_card import Member


class Ensemble(nn.Module):
    """The mean of several networks' probabilities, weighted by network and location; used like a `LocationNetwork`.

    `names` are the ensemble's K locations.
    """

    cells = None

    def __init__(self, networks: Sequence[LocationNetwork], members: Sequence[Member], names: Sequence[str]) -> None:
        super().__init__()
        self.networks: Sequence[LocationNetwork] = nn.ModuleList(networks)  # type: ignore[assignment]
        self.members: Sequence[_Member] = nn.ModuleList([_Member(m, names) for m in members])  # type: ignore[assignment]
        self.locations = len(names)
        self.features = sum(network.features for network in networks)

    def outputs(self, images: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Floats between 0 and 1, (N, C, H, W) → logits and features of each network, for its own locations."""
        return [
            network.logits_and_features(member.normalise(images))
            for network, member in zip(self.networks, self.members, strict=True)
        ]

    def mean(self, probabilities: Sequence[Tensor]) -> Tensor:
        """Probabilities of each network for its own locations, (N, K_m) → the weighted mean (N, K)."""
        mean = probabilities[0].new_zeros(len(probabilities[0]), self.locations)
        for own, member in zip(probabilities, self.members, strict=True):
            mean = mean.index_add(1, member.locations, (own * member.weights).to(mean.dtype))
        return mean.clamp(max=1)  # weights sum to 1 up to rounding

    def forward(self, images: Tensor) -> Tensor:
        """Floats between 0 and 1, shape (N, C, H, W) → logits of the mean probabilities (N, K)."""
        probabilities = [
            logits.softmax(dim=1) if member.exclusive else logits.sigmoid()
            for (logits, _), member in zip(self.outputs(images), self.members, strict=True)
        ]
        return torch.logit(self.mean(probabilities), eps=1e-7)

    def embed(self, images: Tensor) -> Tensor:
        """Floats between 0 and 1, shape (N, C, H, W) → the concatenated features of all networks (N, F)."""
        return torch.cat([features for _, features in self.outputs(images)], dim=1)

    def logits_within(self, images: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
        """Raise a `CellocateError`: only the members have activation maps."""
        raise CellocateError("an ensemble has no activation map", mend="Use one of its members.")


class _Member(nn.Module):
    locations: Tensor
    weights: Tensor
    mean: Tensor
    std: Tensor

    def __init__(self, member: Member, names: Sequence[str]) -> None:
        super().__init__()
        self.exclusive = member.activation == "softmax"
        locations = torch.tensor([list(names).index(name) for name in member.locations])
        constants = {
            "locations": locations,
            "weights": torch.tensor(member.class_weights, dtype=torch.float32)[locations],
            "mean": torch.tensor(member.normalisation.mean).view(-1, 1, 1),
            "std": torch.tensor(member.normalisation.std).view(-1, 1, 1),
        }
        for name, value in constants.items():
            self.register_buffer(name, value, persistent=False)  # the card has it

    def normalise(self, images: Tensor) -> Tensor:
        return ((images - self.mean) / self.std).contiguous(memory_format=torch.channels_last)
