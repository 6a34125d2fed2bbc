"""Check requests for phantoms before work starts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cellocate.errors import CellocateError
from cellocate.images import FIELD_SPAN

LARGEST = 8192  # px; these are 0.02 µm, a tenth of the resolution of light
SMALLEST = 64  # px; below, a nucleus is a handful of pixels
COARSEST = FIELD_SPAN / SMALLEST  # µm of a pixel
NARROWEST, WIDEST = 60.0, 1000.0  # µm of a field
DEPTHS = (8, 16)
VARIABILITY = 0.08  # default share of cells that do not show what their neighbours do


def check_seed(seed: Sequence[int]) -> None:
    """Refuse negative seeds."""
    if not seed or min(seed) < 0:
        raise CellocateError("a seed cannot be negative", where="seed", mend="Give 0 or more.")


def check_size(size: int, span: float) -> None:
    """Refuse pictures that are too small, large or coarse, and fields of an unrealistic width."""
    if not NARROWEST <= span <= WIDEST:
        mend = f"Choose {NARROWEST:g} to {WIDEST:g}."
        raise CellocateError(f"a field cannot be {span:g} µm wide", where="span", mend=mend)
    if size < SMALLEST:
        mend = f"Choose {SMALLEST} or more."
        raise CellocateError(f"{size} pixels are too few for a field of view", where="size", mend=mend)
    if size > LARGEST:
        raise CellocateError(f"{size} pixels are too many", where="size", mend=f"Choose {LARGEST} or fewer.")
    if span / size > COARSEST:
        mend = f"Choose {np.ceil(span / COARSEST):.0f} pixels or more, or a narrower field."
        what = f"pixels of {span / size:.2f} µm are too coarse"
        raise CellocateError(what, where=f"size {size}, span {span:g}", mend=mend)


def check_depth(depth: int) -> None:
    """Refuse depths other than 8 and 16 bits."""
    if depth not in DEPTHS:
        raise CellocateError(f"a picture cannot have {depth} bits", where="depth", mend="Choose 8 or 16.")


def check_variability(variability: float) -> None:
    """Refuse a variability outside 0 to 1."""
    if not 0 <= variability <= 1:
        raise CellocateError(f"{variability} is not a share of cells", where="variability", mend="Choose 0 to 1.")
