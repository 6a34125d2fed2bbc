"""Maps of the evidence for a location in an image: Grad-CAM, LayerCAM, integrated gradients."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 # torch's own convention

from cellocate.choices import MapMethod
from cellocate.errors import CellocateError
from cellocate.explain.background import background
from cellocate.networks import LocationNetwork, Model

_FINE = 8  # px; the largest place in the feature map of LayerCAM
_DEPTH = 2  # nesting of modules: the stages and blocks of timm's networks
_STEPS = 16  # of integrated gradients
_BLUR = 64  # side of a tile over the blur of its gradients
_BATCH = 16  # images

Tiles = NDArray[np.float32]
Recorded = dict[tuple[int, int], Tensor]
"""The last feature map of each resolution (height, width), in the order of the network."""


def map_tiles(model: Model, tiles: Tiles, locations: Sequence[int], method: MapMethod = "layercam") -> Tiles:
    """Compute maps of the evidence for locations in the tiles of a field; 0 where there is none.

    - `gradcam`: the coarsest feature map, each feature weighted by the mean gradient of the logit (Grad-CAM).
    - `layercam`: a finer feature map with places of at most 8 px, each feature weighted at each place by the gradient
      if that is positive (LayerCAM). It suits every head, also one that treats places differently.
    - `gradients`: gradients of the pixels, integrated from the background of the field to the field, summed over
      channels and blurred (integrated gradients).

    Args:
        model: the model. In an ensemble, each network's map has the weight that it has in the mean.
        tiles: of one field, shape (T, C, S, S), 0 to 1, at the network's own scale (`model.card.scale()`).
        locations: indices of L locations.
        method: see above.

    Returns:
        Shape (T, L, S, S), in units of the logit: comparable among tiles, but not among methods.

    Raises:
        CellocateError: the network has no feature map with several places.

    References:
        Selvaraju et al. Grad-CAM: Visual explanations from deep networks via gradient-based localization. IJCV 128
        (2020). https://doi.org/10.1007/s11263-019-01228-7
        Jiang et al. LayerCAM: Exploring hierarchical class activation maps for localization. IEEE Transactions on Image
        Processing 30 (2021). https://doi.org/10.1109/TIP.2021.3089943
        Sundararajan, Taly, Yan. Axiomatic attribution for deep networks. ICML 2017. arXiv:1703.01365
    """
    parts = [tiles[start : start + _BATCH] for start in range(0, len(tiles), _BATCH)]
    if method == "gradients":
        level = background(tiles)
        return np.concatenate([_integrated(model, part, locations, level) for part in parts])
    return np.concatenate([_activations(model, part, locations, method) for part in parts])


def _activations(model: Model, tiles: Tiles, locations: Sequence[int], method: MapMethod) -> Tiles:
    images = model.images(tiles).requires_grad_()
    networks = model.network.networks
    with _recorded(networks) as recorded:
        logits = model.network(images)
    chosen = [_choose(maps, tiles.shape[-1], method) for maps in recorded]
    found = []
    for location in locations:
        wanted = logits[:, location].sum()
        gradients = torch.autograd.grad(wanted, chosen, retain_graph=True, materialize_grads=True)
        maps = [
            _weighted(network.backbone.to_map(features), network.backbone.to_map(gradient), method)
            for network, features, gradient in zip(networks, chosen, gradients, strict=True)
        ]
        found.append(torch.cat([_enlarged(m, tiles.shape[-1]) for m in maps], dim=1).sum(dim=1))
    return torch.stack(found, dim=1).detach().cpu().numpy().astype(np.float32)


def _weighted(features: Tensor, gradients: Tensor, method: MapMethod) -> Tensor:
    weights = gradients.mean(dim=(2, 3), keepdim=True) if method == "gradcam" else gradients.relu()
    return (weights * features).sum(dim=1, keepdim=True).relu()


def _integrated(model: Model, tiles: Tiles, locations: Sequence[int], level: NDArray[np.float32]) -> Tiles:
    whole = model.images(tiles)
    start = model.images(np.broadcast_to(level[None, :, None, None], tiles.shape))
    total = torch.zeros(len(locations), *whole.shape, device=whole.device)
    for step in range(_STEPS):
        images = torch.lerp(start, whole, (step + 0.5) / _STEPS).requires_grad_()
        logits = model.network(images)
        for i, location in enumerate(locations):
            wanted = logits[:, location].sum()
            total[i] += torch.autograd.grad(wanted, images, retain_graph=i + 1 < len(locations))[0]
    found = (total / _STEPS * (whole - start)).sum(dim=2)
    return _blurred(found.transpose(0, 1), tiles.shape[-1] / _BLUR).relu().cpu().numpy().astype(np.float32)


@contextmanager
def _recorded(networks: Sequence[LocationNetwork]) -> Iterator[list[Recorded]]:
    """Record the feature maps of the stages and blocks of each network when it is called.

    Maps inside a block are of one branch only, and are not recorded.
    """
    found: list[Recorded] = [{} for _ in networks]

    def recorder(network: LocationNetwork, maps: Recorded) -> object:
        def record(module: nn.Module, _: object, output: object) -> None:
            last = module is network.backbone.net  # other sequences of a transformer need not be squares
            if isinstance(output, Tensor) and (output.ndim == 4 or last):
                height, width = network.backbone.to_map(output).shape[2:]
                maps.pop((height, width), None)
                maps[height, width] = output

        return record

    hooks = [
        module.register_forward_hook(recorder(network, maps))
        for network, maps in zip(networks, found, strict=True)
        for name, module in network.backbone.net.named_modules()
        if name.count(".") < _DEPTH
    ]
    try:
        yield found
    finally:
        for hook in hooks:
            hook.remove()


def _choose(maps: Recorded, size: int, method: MapMethod) -> Tensor:
    """The last map with several places; for LayerCAM, the last with small enough places."""
    several = {shape: features for shape, features in maps.items() if min(shape) > 1}
    if not several:
        what = "no feature map of this network has several places, so it cannot be mapped"
        raise CellocateError(what, mend="Use --method gradients.")
    fine = [features for shape, features in several.items() if size / min(shape) <= _FINE]
    return fine[-1] if method == "layercam" and fine else list(several.values())[-1]


def _enlarged(maps: Tensor, size: int) -> Tensor:
    return F.interpolate(maps.float(), (size, size), mode="bilinear", align_corners=False)


def _blurred(maps: Tensor, sigma: float) -> Tensor:
    """Blur maps, shape (T, L, S, S), with a Gaussian of `sigma` px."""
    reach = max(1, round(3 * sigma))
    kernel = torch.exp(-0.5 * (torch.arange(-reach, reach + 1, device=maps.device) / sigma) ** 2)
    kernel = (kernel / kernel.sum()).view(1, 1, 1, -1)
    planes = maps.flatten(0, 1)[:, None]
    planes = F.conv2d(F.pad(planes, (reach, reach, 0, 0), mode="replicate"), kernel)
    planes = F.conv2d(F.pad(planes, (0, 0, reach, reach), mode="replicate"), kernel.transpose(2, 3))
    return planes[:, 0].view_as(maps)
