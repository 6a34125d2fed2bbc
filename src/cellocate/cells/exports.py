"""Files that can be written in addition to the masks and the store of cells."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from cellocate.cells.cell_overlay import overlay
from cellocate.cells.describe import BOX, FILE_SIZES
from cellocate.cells.field_masks import FieldMasks
from cellocate.cells.legend import with_legend
from cellocate.cells.masks import write_geojson
from cellocate.collection import Collection
from cellocate.collection.layouts import listing
from cellocate.images import Pixels, write_png
from cellocate.rounded import rounded
from cellocate.work import Work, run_in_threads

if TYPE_CHECKING:
    from cellocate.cells.cutting import FieldToCut

_NOT_MEASURED = [*BOX, *FILE_SIZES, "y_px", "x_px", "field_pixel_size", "pixel_size", "sharpness"]
_SIDE = 1024  # px of an overlay: enough to see each cell

Export = Callable[["FieldToCut", Pixels, FieldMasks, pd.DataFrame], object]
"""Receives the field, its pixels and masks, and the table of its cells."""


def geojson(task: FieldToCut, _pixels: Pixels, masks: FieldMasks, cells: pd.DataFrame) -> None:
    """Write `geojson/<id>.geojson` for QuPath, with the measurements of each cell."""
    measured = cells.set_index("cell").drop(columns=_NOT_MEASURED, errors="ignore")
    path = task.plan.out / "geojson" / f"{task.field}.geojson"
    write_geojson(path, masks.nuclei, masks.cells, measured.map(rounded))


def overlays(task: FieldToCut, pixels: Pixels, masks: FieldMasks, _cells: pd.DataFrame) -> None:
    """Write `overlays/<id>.png`: the field with outlines and numbers of its cells, a scale bar and a legend."""
    channels, colours = task.plan.channels, task.plan.colours
    picture = overlay(pixels, channels, masks.nuclei, masks.cells, side=_SIDE, numbers=True, colours=colours)
    pixel_size = masks.pixel_size * pixels.shape[2] / picture.shape[1]
    origin = "estimated" if task.note else "assumed" if task.collection.pixel_size_assumed else ""
    whole = with_legend(picture, channels, pixel_size, origin=origin, colours=colours)
    write_png(task.plan.out / "overlays" / f"{task.field}.png", whole)


EXPORTS: dict[str, Export] = {"geojson": geojson, "overlays": overlays}


def write_cell_images(cells: Collection, folder: Path) -> Collection:
    """Write a store of cells as `images/<id>_<channel>.png` with a listing; return the same collection of files.

    Existing files are kept.
    """
    channels = cells.channels

    def paths(cell: str) -> list[Path]:
        return [folder / "images" / f"{cell}_{channel}.png" for channel in channels]

    def write(cell: str) -> None:
        for path, plane in zip(paths(cell), cells.read_counts(cell, channels)[0], strict=True):
            write_png(path, plane)

    work = Work(cells.ids, write, is_done=lambda cell: all(path.is_file() for path in paths(cell)))
    for _ in run_in_threads(work, os.cpu_count() or 1):
        pass
    fields = cells.fields.copy()
    for channel, written in zip(channels, zip(*map(paths, cells.ids), strict=True), strict=True):
        fields[channel] = list(map(str, written))
    pictures = replace(cells, folder=folder, layout="listing", fields=fields)
    listing.write(folder, pictures, cells.made)
    return pictures
