"""Test-time augmentation on the device: transform a batch, and pool the probabilities."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 # torch's own convention

from cellocate.images.tta import ORIENTATIONS, TTA, CropPlace, Pooled

_MIN_PROBABILITY = 1e-6  # below, a logit would dominate the mean


def tta_images(images: Tensor, tta: TTA, size: int) -> Iterator[Tensor]:
    """Yield a batch in each variant of the test-time augmentation: every crop in every orientation.

    Images (N, C, R, R), with R = `uncropped_side(size, tta.crop)`, become (N, C, size, size); or the input
    itself if it is neither cropped nor turned.

    Example:
        >>> tta = TTA(orientations="flips", crops=4, crop=0.5)
        >>> [tuple(view.shape) for view in tta_images(torch.zeros(2, 4, 128, 128), tta, size=64)][:2]
        [(2, 4, 64, 64), (2, 4, 64, 64)]
    """
    crops = (_cropped(images, square, size) for square in tta.crop_places) if tta.crop_places else iter([images])
    for crop in crops:
        for orientation in ORIENTATIONS[tta.orientations]:
            yield orient(crop, orientation)


def pool_probabilities(probabilities: Tensor, pool: Pooled, *, exclusive: bool) -> Tensor:
    """Pool the probabilities of V variants, shape (V, N, K) → shape (N, K).

    `geometric` is the normalised geometric mean (the logarithmic opinion pool; Genest and Zidek 1986,
    doi:10.1214/ss/1177013825): the mean of logits, which treats a location and its absence alike. `exclusive` says that
    the probabilities of a field sum to 1 (softmax).
    """
    if pool == "mean":
        return probabilities.mean(dim=0)
    if pool == "max":
        return probabilities.amax(dim=0)
    if exclusive:
        return probabilities.clamp(min=_MIN_PROBABILITY).log().mean(dim=0).softmax(dim=-1)
    return torch.logit(probabilities, eps=_MIN_PROBABILITY).mean(dim=0).sigmoid()


def orient(images: Tensor, orientation: int) -> Tensor:
    """One of the 8 orientations of squares (..., H, W): quarter turns, mirrored first for 4 to 7; 0 changes nothing."""
    mirrored = images.flip(-1) if orientation >= 4 else images
    return torch.rot90(mirrored, orientation % 4, dims=(-2, -1)) if orientation % 4 else mirrored


def resample(images: Tensor, placed: Tensor, size: int, finer: int = 1) -> Tensor:
    """Transform images with linear interpolation; beyond an edge lies its reflection.

    Args:
        images: shape (N, C, H, W).
        placed: matrices from (x, y, 1) of the result, −1 to 1 between its edges, to (x, y) of the image; shape (N, 2,
            3).
        size: side of the result, px.
        finer: samples per side that are averaged for each pixel. Keep samples at most 2 px apart, or fine structures
            become false patterns.
    """
    steps = (2 * torch.arange(size * finer, device=images.device) + 1) / (size * finer) - 1
    x, y = steps, steps[:, None]
    matrix = placed.to(images.device, non_blocking=images.is_cuda)[..., None, None]
    # by hand: affine_grid multiplies matrices, which is a pixel off in mixed precision and TF32
    grid = matrix[:, :, 0] * x + (matrix[:, :, 1] * y + matrix[:, :, 2])
    sampled = F.grid_sample(images, grid.movedim(1, -1), padding_mode="reflection", align_corners=False)
    return sampled if finer == 1 else F.avg_pool2d(sampled, finer)


def _cropped(images: Tensor, square: CropPlace, size: int) -> Tensor:
    side, room = square.side, 1 - square.side
    placed = torch.tensor([[side, 0, room * square.x], [0, side, room * square.y]])
    finer = math.ceil(images.shape[-1] / size / 2 - 1e-6)  # as in training
    return resample(images, placed.expand(len(images), 2, 3), size, finer)
