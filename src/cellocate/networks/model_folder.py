"""Save and load a model folder: `model.safetensors` and `model.json`, both with checksums; never a pickle."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file
from safetensors.torch import save as to_bytes
from torch import Tensor

from cellocate.errors import CellocateError
from cellocate.files import new_folder, sha256
from cellocate.model_files import CARD, REFERENCES, WEIGHTS, require_model
from cellocate.networks.brightness import Brightness
from cellocate.networks.ensemble import Ensemble
from cellocate.networks.location_network import LocationNetwork, build_network
from cellocate.networks.model import Model
from cellocate.networks.model_card import Member, ModelCard, Ood
from cellocate.networks.ood import References


def save(model: Model, folder: str | Path, *, overwrite: bool = False) -> Model:
    """Write `model.safetensors` and `model.json`, all or nothing, and return the model."""
    with new_folder(folder, overwrite=overwrite) as aside:
        state = {name: tensor.cpu().contiguous() for name, tensor in model.network.state_dict().items()}
        (aside / WEIGHTS).write_bytes(to_bytes(state))  # safetensors' own save_file makes it unreadable for other users
        card = model.card.model_copy(update={"weights": sha256(aside / WEIGHTS), "ood": _ood(model, aside)})
        card = card.model_copy(update={"checksum": card.digest()})
        (aside / CARD).write_text(card.model_dump_json(indent=2) + "\n", encoding="utf-8")
    model.card, model.folder = card, Path(folder)
    return model


def load(folder: str | Path, *, device: str | None = None) -> Model:
    """Load a model from its folder.

    Args:
        folder: folder with `model.safetensors` and `model.json`.
        device: device to run it on, such as `cpu` or `cuda`; by default the fastest available.

    Raises:
        CellocateError: a file is missing, altered, or from a later version of cellocate; or there is no such device.

    Example:
        >>> model = cellocate.load("run/model", device="cpu")
        >>> empty = np.zeros((1, 4, 64, 64), np.uint8)  # fields, channels, height, width
        >>> model.predict(empty).probabilities.shape
        (1, 28)
    """
    folder = Path(folder)
    card, state = _read(folder)
    network = _network(card)
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        raise _misfit(folder, card, error) from None
    return Model(network, card, _device(device), _references(folder, card), folder)


def load_backbone(network: LocationNetwork, folder: str | Path) -> None:
    """Load the backbone of a saved model into a network, in place; the head keeps its own weights.

    Raises:
        CellocateError: a file is missing, altered, or from a later version of cellocate; or the model is an ensemble,
            has another backbone or other channels, or only takes images of another size.
    """
    folder = Path(folder)
    card, state = _read(folder)
    if card.members:
        raise CellocateError(f"{card.name} is an ensemble", where=folder, mend="Start from one of its members.")
    # without timm's names of weights
    kinds = [name.partition(".")[0] for name in (card.backbone, network.backbone_name)]
    if kinds[0] != kinds[1] or card.channels != network.channels:
        raise CellocateError(
            f"a model of {card.backbone} for {', '.join(card.channels)} cannot start "
            f"one of {network.backbone_name} for {', '.join(network.channels)}",
            where=folder,
            mend="Use the same network.backbone and data.channels.",
        )
    try:
        own = {re.sub(r"^(backbone|body)\.", "", k): v for k, v in state.items() if re.match(r"(backbone|body)\.", k)}
        network.backbone.load_state_dict(own)
    except RuntimeError as error:
        if card.size != network.size:
            raise CellocateError(
                f"a model of {card.backbone} for {card.size} px cannot start one for {network.size} px",
                where=folder,
                mend=f"Use --set data.size={card.size}.",
            ) from None
        raise _misfit(folder, card, error) from None


def learned_field_ids(folder: str | Path) -> tuple[str, ...]:
    """Ids of the fields a model was trained or selected on, including those of the model it started from.

    Raises:
        CellocateError: there is no such model, or its card was altered.
    """
    if not (Path(folder) / CARD).is_file():
        raise CellocateError(f"no model here: {CARD} is missing", where=folder, mend="Check the name.")
    fields = _read_card(Path(folder) / CARD).fields
    return tuple(dict.fromkeys(i for part in ("start", "train", "validation") for i in fields.get(part, ())))


def _read(folder: Path) -> tuple[ModelCard, dict[str, Tensor]]:
    require_model(folder)
    card = _read_card(folder / CARD)
    if sha256(folder / WEIGHTS) != card.weights:
        raise _altered(folder / WEIGHTS)
    try:
        return card, load_file(folder / WEIGHTS)
    except SafetensorError as error:
        raise _misfit(folder, card, error) from None


def _ood(model: Model, folder: Path) -> Ood | None:
    if model.references is None:
        return None
    features, distance, brightness = model.references
    arrays = {"features": features} if brightness is None else {"features": features, "light": brightness.statistics}
    tensors = {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in arrays.items()}
    (folder / REFERENCES).write_bytes(to_bytes(tensors))
    far = None if brightness is None else brightness.distance
    return Ood(distance=distance, light_distance=far, checksum=sha256(folder / REFERENCES))


def _references(folder: Path, card: ModelCard) -> References | None:
    if card.ood is None:
        return None
    path = folder / REFERENCES
    if not path.is_file():
        raise CellocateError(f"{REFERENCES} is missing", where=folder, mend="Copy the whole folder again.")
    if sha256(path) != card.ood.checksum:
        raise _altered(path)
    tensors, far = load_file(path), card.ood.light_distance
    brightness = None if far is None else Brightness(tensors["light"].numpy(), far)
    return References(tensors["features"].numpy(), card.ood.distance, brightness)


def _network(card: ModelCard) -> LocationNetwork | Ensemble:
    def one(part: ModelCard | Member) -> LocationNetwork:
        return build_network(
            part.backbone,
            channels=card.channels,
            locations=len(part.locations),
            size=card.size,
            head=part.head,
            cells=card.bag.pool if card.bag and part is card else None,
        )

    if not card.members:
        return one(card)
    return Ensemble([one(member) for member in card.members], card.members, [x.name for x in card.locations])


def _misfit(folder: Path, card: ModelCard, error: Exception) -> CellocateError:
    return CellocateError(
        f"the weights do not fit {card.backbone} ({str(error).splitlines()[0]})",
        where=folder / WEIGHTS,
        mend=f"It was made with timm {card.provenance.timm}; try that version.",
    )


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
    if card.digest(content) != card.checksum:
        raise _altered(path)
    return card


def _altered(path: Path) -> CellocateError:
    return CellocateError(
        "a model file was altered or damaged: its checksum does not match",
        where=path,
        mend="Copy it again from the source.",
    )
