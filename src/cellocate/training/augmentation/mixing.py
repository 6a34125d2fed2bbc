"""Two fields in one, and a truth between theirs."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.distributions import Beta

from cellocate.training.augmentation.draws import to_device_of
from cellocate.training.recipe import Augmentation


def mix(images: Tensor, truth: Tensor, section: Augmentation) -> tuple[Tensor, Tensor]:
    """Each field mixed with another of its batch, drawn at random (at times itself), and its truth likewise.

    `mixup` adds both, weighted by a share from Beta(a, a) (Zhang et al. 2018, arXiv:1710.09412). `cutmix` pastes a
    square of the other whose area is such a share, around a random place and cut off at the edges (Yun et al. 2019,
    arXiv:1905.04899). Where both are set, each field has one of the two, by the toss of a coin.

    A location's truth becomes the mean of both fields', weighted by their shares; of cutmix, by the area that was
    really pasted. It is 1 where both fields show a location, and the share where only the other does. Cross entropy is
    linear in the truth, so that for several locations as for one this is the papers' mean of two losses. A pasted
    square may miss the one cell that shows a location; such truth is right in the mean over squares, not in each.

    Args:
        images: shape (N, C, S, S).
        truth: between 0 and 1, shape (N, K).
        section: of which `mixup` and `cutmix` are used.

    Returns:
        Images and truth of the same shapes; the very same where there is nothing to do.
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
    """Draw where in each field another is seen, and how clearly: mixup is a faint paste over all of it.

    Args:
        count: of fields, N.
        size: their side, px.
        section: of which `mixup` and `cutmix` are used.

    Returns:
        First and one past the last row and column, shape (N, 4), and opacity between 0 and 1, shape (N,).
    """
    edges, opacity = torch.tensor([0, size, 0, size]).expand(count, 4), torch.ones(count)
    if section.mixup:
        opacity = _shares(section.mixup, count)
    if section.cutmix:
        side = size * _shares(section.cutmix, count)[:, None].sqrt()
        centre = size * torch.rand(count, 2)
        square = torch.stack([centre - side / 2, centre + side / 2], dim=2).flatten(1).round().long().clamp(0, size)
        cut = torch.rand(count) < (0.5 if section.mixup else 1)
        edges, opacity = torch.where(cut[:, None], square, edges), torch.where(cut, 1, opacity)
    return edges, opacity


def _shares(a: float, count: int) -> Tensor:
    return Beta(a, a).sample((count,))


def _inside(edges: Tensor, size: int) -> Tensor:
    """Shape (N, 1, S, S): whether a pixel lies between the edges."""
    place = torch.arange(size, device=edges.device)
    top, bottom, left, right = edges[:, :, None].unbind(dim=1)
    rows, columns = (top <= place) & (place < bottom), (left <= place) & (place < right)
    return (rows[:, :, None] & columns[:, None, :])[:, None]
