"""Mix two fields and their truth."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.distributions import Beta

from cellocate.training.augmentation.draws import to_device_of
from cellocate.training.recipe import Augmentation


def mix(images: Tensor, truth: Tensor, section: Augmentation) -> tuple[Tensor, Tensor]:
    """Mix each field (C, S, S), and its truth (K,), with a random field of the batch (sometimes itself).

    `mixup` adds both with weights from Beta(a, a) (Zhang et al. 2018, arXiv:1710.09412). `cutmix` pastes a square of
    the other with such a fraction of the area, around a random point and cut off at the edges (Yun et al. 2019,
    arXiv:1905.04899). If both are set, a coin toss chooses one for each field. If neither is, the results are the
    inputs themselves.

    A location's truth becomes the mean of both fields', weighted like the images; for cutmix by the area that was
    really pasted. Cross-entropy is linear in the truth, so this equals the papers' mean of two losses, for one location
    or several. A pasted square may miss the one cell that shows a location; such truth is right on average only.
    """
    if not (section.mixup or section.cutmix):
        return images, truth
    size = images.shape[-1]
    others = to_device_of(torch.randperm(len(images)), images)
    edges, opacity = draw_pastes(len(images), size, section)
    top, bottom, left, right = edges.T
    share = opacity * (bottom - top) * (right - left) / size**2
    weights = _inside(to_device_of(edges, images), size) * to_device_of(opacity, images).view(-1, 1, 1, 1)
    return (
        torch.lerp(images, images[others], weights),
        torch.lerp(truth, truth[others], to_device_of(share, truth)[:, None]),
    )


def draw_pastes(count: int, size: int, section: Augmentation) -> tuple[Tensor, Tensor]:
    """Draw where the other field appears, and how strongly: mixup is a faint paste over the whole field.

    Returns:
        First and one past the last row and column, shape (count, 4), and opacity between 0 and 1, shape (count,).
    """
    edges, opacity = torch.tensor([0, size, 0, size]).expand(count, 4), torch.ones(count)
    if section.mixup:
        opacity = _beta(section.mixup, count)
    if section.cutmix:
        side = size * _beta(section.cutmix, count)[:, None].sqrt()
        centre = size * torch.rand(count, 2)
        square = torch.stack([centre - side / 2, centre + side / 2], dim=2).flatten(1).round().long().clamp(0, size)
        cut = torch.rand(count) < (0.5 if section.mixup else 1)
        edges, opacity = torch.where(cut[:, None], square, edges), torch.where(cut, 1, opacity)
    return edges, opacity


def _beta(a: float, count: int) -> Tensor:
    return Beta(a, a).sample((count,))


def _inside(edges: Tensor, size: int) -> Tensor:
    """Whether a pixel lies between the edges, shape (N, 1, S, S)."""
    place = torch.arange(size, device=edges.device)
    top, bottom, left, right = edges[:, :, None].unbind(dim=1)
    rows, columns = (top <= place) & (place < bottom), (left <= place) & (place < right)
    return (rows[:, :, None] & columns[:, None, :])[:, None]
