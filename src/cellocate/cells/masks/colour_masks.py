"""Convert pixels of a mask, grey or in colours, to one integer each."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellocate.cells.masks.label_arrays import Labels
from cellocate.errors import CellocateError

_EXPORT = "Export a label image: each cell a whole number, 0 for none, as grey PNG or TIFF of 16 bits."
_EXACT = 2**53  # largest integer that 64-bit floats hold exactly


def number_pixels(pixels: NDArray[Any], where: object = None) -> tuple[Labels, bool]:
    """Give each pixel a number; also return whether the numbers stand for colours.

    Grey saved as colour is read as grey. Transparent pixels are 0, and so is NaN where no 0 occurs. In a colour picture
    each colour is a number: red · 65536 + green · 256 + blue. Pixels are integers, floats with integer values, or bool;
    shape (H, W), also with axes of length 1, or (H, W, 2 to 4): grey or colours, and possibly alpha.

    Raises:
        CellocateError: fractions, colours of more than 8 bits, half-transparent pixels, or several planes.

    Example:
        >>> number_pixels(np.array([[0.0, 3.0]]))[0].tolist(), number_pixels(np.array([[[0, 1, 0], [7, 0, 0]]]))
        ([[0, 3]], (array([[   256, 458752]]), True))
    """
    pixels = _whole(_two_or_three_axes(pixels, where), where)
    if pixels.ndim == 2:
        return pixels, False
    colours, alpha = (pixels[:, :, :-1], pixels[:, :, -1]) if pixels.shape[2] in (2, 4) else (pixels, None)
    grey = (colours == colours[:, :, :1]).all()
    numbers = colours[:, :, 0] if grey else _of_colours(colours, where)
    if alpha is not None and alpha.any():
        if len(np.unique(alpha)) > 2 or (alpha.min() > 0 and alpha.min() != alpha.max()):
            raise CellocateError("a mask with half-transparent pixels", where=where, mend=_EXPORT)
        numbers = np.where(alpha > 0, numbers if numbers.any() else 1, 0)  # black on nothing marks cells as well
    return numbers, not grey


def _two_or_three_axes(pixels: NDArray[Any], where: object) -> NDArray[Any]:
    samples = (2, 3, 4)
    if pixels.ndim > 2 and pixels.shape[-1] == 1:
        pixels = pixels[..., 0]
    while pixels.ndim > 2 and pixels.shape[0] == 1 and (pixels.ndim > 3 or pixels.shape[2] not in samples):
        pixels = pixels[0]
    if pixels.ndim != 2 and not (pixels.ndim == 3 and pixels.shape[2] in samples):
        shape = " × ".join(map(str, pixels.shape))
        mend = "Give one plane: cells in one file, and nuclei in another."
        raise CellocateError(f"a mask of shape {shape}, which is not one plane", where=where, mend=mend)
    return pixels


def _whole(pixels: NDArray[Any], where: object) -> Labels:
    if pixels.dtype == np.bool_:
        return pixels.astype(np.uint8)
    if np.issubdtype(pixels.dtype, np.integer):
        if pixels.size and max(-int(pixels.min()), int(pixels.max())) > _EXACT:
            raise CellocateError(f"numbers of cells up to {pixels.max()}", where=where, mend=_EXPORT)
        return pixels
    if not np.issubdtype(pixels.dtype, np.floating):
        raise CellocateError(f"a mask of {pixels.dtype}", where=where, mend=_EXPORT)
    if (pixels != 0).all() and not np.isnan(pixels).all():
        pixels = np.where(np.isnan(pixels), 0, pixels)  # some programs mark the background so
    if not np.isfinite(pixels).all() or (pixels != np.rint(pixels)).any() or np.abs(pixels).max(initial=0) > _EXACT:
        what = "fractions instead of cell numbers"
        if pixels.size and pixels.min() >= 0 and pixels.max() <= 1:
            what = "fractions from 0 to 1 (probabilities, or scaled numbers) instead of cell numbers"
        raise CellocateError(what, where=where, mend=_EXPORT)
    return pixels.astype(np.int64)


def _of_colours(colours: NDArray[Any], where: object) -> Labels:
    if colours.size and not (colours.min() >= 0 and colours.max() <= 255):
        raise CellocateError("a mask in colours of more than 8 bits", where=where, mend=_EXPORT)
    return np.asarray(colours.astype(np.int64) @ np.array([65536, 256, 1]))
