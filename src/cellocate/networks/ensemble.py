"""Several networks as one: folds of a split, or specialists for different locations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from cellocate.networks.card import Member
from cellocate.networks.network import LocationNetwork


class Ensemble(nn.Module):
    """The mean of several networks' probabilities for each location, by the shares that each has a say in it.

    Args:
        networks: images (N, C, H, W), normalised → logits (N, K_m).
        members: what each of them needs and answers.
        names: of the K locations of the ensemble.
    """

    def __init__(self, networks: Sequence[LocationNetwork], members: Sequence[Member], names: Sequence[str]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)
        self.softmax = [member.activation == "softmax" for member in members]
        places = {name: k for k, name in enumerate(names)}
        self._constants = []
        for i, member in enumerate(members):
            own = torch.tensor([places[name] for name in member.locations])
            shares = torch.tensor(member.shares, dtype=torch.float32)[own]
            mean, std = (torch.tensor(v).view(-1, 1, 1) for v in (member.normalisation.mean, member.normalisation.std))
            self._constants.append([self._keep(f"_{i}_{j}", value) for j, value in enumerate((own, shares, mean, std))])
        self.locations = len(names)
        self.features = sum(network.features for network in networks)

    def _keep(self, name: str, value: Tensor) -> str:
        self.register_buffer(name, value, persistent=False)  # it stands in the card
        return name

    def answers(self, images: Tensor) -> list[Tensor]:
        """Floats between 0 and 1, shape (N, C, H, W) → the logits of each network for its own locations (N, K_m)."""
        answers = []
        for i, network in enumerate(self.networks):
            _, _, *normalisation = (getattr(self, name) for name in self._constants[i])
            answers.append(network(_normalised(images, *normalisation)))
        return answers

    def mean(self, probabilities: Sequence[Tensor]) -> Tensor:
        """What each network says of its own locations, (N, K_m) → the mean by shares (N, K)."""
        mean = probabilities[0].new_zeros(len(probabilities[0]), self.locations)
        for said, names in zip(probabilities, self._constants, strict=True):
            own, shares = (getattr(self, name) for name in names[:2])
            mean = mean.index_add(1, own, (said * shares).to(mean.dtype))
        return mean.clamp(max=1)  # shares sum to 1 but for rounding

    def forward(self, images: Tensor) -> Tensor:
        """Floats between 0 and 1, shape (N, C, H, W) → the logits of the mean probabilities (N, K)."""
        said = [
            logits.softmax(dim=1) if exclusive else logits.sigmoid()
            for logits, exclusive in zip(self.answers(images), self.softmax, strict=True)
        ]
        return torch.logit(self.mean(said), eps=1e-7)

    def embed(self, images: Tensor) -> Tensor:
        """Floats between 0 and 1, shape (N, C, H, W) → the features of all networks side by side (N, F)."""
        features = []
        for i, network in enumerate(self.networks):
            _, _, *normalisation = (getattr(self, name) for name in self._constants[i])
            features.append(cast(LocationNetwork, network).embed(_normalised(images, *normalisation)))
        return torch.cat(features, dim=1)


def _normalised(images: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    return ((images - mean) / std).contiguous(memory_format=torch.channels_last)
