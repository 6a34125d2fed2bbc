"""A model as a folder: `model.safetensors` and `model.json`, with checksums over both; never a pickle."""

from __future__ import annotations

import json
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
    """Write `model.safetensors` and `model.json`, whole or not at all; gives the model back."""
    with new_folder(folder, overwrite=overwrite) as aside:
        state = {name: tensor.cpu().contiguous() for name, tensor in model.network.state_dict().items()}
        (aside / WEIGHTS).write_bytes(to_bytes(state))  # safetensors' own save_file hides the file from other users
        card = model.card.model_copy(update={"weights": sha256(aside / WEIGHTS), "ood": _ood(model, aside)})
        card = card.model_copy(update={"checksum": card.digest()})
        (aside / CARD).write_text(card.model_dump_json(indent=2) + "\n", encoding="utf-8")
    model.card, model.folder = card, Path(folder)
    return model


def load(folder: str | Path, *, device: str | None = None) -> Model:
    """Load a model from its folder.

    Args:
        folder: with `model.safetensors` and `model.json`.
        device: where to run it, such as `cpu` or `cuda`; the fastest there is, unless given.

    Raises:
        CellocateError: a file is missing, altered, or of a later version of cellocate; there is no such device.
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
    """Start a network from the body of a model: its weights, but not its head's.

    Args:
        network: is changed.
        folder: with `model.safetensors` and `model.json`.

    Raises:
        CellocateError: a file is missing, altered, or of a later version of cellocate; the model is made of several,
            has another backbone or other channels, or its body is bound to another size of images.
    """
    folder = Path(folder)
    card, state = _read(folder)
    if card.members:
        raise CellocateError(f"{card.name} is made of several models", where=folder, mend="Start from one of them.")
    kinds = [name.partition(".")[0] for name in (card.backbone, network.backbone_name)]  # timm's names of weights aside
    if kinds[0] != kinds[1] or card.channels != network.channels:
        raise CellocateError(
            f"a model of {card.backbone} for {', '.join(card.channels)} cannot start "
            f"one of {network.backbone_name} for {', '.join(network.channels)}",
            where=folder,
            mend="Set network.backbone and data.channels as they were there.",
        )
    try:
        network.backbone.load_state_dict(
            {k.removeprefix("body."): v for k, v in state.items() if k.startswith("body.")}
        )
    except RuntimeError as error:
        if card.size != network.size:
            raise CellocateError(
                f"a model of {card.backbone} for {card.size} px cannot start one for {network.size} px",
                where=folder,
                mend=f"Use --set data.size={card.size}.",
            ) from None
        raise _misfit(folder, card, error) from None


def learned_field_ids(folder: str | Path) -> tuple[str, ...]:
    """The ids of the fields that a model's weights have learnt from or were chosen by, its own start's among them.

    Raises:
        CellocateError: there is no such model, or its card was altered.
    """
    if not (Path(folder) / CARD).is_file():
        raise CellocateError(f"no model here: {CARD} is missing", where=folder, mend="Check the name.")
    fields = _read_card(Path(folder) / CARD).fields
    return tuple(dict.fromkeys(i for part in ("start", "train", "validation") for i in fields.get(part, ())))


def _read(folder: Path) -> tuple[ModelCard, dict[str, Tensor]]:
    """The card and the weights of a model, after their checksums were compared."""
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
        "a model file was altered or damaged: its checksum does not agree",
        where=path,
        mend="Copy it again from its source.",
    )
