"""Flag cells that deserve a check: implausible sizes, or no protein signal. They are kept."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellocate.cells.field_notes import Note
from cellocate.collection.emptiness import NO_SIGNAL, SATURATED, SMALLEST_NUCLEUS, is_saturated
from cellocate.images.signal import CLEAR, signal_of

CELL = (50.0, 10_000.0)
"""Plausible areas of cultured cells, µm². 42 whole cells of three HPA fields have 104 to 2104; giant cells have several
times that, and a lymphocyte that has not spread is 8 to 10 µm wide."""
NUCLEUS = (SMALLEST_NUCLEUS, 1500.0)
"""Plausible areas of nuclei, µm². Of 814 nuclei drawn by hand (Coelho et al. 2009), half have 125 or more, 1% over 294.
"""
SEPARATOR = "; "

_BRIGHTEST = 0.001  # of a cell's pixels: as many as a centrosome has


def flags(cells: pd.DataFrame, notes: Sequence[str]) -> pd.Series[str]:
    """The flags of each cell, joined by "; ": no signal, saturated, small or large cell, small or large nucleus.

    `cells` has `area_um2`, `nucleus_area_um2` and `edge`; `notes` come from `protein_flags`. A cell at the border of
    the field is never flagged as small.

    Example:
        >>> areas = {"area_um2": [900.0, 40.0, 20000.0], "nucleus_area_um2": [12.0, 35.0, 300.0]}
        >>> cells = pd.DataFrame({**areas, "edge": False})
        >>> flags(cells, ["no signal", "", ""]).tolist()
        ['no signal; small nucleus', 'small cell', 'large cell']
    """
    whole = ~cells["edge"].astype(bool)
    odd = {
        **{note: pd.Series([note == own for own in notes], index=cells.index) for note in (NO_SIGNAL, SATURATED)},
        "small cell": whole & (cells["area_um2"] < CELL[0]),
        "large cell": cells["area_um2"] > CELL[1],
        "small nucleus": whole & (cells["nucleus_area_um2"] < NUCLEUS[0]),
        "large nucleus": cells["nucleus_area_um2"] > NUCLEUS[1],
    }
    table = pd.DataFrame(odd)
    joined = [SEPARATOR.join(name for name in odd if row[name]) for row in table.to_dict("records")]
    return pd.Series(joined, index=cells.index, dtype=object)


def odd_nuclei(areas: pd.Series[float]) -> list[Note]:
    """A note if the median area of nuclei, µm², is implausible, as with a wrong pixel size; NaN without a nucleus.

    Example:
        >>> odd_nuclei(pd.Series([7.0, 7.5, 180.0, float("nan")])), odd_nuclei(pd.Series([7.0, 130.0, 180.0]))
        (['the median nucleus is 3.1 µm wide, those of human cells 6 to 44 µm: check the pixel size'], [])
    """
    median = float(areas.dropna().median())
    if math.isnan(median) or NUCLEUS[0] <= median <= NUCLEUS[1]:
        return []
    across, least, most = (math.sqrt(4 * area / math.pi) for area in (median, *NUCLEUS))
    text = "the median nucleus is {:.1f} µm wide, those of human cells {:.0f} to {:.0f} µm: check the pixel size"
    return [Note(text, across, least, most)]


def protein_flags(protein: NDArray[Any], cells: NDArray[Any]) -> list[str]:
    """Flag cells without protein: even their brightest thousandth does not stand out from the area outside cells.

    `protein` is uint8 or uint16, `cells` a label image with numbers 1 to n; both have shape (H, W).

    Returns:
        "no signal" or "" for each of n cells, or "saturated" for all; "" for a number without a pixel.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> protein, cells = rng.poisson(9, (200, 200)).astype(np.uint8), np.zeros((200, 200), np.uint16)
        >>> cells[20:80, 20:80], cells[20:80, 120:180] = 1, 2
        >>> protein[30:60, 30:60] += 30
        >>> protein_flags(protein, cells)
        ['', 'no signal']
    """
    n = int(cells.max(initial=0))
    if is_saturated(protein):
        return [SATURATED] * n
    signal = signal_of(protein, outside=cells == 0)
    size = signal.above.shape[::-1]
    number = cv2.resize(cells.astype(np.uint16), size, interpolation=cv2.INTER_NEAREST).ravel()
    order = np.argsort(number, kind="stable")
    parts = np.split(signal.above.ravel()[order], np.cumsum(np.bincount(number, minlength=n + 1))[:-1])[1:]
    return [NO_SIGNAL if len(part) and np.quantile(part, 1 - _BRIGHTEST) < CLEAR else "" for part in parts]
