"""What may be written of each field beside its masks and cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from cellocate.cells.describe import BOX
from cellocate.cells.given import Masks
from cellocate.cells.masks import write_geojson
from cellocate.cells.overlay import overlay
from cellocate.images import Pixels, write_png

_NOT_MEASURED = [*BOX, "y", "x", "field_pixel_size", "pixel_size", "sharpness", "smallest_file", "largest_file"]
_SIDE = 1024  # px: enough to see each cell

Extra = Callable[[Path, str, Pixels, Sequence[str], Masks, pd.DataFrame], object]
"""Called with the folder to write, the field's id, its pixels, channels and masks, and the table of its cells."""


def geojson(
    out: Path, field: str, _pixels: Pixels, _channels: Sequence[str], masks: Masks, cells: pd.DataFrame
) -> None:
    """Write `geojson/<id>.geojson`, for QuPath, with what was measured of each cell and not of its field."""
    measured = cells.set_index("cell").drop(columns=_NOT_MEASURED, errors="ignore")
    write_geojson(out / "geojson" / f"{field}.geojson", masks.nuclei, masks.cells, measured)


def overlays(
    out: Path, field: str, pixels: Pixels, channels: Sequence[str], masks: Masks, _cells: pd.DataFrame
) -> None:
    """Write `overlays/<id>.png`: the field with the outlines and numbers of its cells."""
    picture = overlay(pixels, channels, masks.nuclei, masks.cells, side=_SIDE, numbers=True)
    write_png(out / "overlays" / f"{field}.png", picture)


BY_NAME: dict[str, Extra] = {"geojson": geojson, "overlays": overlays}
