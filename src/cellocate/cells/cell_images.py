"""Write cells as picture files, for programs that cannot read a store."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from cellocate.collection import Collection
from cellocate.collection.layouts import listing
from cellocate.images import write_png
from cellocate.work import Work, run_in_threads


def write_cell_images(cells: Collection, folder: Path) -> Collection:
    """Write cells as `images/<id>_<channel>.png` with a listing; existing files are kept.

    Args:
        cells: the store of cells.
        folder: to write.

    Returns:
        The same collection, read from these files.
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
