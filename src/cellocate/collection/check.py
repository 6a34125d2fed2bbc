"""Look into every image of a collection: headers quickly, or every pixel."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from cellocate.collection.collection import Collection, Problem
from cellocate.errors import CellocateError
from cellocate.images import read_field, read_header


@dataclass(frozen=True)
class Inspection:
    """What the images of a collection are.

    Args:
        images: by id: `height`, `width`, `depth` (bits), `pixels` (digest of the pixels, where they were decoded).
        problems: those of the collection, and those of the images.
    """

    images: pd.DataFrame
    problems: tuple[Problem, ...]

    @property
    def duplicates(self) -> list[list[str]]:
        """Groups of fields whose pixels are identical in every channel."""
        decoded = self.images[self.images["pixels"] != ""]
        return [list(g.index) for _, g in decoded.groupby("pixels") if len(g) > 1]

    def table(self) -> pd.DataFrame:
        """The problems as a table: id, about, what, where, mend."""
        rows = [(p.id, p.about, p.error.what, str(p.error.where or ""), p.error.mend) for p in self.problems]
        return pd.DataFrame(rows, columns=["id", "about", "what", "where", "mend"])


def inspect(
    collection: Collection, *, decode: bool = False, progress: Callable[[int], object] | None = None
) -> Inspection:
    """Open the files of every field.

    Args:
        collection: whose fields to look at; those with known problems are left alone.
        decode: decode every pixel; without it the headers and ends of the files alone are read, which is much
            faster and finds missing, truncated and differing files.
        progress: called with 1 after each field.
    """
    bad = {p.id for p in collection.problems if p.about == "files"}
    ids = [i for i in collection.ids if i not in bad]

    def look(field: str) -> tuple[int, int, int, str] | Problem:
        try:
            return _decoded(collection.files(field)) if decode else _header(collection.files(field))
        except CellocateError as error:
            return Problem(field, "files", error)
        finally:
            if progress is not None:
                progress(1)

    with ThreadPoolExecutor(max_workers=min(8, 2 * (os.cpu_count() or 1))) as pool:
        found = dict(zip(ids, pool.map(look, ids), strict=True))
    rows = {i: row for i, row in found.items() if not isinstance(row, Problem)}
    images = pd.DataFrame.from_dict(rows, orient="index", columns=["height", "width", "depth", "pixels"])
    problems = [p for p in found.values() if isinstance(p, Problem)]
    return Inspection(images, (*collection.problems, *problems))


def _header(files: dict[str, Path]) -> tuple[int, int, int, str]:
    headers = {path: read_header(path) for path in files.values()}
    first = next(iter(headers.values()))
    for path, header in headers.items():
        if header[:2] != first[:2]:
            sizes = f"{header.width}×{header.height} beside {first.width}×{first.height} px"
            raise CellocateError(f"channels of different size ({sizes})", where=path, mend="Export them alike.")
        if header.depth != first.depth:
            depths = f"{header.depth} beside {first.depth} bits"
            raise CellocateError(f"channels of different depth ({depths})", where=path, mend="Export them alike.")
    return (*first, "")


def _decoded(files: dict[str, Path]) -> tuple[int, int, int, str]:
    pixels = read_field(files, tuple(files))
    digest = hashlib.blake2b(np.ascontiguousarray(pixels).data, digest_size=16)
    digest.update(repr((pixels.shape, tuple(files))).encode())
    return pixels.shape[1], pixels.shape[2], pixels.itemsize * 8, digest.hexdigest()
