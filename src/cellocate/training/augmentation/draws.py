"""Random numbers for the fields of a batch."""

from __future__ import annotations

import torch
from torch import Tensor


def uniform(low: float, high: float, *shape: int) -> Tensor:
    """Uniform numbers from torch's CPU generator."""
    return low + (high - low) * torch.rand(shape)


def to_device_of(drawn: Tensor, images: Tensor) -> Tensor:
    """Move numbers to the device of the images, without waiting for CUDA."""
    return drawn.to(images.device, non_blocking=images.is_cuda)
