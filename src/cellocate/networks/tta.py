"""Test-time augmentation: views of a batch on the device that predicts, and the pool of their probabilities."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 # torch's own convention

from cellocate.images.tta import ORIENTATIONS, TTA, Pooled, Square

_LEAST = 1e-6  # a probability below this has no logit worth a mean


def tta_images(images: Tensor, tta: TTA, size: int) -> Iterator[Tensor]:
    """Each view of a batch, in turn: every crop in every orientation.

    Args:
        images: shape (N, C, R, R), R being `uncropped(size, tta.crop)`.
        tta: which views.
        size: side of the network's input, px.

    Yields:
        Images, shape (N, C, size, size); the very images where nothing is cropped or turned.

    Example:
        >>> tta = TTA(turns="flips", crops=4, crop=0.5)
        >>> [tuple(view.shape) for view in tta_images(torch.zeros(2, 4, 128, 128), tta, size=64)][:2]
        [(2, 4, 64, 64), (2, 4, 64, 64)]
    """
    crops = (_cropped(images, square, size) for square in tta.squares) if tta.squares else iter([images])
    for crop in crops:
        for orientation in ORIENTATIONS[tta.turns]:
            yield orient(crop, orientation)


def pool_probabilities(probabilities: Tensor, pool: Pooled, *, exclusive: bool) -> Tensor:
    """Probabilities of V views, shape (V, N, K) → of the field, shape (N, K).

    `geometric` is the normalised geometric mean (the logarithmic opinion pool; Genest and Zidek 1986,
    doi:10.1214/ss/1177013825): the mean of logits, so that it does not matter whether a location or its absence is
    pooled.

    Args:
        probabilities: between 0 and 1.
        pool: how.
        exclusive: whether each field shows one location, whose probabilities sum to 1 (softmax).
    """
    if pool == "mean":
        return probabilities.mean(dim=0)
    if pool == "max":
        return probabilities.amax(dim=0)
    if exclusive:
        return probabilities.clamp(min=_LEAST).log().mean(dim=0).softmax(dim=-1)
    return torch.logit(probabilities, eps=_LEAST).mean(dim=0).sigmoid()


def orient(images: Tensor, orientation: int) -> Tensor:
    """One of the 8 orientations of a square: quarter turns, and for 4 to 7 a mirror first; 0 changes nothing.

    Args:
        images: shape (..., H, W).
        orientation: 0 to 7.
    """
    mirrored = images.flip(-1) if orientation >= 4 else images
    return torch.rot90(mirrored, orientation % 4, dims=(-2, -1)) if orientation % 4 else mirrored


def resample(images: Tensor, placed: Tensor, size: int, finer: int = 1) -> Tensor:
    """Images of `size` px, linearly interpolated where their pixels come from; beyond an edge, its reflection.

    Args:
        images: shape (N, C, H, W).
        placed: matrices that take (x, y, 1) of the result, from −1 to 1 between its edges, to (x, y) of the image;
            shape (N, 2, 3).
        size: side of the result, px.
        finer: how many samples a side are averaged for each pixel. Linear interpolation sees every pixel of the image
            where the samples are at most 2 px apart; beyond that fine grain would become false patterns.
    """
    steps = (2 * torch.arange(size * finer, device=images.device) + 1) / (size * finer) - 1
    x, y = steps, steps[:, None]
    matrix = placed.to(images.device, non_blocking=images.is_cuda)[..., None, None]
    # written out, as affine_grid multiplies matrices, whose mixed precision and TF32 are a pixel off
    grid = matrix[:, :, 0] * x + (matrix[:, :, 1] * y + matrix[:, :, 2])
    sampled = F.grid_sample(images, grid.movedim(1, -1), padding_mode="reflection", align_corners=False)
    return sampled if finer == 1 else F.avg_pool2d(sampled, finer)


def _cropped(images: Tensor, square: Square, size: int) -> Tensor:
    side, room = square.side, 1 - square.side
    placed = torch.tensor([[side, 0, room * square.x], [0, side, room * square.y]])
    finer = math.ceil(images.shape[-1] / size / 2 - 1e-6)  # as training resamples its crops
    return resample(images, placed.expand(len(images), 2, 3), size, finer)
