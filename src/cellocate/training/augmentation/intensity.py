"""What differs between microscopes and stainings: blur, contrast, gamma, brightness, noise, missing channels."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 # torch's own convention

from cellocate.training.augmentation.draws import to_device_of, uniform
from cellocate.training.recipe import Augmentation

_TAIL = 3.0  # standard deviations at which a kernel ends


def change_intensity(images: Tensor, section: Augmentation, channels: tuple[str, ...]) -> Tensor:
    """Change intensities (N, C, H, W), 0 to 1, as other optics, dyes and cameras would, in the order of the light path.

    Contrast, gamma, brightness and dropout are drawn per channel, blur and noise per field. Green, the protein, is
    never dropped. If there is nothing to do, the result is the input itself.
    """
    changed, each = images, (len(images), len(channels), 1, 1)
    if section.blur:
        changed = blur(changed, uniform(0, section.blur, len(images)), section.blur)
    if section.gamma:
        most = math.log1p(section.gamma)
        changed = changed ** to_device_of(uniform(-most, most, *each).exp(), images)
    if section.contrast:
        changed = changed * to_device_of(uniform(1 - section.contrast, 1 + section.contrast, *each), images)
    if section.brightness:
        changed = changed + to_device_of(uniform(-section.brightness, section.brightness, *each), images)
    if section.noise:
        changed = changed + to_device_of(uniform(0, section.noise, len(images), 1, 1, 1), images) * _white(images)
    if changed is not images:
        changed = changed.clamp(0, 1)
    if section.channel_dropout:
        protein = torch.tensor([channel == "green" for channel in channels]).view(-1, 1, 1)
        changed = changed * to_device_of((torch.rand(each) >= section.channel_dropout) | protein, images)
    return changed


def blur(images: Tensor, sigma: Tensor, widest: float) -> Tensor:
    """Blur each image (C, H, W) of a batch with its own Gaussian of `sigma` px; beyond an edge lies its reflection.

    `widest` is the largest standard deviation that may be drawn; kernels end at three times as much.
    """
    reach = min(math.ceil(_TAIL * widest), *(side - 1 for side in images.shape[-2:]))
    weights = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / sigma.clamp(min=1e-3)[:, None]) ** 2)
    weights = to_device_of(weights / weights.sum(dim=1, keepdim=True), images)
    for dim, margin in ((-1, (reach, reach, 0, 0)), (-2, (0, 0, reach, reach))):
        padded, side = F.pad(images, margin, mode="reflect"), images.shape[dim]
        images = torch.zeros_like(images)
        for i in range(2 * reach + 1):  # faster than a convolution with one kernel per field
            images.addcmul_(padded.narrow(dim, i, side), weights[:, i].view(-1, 1, 1, 1))
    return images


def _white(images: Tensor) -> Tensor:
    """Normal noise in the shape of the images, drawn on their device: faster than moving it."""
    seed = int(torch.randint(2**62, ()))
    generator = torch.Generator(images.device).manual_seed(seed)
    return torch.randn(images.shape, generator=generator, device=images.device, dtype=images.dtype)
