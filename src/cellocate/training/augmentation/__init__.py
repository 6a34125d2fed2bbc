"""Augmentation of a batch, on the device that trains."""

from __future__ import annotations

from torch import Tensor

from cellocate.training.augmentation.geometry import warp
from cellocate.training.augmentation.intensity import change_intensity
from cellocate.training.augmentation.mixing import mix
from cellocate.training.augmentation.orientation import reorient
from cellocate.training.recipe import Augmentation

__all__ = ["augment"]


def augment(
    images: Tensor, truth: Tensor, section: Augmentation, channels: tuple[str, ...], size: int
) -> tuple[Tensor, Tensor]:
    """Augment a batch as a recipe says, each field in its own way.

    Everything is drawn from torch's CPU generator, in an order that depends only on the section, so that a resumed run
    draws the same. (The pixels of `noise` come from a generator of the device, seeded from it.) Settings that are off
    are neither drawn nor computed.

    Args:
        images: float32 between 0 and 1, shape (N, C, R, R), with R = `uncropped_side(size, section.crop)`.
        truth: between 0 and 1, shape (N, K).
        section: what is changed, in this order: geometry, orientation, intensity, mixing of fields.
        channels: names of the C channels.
        size: side of the network's input, px.

    Returns:
        New images, shape (N, C, size, size), between 0 and 1, and their truth, which mixup and cutmix make soft.

    Example:
        >>> import torch
        >>> from cellocate.images import uncropped_side
        >>> section = Augmentation(crop=2 / 3, contrast=0.2, mixup=0.4)
        >>> fields, truth = torch.rand(8, 4, uncropped_side(64, section.crop), 96), torch.eye(8)
        >>> fields, truth = augment(fields, truth, section, ("red", "green", "blue", "yellow"), size=64)
        >>> fields.shape, truth.shape
        (torch.Size([8, 4, 64, 64]), torch.Size([8, 8]))
    """
    images = reorient(warp(images, section, size), section.orientation)
    return mix(change_intensity(images, section, channels), truth, section)
