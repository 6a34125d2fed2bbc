"""Cells as picture files, for programs that read no store."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from cellocate.collection import Collection
from cellocate.collection.layouts import listing
from cellocate.images import write_png


def write_pictures(cells: Collection, folder: Path) -> Collection:
    """Write cells as `images/<id>_<channel>.png` with a listing of them; files that are there already are kept.

    Args:
        cells: the store of cells.
        folder: to write.

    Returns:
        The same collection, of files.
    """
    channels = cells.channels

    def work(cell: str) -> list[str]:
        paths = [folder / "images" / f"{cell}_{channel}.png" for channel in channels]
        if not all(path.is_file() for path in paths):
            for path, plane in zip(paths, cells.read_counts(cell, channels)[0], strict=True):
                write_png(path, plane)
        return [str(path) for path in paths]

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            written = list(pool.map(work, cells.ids))
        except BaseException:  # Ctrl-C as well: what waits need not be done
            pool.shutdown(cancel_futures=True)
            raise
    fields = cells.fields.copy()
    for channel, paths in zip(channels, zip(*written, strict=True), strict=True):
        fields[channel] = paths
    pictures = replace(cells, folder=folder, layout="listing", fields=fields)
    listing.write(folder, pictures, cells.made)
    return pictures
