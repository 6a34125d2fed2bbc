"""Read microscope formats (CZI, ND2, LIF) through bioio."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellocate.errors import CellocateError
from cellocate.images.length_units import PixelSize, pixel_size
from cellocate.images.stack import MICROSCOPES, Index, Stack, squeezed
from cellocate.quiet import quiet


def describe(path: Path) -> tuple[Stack, ...]:
    """Describe the scenes of a file.

    Raises:
        OSError: it is missing or damaged.
        CellocateError: bioio or its plugin for the format is not installed.
    """
    with quiet("bioio", level=logging.CRITICAL):
        image = _opened(path)
        try:
            scenes = [str(name) for name in image.scenes]
            return tuple(_scene(image, path, number, name, len(scenes)) for number, name in enumerate(scenes))
        except Exception as error:  # noqa: BLE001 # each plugin has errors of its own, some only now
            raise OSError(f"damaged: {type(error).__name__}") from None


def planes(stack: Stack, indices: Sequence[Index]) -> Iterator[NDArray[Any]]:
    """Read planes of one scene, each (H, W); other planes are not decoded if the plugin can avoid it."""
    with quiet("bioio", level=logging.CRITICAL):
        image = _opened(stack.file)
        try:
            image.set_scene(stack.series or 0)
            lazy = image.get_image_dask_data(stack.axes)
            for index in indices:
                yield np.asarray(lazy[index].compute())
        except Exception as error:  # noqa: BLE001 # each plugin has errors of its own
            raise OSError(f"damaged: {type(error).__name__}") from None


def _scene(image: Any, path: Path, number: int, name: str, scenes: int) -> Stack:  # noqa: ANN401 # bioio is optional
    image.set_scene(number)
    every, lengths = squeezed(str(image.dims.order), tuple(map(int, image.dims.shape)))
    channels = dict(zip(every.replace("S", "C"), lengths, strict=True)).get("C", 1)
    names = tuple(str(channel) for channel in image.channel_names or ())
    names = names if len(names) == channels else ("",) * channels
    several, kind, bits = number if scenes > 1 else None, str(image.dtype), _bits(image, number)
    return Stack(names, every, lengths, kind, _size(image), path, several, name, members=(path,), bits=bits)


def _size(image: Any) -> PixelSize:  # noqa: ANN401 # bioio is optional
    sizes = image.physical_pixel_sizes
    return pixel_size(sizes.X, sizes.Y, "µm")  # bioio converts to µm


def _opened(path: Path) -> Any:  # noqa: ANN401 # bioio is optional
    state = path.stat()
    return _image(path, state.st_mtime_ns, state.st_size, os.getpid(), threading.get_ident())


@lru_cache(maxsize=8)
def _image(path: Path, changed: int, size: int, process: int, thread: int) -> Any:  # noqa: ANN401 # as above
    """A file, reopened when it changes; one per thread, as its scene is set for each plane."""
    try:
        from bioio import BioImage

        if path.suffix.lower() in MICROSCOPES:
            import_module(f"bioio_{_kind(path)}")
    except ImportError as error:
        raise _lacking(path, (error.name or "bioio").replace("_", "-")) from None
    try:
        return BioImage(path)
    except Exception as error:  # noqa: BLE001 # each plugin has errors of its own
        raise OSError(f"damaged: {type(error).__name__}") from None


def _bits(image: Any, number: int) -> int | None:  # noqa: ANN401 # as above
    try:
        bits = image.ome_metadata.images[number].pixels.significant_bits
    except Exception:  # noqa: BLE001 # not every plugin translates its metadata to OME's
        return None
    return int(bits) if bits and 8 <= bits <= 16 else None


def _lacking(path: Path, module: str) -> CellocateError:
    kind = _kind(path)
    mend = f"Install it with: pip install 'cellocate[formats]' bioio-{kind}"
    return CellocateError(f"{module} is not installed (needed to read {kind.upper()})", where=path, mend=mend)


def _kind(path: Path) -> str:
    return path.suffix.lstrip(".").lower()
