"""What differs between microscopes, cameras and stainings: blur, gain, gamma, offset, noise, a channel that failed."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 # torch's own convention

from cellocate.training.augmentation.draws import to_device_of, uniform
from cellocate.training.recipe import Augmentation

_TAIL = 3.0  # standard deviations at which a blur ends


def change_intensity(images: Tensor, section: Augmentation, channels: tuple[str, ...]) -> Tensor:
    """Fields, as other optics, dyes and cameras might have taken them, in the order in which light meets them.

    Args:
        images: between 0 and 1, shape (N, C, H, W).
        section: what is drawn; gain, gamma, offset and drop for each channel, blur and noise for each field.
        channels: names of the C channels; green, the protein, is never dropped.

    Returns:
        Images of the same shape, between 0 and 1; the very images where there is nothing to do.
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
    """Each image of a batch under a Gaussian of its own; beyond an edge lies its reflection.

    Args:
        images: shape (N, C, H, W).
        sigma: standard deviations, px, shape (N,).
        widest: of all that may be drawn; the Gaussian ends at three times as much.
    """
    reach = min(math.ceil(_TAIL * widest), *(side - 1 for side in images.shape[-2:]))
    weights = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / sigma.clamp(min=1e-3)[:, None]) ** 2)
    weights = to_device_of(weights / weights.sum(dim=1, keepdim=True), images)
    for dim, margin in ((-1, (reach, reach, 0, 0)), (-2, (0, 0, reach, reach))):
        padded, side = F.pad(images, margin, mode="reflect"), images.shape[dim]
        images = torch.zeros_like(images)
        for i in range(2 * reach + 1):  # faster than a convolution with a kernel for each field
            images.addcmul_(padded.narrow(dim, i, side), weights[:, i].view(-1, 1, 1, 1))
    return images


def _white(images: Tensor) -> Tensor:
    """Normal noise in the shape of the images, drawn where they are: many numbers to draw, and to move."""
    seed = int(torch.randint(2**62, ()))
    generator = torch.Generator(images.device).manual_seed(seed)
    return torch.randn(images.shape, generator=generator, device=images.device, dtype=images.dtype)
