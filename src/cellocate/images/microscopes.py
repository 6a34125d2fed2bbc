"""Microscopes' own formats (CZI, ND2, LIF), through bioio."""

from __future__ import annotations

import logging
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellocate.errors import CellocateError
from cellocate.images.stack import MICROSCOPES, Stack


def describe(path: Path) -> Stack:
    """What the file's first scene holds.

    Raises:
        FileNotFoundError: there is none.
        OSError: it is damaged.
        CellocateError: bioio or its plugin for the format is not installed.
    """
    image = _opened(path)
    try:
        names = tuple(str(name) for name in image.channel_names or [""] * image.dims.C)
        size = image.physical_pixel_sizes.X
        dims, kind, pixel_size = image.dims, str(image.dtype), size and float(size)
        return Stack(names, dims.Z, dims.Y, dims.X, kind, pixel_size, _bits(image))
    except Exception as error:  # each plugin has errors of its own, some of them only now
        raise OSError(f"damaged: {type(error).__name__}") from None


def plane(path: Path, channel: int, z: int) -> NDArray[Any]:
    """One plane, (H, W)."""
    try:
        return np.asarray(_opened(path).get_image_data("YX", T=0, C=channel, Z=z))
    except CellocateError:
        raise
    except Exception as error:  # each plugin has errors of its own
        raise OSError(f"damaged: {type(error).__name__}") from None


def _opened(path: Path) -> Any:  # noqa: ANN401 # bioio is optional
    if not path.exists():
        raise FileNotFoundError(path)
    try:
        from bioio import BioImage

        if path.suffix.lower() in MICROSCOPES:
            import_module(f"bioio_{_kind(path)}")
    except ImportError as error:
        raise _lacking(path, (error.name or "bioio").replace("_", "-")) from None
    logging.getLogger("bioio").setLevel(logging.CRITICAL)  # its lines would stand beside ours
    try:
        return BioImage(path)
    except Exception as error:  # each plugin has errors of its own
        raise OSError(f"damaged: {type(error).__name__}") from None


def _bits(image: Any) -> int | None:  # noqa: ANN401 # as above
    try:
        bits = image.ome_metadata.images[0].pixels.significant_bits
    except Exception:  # not every plugin translates its metadata to OME's
        return None
    return int(bits) if bits and 8 <= bits <= 16 else None


def _lacking(path: Path, module: str) -> CellocateError:
    kind = _kind(path)
    mend = f"Install it with: pip install 'cellocate[formats]' bioio-{kind}"
    return CellocateError(f"{module} is not installed, which reads {kind.upper()}", where=path, mend=mend)


def _kind(path: Path) -> str:
    return path.suffix.lstrip(".").lower()
