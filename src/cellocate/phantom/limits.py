"""What can be asked of a phantom; anything else is refused before work starts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cellocate.errors import CellocateError
from cellocate.images import FIELD_SPAN

LARGEST = 8192  # px; of 0.02 µm, a tenth of what light can tell apart
SMALLEST = 64  # px; below, a nucleus is a handful of pixels and nothing can be told
COARSEST = FIELD_SPAN / SMALLEST  # µm of a pixel
NARROWEST, WIDEST = 60.0, 1000.0  # µm of a field
DEPTHS = (8, 16)
VARIABILITY = 0.08  # unless told otherwise: the odd cell that does not show what its neighbours do


def check_seed(seed: Sequence[int]) -> None:
    """Refuse seeds that make no stream of random numbers."""
    if not seed or min(seed) < 0:
        raise CellocateError("a seed cannot be negative", where="seed", mend="Give 0 or more.")


def check_size(size: int, span: float) -> None:
    """Refuse pictures in which nothing can be told, or fields that no microscope takes."""
    if not NARROWEST <= span <= WIDEST:
        raise CellocateError(
            f"{span:g} µm are no width of a field", where="span", mend=f"Ask for {NARROWEST:g} to {WIDEST:g}."
        )
    if size < SMALLEST:
        raise CellocateError(
            f"{size} pixels are too few for a field of view", where="size", mend=f"Ask for {SMALLEST} or more."
        )
    if size > LARGEST:
        raise CellocateError(f"{size} pixels are too many", where="size", mend=f"Ask for {LARGEST} or fewer.")
    if span / size > COARSEST:
        raise CellocateError(
            f"pixels of {span / size:.2f} µm are too coarse to tell anything",
            where=f"size {size}, span {span:g}",
            mend=f"Ask for {np.ceil(span / COARSEST):.0f} pixels or more, or for a narrower field.",
        )


def check_depth(depth: int) -> None:
    """Refuse depths that image files do not have."""
    if depth not in DEPTHS:
        raise CellocateError(f"no picture has {depth} bits", where="depth", mend="Ask for 8 or 16.")


def check_variability(variability: float) -> None:
    """Refuse what is no share of cells."""
    if not 0 <= variability <= 1:
        raise CellocateError(f"{variability} is no share of cells", where="variability", mend="Give 0 to 1.")
