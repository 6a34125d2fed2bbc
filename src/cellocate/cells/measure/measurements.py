"""The table of measurements of each cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from cellocate.cells.masks import Labels, check_numbering, checked_labels
from cellocate.cells.measure.cell_pixels import CellPixels, PerCell, ratio
from cellocate.cells.measure.cell_shapes import shapes
from cellocate.cells.measure.intensities import Intensities, measure_intensities
from cellocate.cells.measure.spots import rim, spots
from cellocate.errors import CellocateError
from cellocate.images import FIELD_SPAN, Pixels
from cellocate.images.bit_depth import full_value
from cellocate.images.scale import check_pixel_size

if TYPE_CHECKING:
    import pandas as pd

_PROTEIN = "green"
Columns = dict[str, PerCell]


def measure(
    field: Pixels,
    channels: Sequence[str],
    nuclei: Labels,
    cells: Labels,
    pixel_size: float | None = None,
    bits: int | None = None,
) -> pd.DataFrame:
    """Measure every cell of a field.

    Intensities are grey levels with the background subtracted; 255 is the camera's largest value (255, 4095 of 12 bits,
    65535 of 16). The background of a channel is its median outside cells or, where cells leave less than 1% of the
    field, the field's first percentile. Means and sums keep values below it, so that noise cancels out (the corrected
    total cell fluorescence); shares of light count them as 0. Columns that end in `_counts` are the camera's own
    numbers, background included.

    Args:
        field: counts, shape (C, H, W), uint8 or uint16.
        channels: their names; the protein is `green`, all others are landmarks.
        nuclei: shape (H, W), with the numbers of their cells; all 0 if unknown.
        cells: shape (H, W), numbered 1 to n.
        pixel_size: µm per px. If None, areas are in px, and lengths (of spots and rims) assume a field of 163.84 µm.
        bits: of the camera; those of the data type by default.

    Returns:
        Float, a row for each of `cell` 1 to n:

        - `y_px`, `x_px`: centre of the cell;
        - `area_um2`, `nucleus_area_um2` (or `_px`), and their ratio `nucleus_cell_ratio`;
        - `eccentricity`, `solidity` of the cell, `nucleus_eccentricity`, `nucleus_solidity`;
        - `border_share`: share of the cell's outline on the field's border; `edge_area_share`: share of its area within
          1 µm of its edge;
        - for each channel, such as green: `green_cell_mean`, `green_cell_sum`, and the same for `nucleus` and
          `cytoplasm` (the cell without its nucleus); `green_cell_mean_counts`, and for the other two;
          `green_background_counts`, the same for all cells of a field;
        - for the protein: `nucleus_cytoplasm_ratio` of its means; for each landmark, such as red, `pearson_red`, and
          Manders' `manders1_red` (share of the protein's light where the landmark is) and `manders2_red` (share of
          the landmark's light where the protein is); `spots` and `spot_share`, the share of its light in them;
          `edge_share`, the share of its light within 1 µm of the cell's edge (compare `edge_area_share`).

        NaN marks undefined values: of a nucleus or cytoplasm without a pixel; of the ratio where the cytoplasm is no
        brighter than the background; of the correlation with a channel that is constant in the cell, and of Manders'
        share where it is present; of shares without light; of the eccentricity of one pixel; and of all columns on the
        protein where its channel is missing.

    Raises:
        CellocateError: field, channels and label images do not fit each other, or the pixel size is impossible.

    References:
        Stirling et al. CellProfiler 4: improvements in speed, utility and usability. BMC Bioinformatics 22 (2021).
        https://doi.org/10.1186/s12859-021-04344-9

    Example:
        >>> cells = np.zeros((8, 8), np.uint16)
        >>> cells[1:7, 1:7] = 1
        >>> nuclei = np.zeros_like(cells)
        >>> nuclei[3:5, 3:5] = 1
        >>> green = (10 + 20 * (cells > 0) + 60 * (nuclei > 0)).astype(np.uint8)
        >>> table = measure(green[None], ["green"], nuclei, cells, pixel_size=0.5)
        >>> table.loc[1, ["area_um2", "green_cytoplasm_mean", "nucleus_cytoplasm_ratio"]].tolist()
        [9.0, 20.0, 4.0]
    """
    import pandas as pd

    _fit(field, channels, cells)
    if pixel_size is not None:
        check_pixel_size(pixel_size)
    check_numbering(nuclei, cells)
    cells, nuclei = checked_labels(cells), checked_labels(nuclei)
    pixels, length = CellPixels.of(cells), pixel_size or FIELD_SPAN / max(cells.shape)
    found = measure_intensities(field, pixels, nuclei > 0, rim(cells, length))
    scale = grey_levels(field, bits)
    columns = _of_shape(nuclei, cells, len(pixels), pixel_size) | _of_intensity(found, channels, scale)
    columns["edge_area_share"] = found.near_area
    if _PROTEIN in channels:
        protein = list(channels).index(_PROTEIN)
        above = field[protein].astype(np.float32) - np.float32(found.background[protein])
        bright = spots(np.maximum(above, 0) * np.float32(scale), cells, len(pixels), length)
        columns |= _of_protein(found, channels) | {"spots": bright.number, "spot_share": bright.share}
    else:
        columns |= dict.fromkeys(_names_of_protein(channels), np.full(len(pixels), np.nan))
    return pd.DataFrame(columns, index=pd.RangeIndex(1, len(pixels) + 1, name="cell"))


def grey_levels(field: Pixels, bits: int | None = None) -> float:
    """The grey levels of 255 that one count, uint8 or uint16, is worth; `bits` defaults to those of the data type.

    Example:
        >>> 4095 * grey_levels(np.zeros((1, 2, 2), np.uint16), bits=12)
        255.0
    """
    return 255 / full_value(min(bits or 16, 8 * field.itemsize))


def _fit(field: Pixels, channels: Sequence[str], cells: Labels) -> None:
    if field.ndim != 3 or len(field) != len(channels) or len(set(channels)) != len(channels):
        what = f"pixels of shape {field.shape} for the channels {', '.join(channels)}"
        raise CellocateError(what, mend="Give (C, H, W), and the name of each channel.")
    if field.dtype not in (np.uint8, np.uint16):
        raise CellocateError(f"pixels of type {field.dtype}", mend="Give uint8 or uint16, as stored.")
    checked_labels(cells, (field.shape[1], field.shape[2]))


def _of_shape(nuclei: Labels, cells: Labels, n: int, pixel_size: float | None) -> Columns:
    of_cell, of_nucleus = shapes(cells, n), shapes(nuclei, n)
    unit, square = ("px", 1.0) if pixel_size is None else ("um2", pixel_size**2)
    nucleus = np.where(of_nucleus.area > 0, of_nucleus.area, np.nan)
    return {
        "y_px": of_cell.y,
        "x_px": of_cell.x,
        f"area_{unit}": of_cell.area * square,
        f"nucleus_area_{unit}": nucleus * square,
        "nucleus_cell_ratio": nucleus / of_cell.area,
        "eccentricity": of_cell.eccentricity,
        "solidity": of_cell.solidity,
        "nucleus_eccentricity": of_nucleus.eccentricity,
        "nucleus_solidity": of_nucleus.solidity,
        "border_share": of_cell.border_share,
    }


def _of_intensity(found: Intensities, channels: Sequence[str], scale: float) -> Columns:
    columns: Columns = {}
    parts = (
        ("cell", found.whole, found.pixels[:, 0]),
        ("nucleus", found.nucleus, found.pixels[:, 1]),
        ("cytoplasm", found.whole - found.nucleus, found.pixels[:, 0] - found.pixels[:, 1]),
    )
    for i, channel in enumerate(channels):
        for part, total, count in parts:
            counts = ratio(total[:, i], count)
            mean = (counts - found.background[i]) * scale
            columns |= {f"{channel}_{part}_mean": mean, f"{channel}_{part}_sum": mean * count}
            columns[f"{channel}_{part}_mean_counts"] = counts
        columns[f"{channel}_background_counts"] = np.full(len(found.pixels), found.background[i])
    if _PROTEIN in channels:
        nucleus, cytoplasm = (columns[f"{_PROTEIN}_{part}_mean"] for part in ("nucleus", "cytoplasm"))
        columns["nucleus_cytoplasm_ratio"] = ratio(nucleus, cytoplasm)
    return columns


def _of_protein(found: Intensities, channels: Sequence[str]) -> Columns:
    p = list(channels).index(_PROTEIN)
    columns: Columns = {}
    for i, channel in enumerate(channels):
        if i != p:
            columns[f"pearson_{channel}"] = found.pearson[:, p, i]
            columns[f"manders1_{channel}"] = found.manders[:, p, i]
            columns[f"manders2_{channel}"] = found.manders[:, i, p]
    return columns | {"edge_share": found.near[:, p]}


def _names_of_protein(channels: Sequence[str]) -> list[str]:
    of_landmarks = [f"{kind}_{channel}" for channel in channels for kind in ("pearson", "manders1", "manders2")]
    return ["nucleus_cytoplasm_ratio", *of_landmarks, "edge_share", "spots", "spot_share"]
