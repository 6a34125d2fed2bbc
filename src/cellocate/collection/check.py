"""Look into every image of a collection: headers quickly, or every pixel."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from cellocate.collection.collection import Collection, Problem
from cellocate.errors import CellocateError
from cellocate.images import Pixels, read_header
from cellocate.images.store import stored

_NAMED = 5


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
        return problem_table(self.problems)


def problem_table(problems: Sequence[Problem]) -> pd.DataFrame:
    """Problems as a table: id, about, what, where, mend."""
    rows = [(p.id, p.about, p.error.what, str(p.error.where or ""), p.error.mend) for p in problems]
    return pd.DataFrame(rows, columns=["id", "about", "what", "where", "mend"])


def inspect(
    collection: Collection,
    channels: Sequence[str] | None = None,
    *,
    decode: bool = False,
    progress: Callable[[int], object] | None = None,
) -> Inspection:
    """Open the files of every field.

    Args:
        collection: whose fields to look at.
        channels: which each field must have; all that any field has, unless given.
        decode: decode every pixel; without it the headers and ends of the files alone are read, which is much
            faster and finds missing, truncated and differing files.
        progress: called with 1 after each field.
    """
    wanted = tuple(channels or collection.channels)

    def look(field: str) -> tuple[int, int, int, str] | Problem:
        try:
            files = _complete(collection.files(field), wanted, collection.folder)
            place = stored(files)
            if not decode:
                return _header(files) if place is None else (*place[0].header(place[1]), "")
            if place is not None:
                place[0].verify(place[1])
            return _decoded(collection.read(field, wanted)[0], wanted)
        except CellocateError as error:
            return Problem(field, "files", error)
        finally:
            if progress is not None:
                progress(1)

    with ThreadPoolExecutor(max_workers=min(8, 2 * (os.cpu_count() or 1))) as pool:
        found = dict(zip(collection.ids, pool.map(look, collection.ids), strict=True))
    rows = {i: row for i, row in found.items() if not isinstance(row, Problem)}
    images = pd.DataFrame.from_dict(rows, orient="index", columns=["height", "width", "depth", "pixels"])
    problems = [p for p in found.values() if isinstance(p, Problem)]
    return Inspection(images, (*collection.problems, *problems))


def usable(
    collection: Collection, channels: Sequence[str], *, labelled: bool, skip_bad: bool
) -> tuple[Collection, Inspection]:
    """The fields that can be used, and what was found: all images, and the problems that matter to this use.

    Args:
        collection: all fields.
        channels: which each field must have.
        labelled: whether a field with faulty or no labels is of no use.
        skip_bad: go on without faulty fields, instead of refusing the whole.

    Raises:
        CellocateError: the collection lacks a channel or labels; a field is faulty and `skip_bad` is not set.
    """
    collection.require(channels)
    if labelled and collection.vocabulary is None:
        collection.truth()  # says what is missing
    inspection = inspect(collection, channels)
    problems = tuple(p for p in inspection.problems if labelled or p.about == "files")
    return collection.without(problems, skip_bad=skip_bad), replace(inspection, problems=problems)


def left_out(problems: Sequence[Problem]) -> str:
    """A sentence that names faulty fields which were skipped, the first few with their faults."""
    named = ", ".join(f"{p.id} ({p.error.what})" for p in problems[:_NAMED])
    more = f" and {len(problems) - _NAMED} more" if len(problems) > _NAMED else ""
    return f"{len(problems)} faulty fields were left out: {named}{more}"


def _complete(files: dict[str, Path], channels: Sequence[str], folder: Path) -> dict[str, Path]:
    if not files:
        raise CellocateError("a row without image files", where=folder, mend="Add the files, or take the row out.")
    lacking = [channel for channel in channels if channel not in files]
    if lacking:
        beside = next(iter(files.values()))
        raise CellocateError(
            f"the {' and '.join(lacking)} file is missing",
            where=f"beside {beside}",
            mend="Restore it, or leave the field out.",
        )
    return {channel: files[channel] for channel in channels}


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


def _decoded(pixels: Pixels, channels: Sequence[str]) -> tuple[int, int, int, str]:
    digest = hashlib.blake2b(np.ascontiguousarray(pixels).data, digest_size=16)
    digest.update(repr((pixels.shape, tuple(channels))).encode())
    return pixels.shape[1], pixels.shape[2], pixels.itemsize * 8, digest.hexdigest()
