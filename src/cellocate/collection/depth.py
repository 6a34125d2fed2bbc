"""How many bits the pixels of a collection's files hold, and what was added to all of them.

What metadata, a table or `collection.yaml` say is taken as it is. Where nothing does, files of 16 bits are judged by a
sample of their fields: a camera of 12 bits leaves no pixel above 4095, in any channel of any field. A command that may
take long looks at all of them before it begins.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Collection as Ids
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pandas as pd

from cellocate.collection.collection import Collection, Problem
from cellocate.collection.depth_inference import Depth, Evidence, depth_fault, high_floor, infer_depth
from cellocate.errors import CellocateError
from cellocate.images import Pixels, read_header, significant_bits
from cellocate.images.depth import DEPTHS, darkest, full_value
from cellocate.images.store import stored

_SAMPLE = 64  # fields whose pixels tell the depth of all
_AT_ONCE = 4  # of them, after which it may be settled
_THREADS = min(_AT_ONCE, os.cpu_count() or 1)
_BRIGHT = full_value(14)  # above this, only 16 bits are left
_SOURCE, _SOURCES = "source", 16  # column of a merged collection, and how many it may name


def with_depth(collection: Collection, deep: Ids[str] | None = None) -> tuple[Collection, tuple[str, ...]]:
    """The collection with the depth of its files known, for all of its subsets alike.

    Of at most 64 fields (of each source, where several collections were merged) the pixels are decoded, and of fewer
    where these settle it: of 4, or of one where the files have 8 bits. A brighter pixel that turns up later is refused
    when its field is read.

    Args:
        collection: whose columns `bits` and `camera_offset` are filled in.
        deep: the ids of the fields whose files have 16 bits, where that is known.

    Returns:
        The collection, and what a user should know of its depth, a sentence each.
    """
    known, judged = _known(collection, deep)
    told = [(source, one.told) for source, one in judged.items() if one.told]
    doubts = [(source, text) for source, one in judged.items() for text in one.doubts]
    return known, tuple(f"{source}: {text}" if source else text for source, text in (*told, *doubts))


def with_known_depth(collection: Collection) -> Collection:
    """The same, where no command has printed what a user should know: what is not certain is a warning."""
    known, judged = _known(collection)
    for doubt in (text for one in judged.values() for text in one.doubts):
        warnings.warn(doubt, stacklevel=3)
    return known


def brighter(collection: Collection, deep: Ids[str] | None = None) -> tuple[Problem, ...]:
    """The fields that cannot be of the depth that a sample told: a pixel is above it.

    Every field is decoded where the depth was guessed by pixels, and none otherwise.

    Args:
        collection: whose depth is known.
        deep: the ids of the fields whose files have 16 bits, where that is known.
    """
    if not collection.depth_guessed:
        return ()

    def look(field: str) -> Problem | None:
        channels = tuple(collection.files(field))
        try:
            counts, _ = collection.read_counts(field, channels)
        except CellocateError as error:
            return Problem(field, "files", error)
        bits = min(8 * counts.itemsize, collection.bits(field) or 16)
        wrong = depth_fault(int(counts.max()), bits, collection.offset(field) if counts.itemsize > 1 else 0)
        return None if wrong is None else Problem(field, "files", wrong)

    with ThreadPoolExecutor(max_workers=_THREADS) as pool:
        return tuple(filter(None, pool.map(look, (i for i in collection.ids if deep is None or i in deep))))


def with_inferred_depth(
    collection: Collection, seen: Mapping[str, Evidence], deep: Ids[str]
) -> tuple[Collection, dict[str, Depth]]:
    """The collection with its depth, and what was judged of each source, by the same fields of all that were seen.

    Args:
        collection: whose depth is not known yet.
        seen: what each field tells, by id.
        deep: the ids of the fields whose files have 16 bits.
    """
    return _known(collection, deep, seen.get)


def _known(
    collection: Collection, deep: Ids[str] | None = None, look: Callable[[str], Evidence | None] | None = None
) -> tuple[Collection, dict[str, Depth]]:
    """The collection with its depth, and what was judged of each source."""
    if collection.depth_known or not collection.channels:
        return collection, {}
    fields, found = collection.fields, dict[str, Depth]()
    for source, ids in _sources(collection).items():
        wanted = ids if deep is None else [i for i in ids if i in deep]
        seen = _look(collection, wanted or ids, look)
        found[source] = judged = infer_depth(
            seen, offset_known="camera_offset" in collection.fields, unit=collection.unit
        )
        if judged.bits is not None:
            fields = _filled(fields, "bits", [i for i in wanted if collection.bits(i) is None], judged.bits)
        if judged.offset:
            fields = _filled(fields, "camera_offset", wanted, judged.offset)
    guessed = any(one.guessed for one in found.values())
    return replace(collection, fields=fields, depth_known=True, depth_guessed=guessed), found


def see(collection: Collection, field: str, pixels: Pixels, channels: Sequence[str]) -> Evidence:
    """What a field tells of its depth.

    Args:
        collection: that it is of.
        field: its id.
        pixels: as `Collection.read_counts` gives them, shape (C, H, W).
        channels: of these.
    """
    bits, depth = collection.bits(field), 8 * pixels.itemsize
    floors = {channel: darkest(plane) for channel, plane in zip(channels, pixels, strict=True)}
    said = None if bits is not None or depth == 8 else _said(collection.files(field))
    brightest = int(pixels.max())
    smaller = max((bits for bits in DEPTHS if full_value(bits) < brightest), default=0)
    return Evidence(depth, bits, said, floors, brightest, int(np.count_nonzero(pixels > full_value(smaller))))


def depths(collection: Collection, images: pd.DataFrame) -> tuple[int, ...]:
    """The bits of the cameras of a collection, ascending.

    Args:
        collection: whose depth is known.
        images: by id, with the bits of their files as `depth`.
    """
    of_files = images["depth"].to_dict()
    return tuple(sorted({min(int(of_files[i]), collection.bits(i) or 16) for i in collection.ids if i in of_files}))


def _sources(collection: Collection) -> dict[str, list[str]]:
    """The ids of each source; all of them under "" where nothing was merged."""
    if _SOURCE not in collection.fields or collection.fields[_SOURCE].nunique() > _SOURCES:
        return {"": collection.ids}
    of = collection.fields[_SOURCE].fillna("").astype(str)
    return {str(source): [str(i) for i in rows.index] for source, rows in of.groupby(of, sort=False)}


def _filled(fields: pd.DataFrame, column: str, ids: Sequence[str], value: float) -> pd.DataFrame:
    known = fields[column].astype(float) if column in fields else pd.Series(np.nan, index=fields.index)
    return fields.assign(**{column: known.where(~fields.index.isin(ids), value)})


def _look(collection: Collection, ids: Sequence[str], known: Callable[[str], Evidence | None] | None) -> list[Evidence]:
    """What a sample of fields tells; those that cannot be read tell nothing.

    It is drawn by a digest of their ids, so that it is nearly the same without a few of them.
    """
    drawn = sorted(ids, key=lambda i: blake2b(i.encode("utf-8", "surrogateescape"), digest_size=8).digest())[:_SAMPLE]
    deep = [field for field in drawn if _header_depth(collection, field) == 16]
    drawn, at_once = (deep, _AT_ONCE) if deep else (drawn, 1)  # of 8 bits, one without a floor settles it
    found: list[Evidence] = []

    def look(field: str) -> Evidence | None:
        if known is not None:
            return known(field)
        channels = tuple(collection.files(field))
        try:
            return see(collection, field, collection.read_counts(field, channels)[0], channels) if channels else None
        except CellocateError:  # which is told when all files are looked at
            return None

    with ThreadPoolExecutor(max_workers=_THREADS) as pool:
        for start in range(0, len(drawn), at_once):
            found += filter(None, pool.map(look, drawn[start : start + at_once]))
            if found and _is_settled(found):
                break
    return found


def _header_depth(collection: Collection, field: str) -> int | None:
    """The bits of a field's files, without decoding them; None where they cannot be read."""
    files = collection.files(field)
    try:
        if (place := stored(files)) is not None:
            return place[0].header(place[1]).depth
        return read_header(next(iter(files.values()))).depth if files else None
    except CellocateError:
        return None


def _is_settled(seen: Sequence[Evidence]) -> bool:
    """Whether further fields could tell nothing else."""
    known = all(one.depth == 8 or one.bits is not None or one.brightest > _BRIGHT for one in seen)
    return known and not high_floor(seen)


def _said(files: dict[str, Path]) -> int | None:
    """The bits that the metadata of a field's files say; the largest, were they to differ."""
    if stored(files) is not None:
        return None
    return max(filter(None, map(significant_bits, files.values())), default=None)
