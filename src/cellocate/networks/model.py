"""A model: a network and all that is needed to use it rightly, used on arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from cellocate.errors import CellocateError
from cellocate.images import to_float
from cellocate.networks.card import ModelCard


class Prediction(NamedTuple):
    """Probabilities, shape (N, K), and for each field the names of the locations decided on."""

    probabilities: NDArray[np.float32]
    locations: list[list[str]]


class Model:
    """A network with its card.

    Example:
        >>> model = cellocate.load("run/model")  # doctest: +SKIP
        >>> model.predict(fields).locations[0]  # doctest: +SKIP
        ['Nucleoplasm', 'Cytosol']
    """

    def __init__(self, network: nn.Module, card: ModelCard, device: str | torch.device = "cpu") -> None:
        self.network = network.to(device, memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
        self.card = card
        self.vocabulary = card.to_vocabulary()
        self._mean, self._std = (
            torch.tensor(v, device=device).view(-1, 1, 1) for v in (card.normalisation.mean, card.normalisation.std)
        )

    def predict(
        self,
        fields: NDArray[Any] | Sequence[NDArray[Any]],
        *,
        pixel_size: float | None = None,
        batch_size: int = 32,
    ) -> Prediction:
        """Predict the locations of fields that are arrays.

        Args:
            fields: one field (C, H, W), a batch (N, C, H, W), or a sequence of fields of any sizes; channels in the
                order of `card.channels`; uint8, uint16, or floats between 0 and 1.
            pixel_size: µm per px of these fields; without it each is assumed to span what the model's own span.
            batch_size: how many tiles go through the network at once.

        Raises:
            CellocateError: wrong number of channels, type of pixels, or an impossible pixel size.
        """
        batch = [fields] if isinstance(fields, np.ndarray) and fields.ndim == 3 else fields
        tiles = [self.prepare(field, pixel_size) for field in batch]
        probabilities = self.predict_tiles(tiles, batch_size=batch_size)
        decided = self.vocabulary.decode(self.card.rule.apply(probabilities))
        return Prediction(probabilities, [[self.vocabulary.names[i] for i in labels] for labels in decided])

    def prepare(self, field: NDArray[Any], pixel_size: float | None = None) -> NDArray[np.float32]:
        """Pixels of one field, shape (C, H, W) → the tiles that the network sees, shape (T, C, size, size), 0 to 1."""
        if field.ndim != 3 or field.shape[0] != len(self.card.channels):
            raise CellocateError(
                f"a field of shape {field.shape}",
                mend=f"Give (C, H, W) with the channels {', '.join(self.card.channels)}.",
            )
        return self.card.scale().tiles(to_float(field, self.card.intensity), pixel_size)

    def predict_tiles(self, tiles: Sequence[NDArray[np.float32]], *, batch_size: int = 32) -> NDArray[np.float32]:
        """Tiles of each field, as `prepare` gives them → probabilities (N, K): the mean over a field's tiles."""
        parts = [
            self._probabilities(part) for part in _batches([tile for field in tiles for tile in field], batch_size)
        ]
        probabilities = np.concatenate(parts) if parts else np.zeros((0, len(self.vocabulary)), np.float32)
        ends = np.cumsum([len(field) for field in tiles])[:-1]
        means = [part.mean(axis=0) for part in np.split(probabilities, ends)] if len(tiles) else []
        return np.stack(means).astype(np.float32) if means else probabilities

    @torch.inference_mode()
    def _probabilities(self, tiles: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        images = torch.from_numpy(np.stack(tiles)).to(self._mean.device)
        normalised = ((images - self._mean) / self._std).contiguous(memory_format=torch.channels_last)
        probabilities: NDArray[np.float32] = torch.sigmoid(self.network(normalised)).cpu().numpy()
        return probabilities


def _batches(tiles: list[NDArray[np.float32]], size: int) -> Iterator[list[NDArray[np.float32]]]:
    for start in range(0, len(tiles), size):
        yield tiles[start : start + size]
