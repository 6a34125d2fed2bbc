"""Rotation, shift, shear, zoom and crop, in one resampling."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from cellocate.networks.tta import resample
from cellocate.training.augmentation.draws import uniform
from cellocate.training.recipe import Augmentation


def warp(images: Tensor, section: Augmentation, size: int) -> Tensor:
    """Fields as the section's rotation, shift, shear, zoom, crop and 45° turns place them, each in its own way.

    What lies beyond a field's edge is its reflection: cells as they might have gone on, of the same locations, where
    zeros would be dark corners that no field has which the network is asked about.

    Args:
        images: shape (N, C, R, R).
        section: what is drawn.
        size: side of the result, px.

    Returns:
        Images, shape (N, C, size, size); the very images where there is nothing to do.
    """
    turned = section.orientation == "eighths" or section.rotation or section.shear
    if not (turned or section.shift or section.zoom or images.shape[-1] != size):
        return images
    shrunk = images.shape[-1] / size * (1 + section.zoom)
    return resample(images, draw_affine(len(images), section), size, finer=math.ceil(shrunk / 2 - 1e-6))


def draw_affine(count: int, section: Augmentation) -> Tensor:
    """Draw where each pixel of the result comes from: rotation · shift · shear · zoom, then a crop.

    The first four are those of Keras's ImageDataGenerator, with its zoom of each axis by its own factor; 45° are added
    to half of the rotations for turns by eighths. A crop is a square, of a side between `crop` and 1, anywhere.

    Args:
        count: of fields, N.
        section: what is drawn.

    Returns:
        Shape (N, 2, 3): matrices that take (x, y, 1) of the result, from −1 to 1 between its edges, to (x, y) of the
        field.
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
    # summed by hand, as mixed precision would round the products of matrices
    return torch.cat([linear * side, (linear * centre + rotated * shift).sum(dim=2, keepdim=True)], dim=2)


def _columns(x: Tensor, y: Tensor) -> Tensor:
    """Matrices, shape (N, 2, 2), that turn the first axis by x and the second by y."""
    return torch.stack([x.cos(), -y.sin(), x.sin(), y.cos()], dim=1).view(-1, 2, 2)
