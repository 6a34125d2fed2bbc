"""Rotation, shift, shear, zoom and crop, in one resampling."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from cellocate.networks.tta import resample
from cellocate.training.augmentation.draws import uniform
from cellocate.training.recipe import Augmentation


def warp(images: Tensor, section: Augmentation, size: int) -> Tensor:
    """Apply rotation, shift, shear, zoom, crop and 45° turns, drawn for each field: (N, C, R, R) → (N, C, size, size).

    Beyond a field's edge lies its reflection: more cells of the same locations. Zeros would give dark corners that no
    real field has. If there is nothing to do, the result is the input itself.
    """
    turned = section.orientation == "eighths" or section.rotation or section.shear
    if not (turned or section.shift or section.zoom or images.shape[-1] != size):
        return images
    shrunk = images.shape[-1] / size * (1 + section.zoom)
    return resample(images, draw_affine(len(images), section), size, finer=math.ceil(shrunk / 2 - 1e-6))


def draw_affine(count: int, section: Augmentation) -> Tensor:
    """Draw where each pixel of the result comes from: rotation · shift · shear · zoom, then a crop.

    The first four follow Keras's ImageDataGenerator, with a zoom factor per axis; with `eighths`, half of the rotations
    get another 45°. A crop is a square with a side between `crop` and 1, anywhere.

    Returns:
        Shape (count, 2, 3): matrices from (x, y, 1) of the result, −1 to 1 between its edges, to (x, y) of the field.
    """
    angle = torch.deg2rad(uniform(-section.rotation, section.rotation, count))
    if section.orientation == "eighths":
        angle = angle + torch.randint(2, (count,)) * (math.pi / 4)
    shift = 2 * uniform(-section.shift, section.shift, count, 1, 2)
    shear = torch.deg2rad(uniform(-section.shear, section.shear, count))
    zoom = uniform(1 - section.zoom, 1 + section.zoom, count, 1, 2)
    side = uniform(section.crop, 1, count, 1, 1)
    centre = (1 - side) * uniform(-1, 1, count, 1, 2)

    rotated = _columns(angle, angle)
    linear = _columns(angle - shear, angle) * zoom
    # by hand: mixed precision would round products of matrices
    return torch.cat([linear * side, (linear * centre + rotated * shift).sum(dim=2, keepdim=True)], dim=2)


def _columns(x: Tensor, y: Tensor) -> Tensor:
    """Matrices, shape (N, 2, 2), that rotate the first axis by x and the second by y."""
    return torch.stack([x.cos(), -y.sin(), x.sin(), y.cos()], dim=1).view(-1, 2, 2)
