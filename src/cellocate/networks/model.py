"""A model: saved as a folder without pickles, loaded with its checksums, used on arrays."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import nn

from cellocate.errors import CellocateError
from cellocate.files import new_folder
from cellocate.images import to_float
from cellocate.networks.backbone import build_backbone
from cellocate.networks.card import ModelCard

WEIGHTS, CARD = "model.safetensors", "model.json"


class Prediction(NamedTuple):
    """Probabilities, shape (N, K), and for each field the names of the locations decided on."""

    probabilities: NDArray[np.float32]
    locations: list[list[str]]


class Model:
    """A network with its card.

    Example:
        >>> model = load("run/model")  # doctest: +SKIP
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
        logits = [self._logits(part) for part in _batches([tile for field in tiles for tile in field], batch_size)]
        probabilities = np.concatenate(logits) if logits else np.zeros((0, len(self.vocabulary)), np.float32)
        ends = np.cumsum([len(field) for field in tiles])[:-1]
        means = [part.mean(axis=0) for part in np.split(probabilities, ends)] if len(tiles) else []
        return np.stack(means).astype(np.float32) if means else probabilities

    @torch.inference_mode()
    def _logits(self, tiles: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        images = torch.from_numpy(np.stack(tiles)).to(self._mean.device)
        normalised = ((images - self._mean) / self._std).contiguous(memory_format=torch.channels_last)
        probabilities: NDArray[np.float32] = torch.sigmoid(self.network(normalised)).cpu().numpy()
        return probabilities

    def save(self, folder: str | Path, *, overwrite: bool = False) -> None:
        """Write `model.safetensors` and `model.json`, whole or not at all."""
        with new_folder(folder, overwrite=overwrite) as aside:
            state = {name: tensor.cpu().contiguous() for name, tensor in self.network.state_dict().items()}
            (aside / WEIGHTS).write_bytes(save(state))  # safetensors' own save_file hides the file from other users
            card = self.card.model_copy(update={"weights": _sha256(aside / WEIGHTS)})
            card = card.model_copy(update={"checksum": card.digest()})
            (aside / CARD).write_text(card.model_dump_json(indent=2) + "\n", encoding="utf-8")
        self.card = card


def load(folder: str | Path, *, device: str | None = None) -> Model:
    """Load a model from its folder.

    Args:
        folder: with `model.safetensors` and `model.json`.
        device: where to run it, such as `cpu` or `cuda`; the fastest there is, unless given.

    Raises:
        CellocateError: a file is missing, altered, or of a later version of cellocate; there is no such device.
    """
    folder = Path(folder)
    for name in (CARD, WEIGHTS):
        if not (folder / name).is_file():
            raise CellocateError(f"no model here: {name} is missing", where=folder, mend="Copy the whole folder again.")
    card = _read_card(folder / CARD)
    if _sha256(folder / WEIGHTS) != card.weights:
        raise _altered(folder / WEIGHTS)
    network = build_backbone(card.backbone, channels=len(card.channels), locations=len(card.locations))
    try:
        network.load_state_dict(load_file(folder / WEIGHTS))
    except (SafetensorError, RuntimeError) as error:
        raise CellocateError(
            f"the weights do not fit {card.backbone} ({str(error).splitlines()[0]})",
            where=folder / WEIGHTS,
            mend=f"It was made with timm {card.provenance.timm}; try that version.",
        ) from None
    return Model(network, card, _device(device))


def _device(name: str | None) -> torch.device:
    if name is None:
        return torch.accelerator.current_accelerator(check_available=True) or torch.device("cpu")
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError):  # torch built without CUDA asserts
        raise CellocateError(f"no device {name!r} here", where="--device", mend="Use cpu, or leave it out.") from None
    return device


def _read_card(path: Path) -> ModelCard:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(content, dict) and content.get("format", 1) != 1:
            raise CellocateError("a model of a later version", where=path, mend="Update cellocate.")
        card = ModelCard.model_validate(content)
    except (ValidationError, ValueError, OSError):
        raise _altered(path) from None
    if card.digest() != card.checksum:
        raise _altered(path)
    return card


def _altered(path: Path) -> CellocateError:
    return CellocateError(
        "a model file was altered or damaged: its checksum does not agree",
        where=path,
        mend="Copy it again from its source.",
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _batches(tiles: list[NDArray[np.float32]], size: int) -> Iterator[list[NDArray[np.float32]]]:
    for start in range(0, len(tiles), size):
        yield tiles[start : start + size]
