"""Infer the bit depth of a collection's camera, and the offset that it added to all pixels.

Values from metadata, a table or `collection.yaml` are used as given. Otherwise the depth of 16-bit files is inferred
from a sample of fields: a 12-bit camera leaves no pixel above 4095 in any channel of any field. Long commands then
check all fields before they start (`find_too_bright`).
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
from cellocate.errors import CellocateError, CellocateWarning
from cellocate.images import Pixels, read_header, significant_bits
from cellocate.images.bit_depth import DEPTHS, darkest, full_value
from cellocate.images.store import in_store

_SAMPLE = 64  # fields in the sample
_AT_ONCE = 4  # fields read before the result is checked again
_THREADS = min(_AT_ONCE, os.cpu_count() or 1)
_BRIGHT = full_value(14)  # brighter pixels need 16 bits
_SOURCE, _SOURCES = "source", 16  # column of a merged collection, and the number of sources up to which it is used


def with_depth(collection: Collection, deep: Ids[str] | None = None) -> tuple[Collection, tuple[str, ...]]:
    """Infer the bit depth of a collection's files, once for all its subsets.

    At most 64 fields of each source are decoded, and only 4, or 1 of 8-bit files, if these settle it. A field with a
    brighter pixel raises an error when it is read.

    Args:
        collection: its columns `bits` and `camera_offset` are filled in.
        deep: ids of the fields with 16-bit files, if known.

    Returns:
        The collection, and notes for the user about its depth, one sentence each.
    """
    known, depths = _infer(collection, deep)
    recorded = [(source, depth.recorded) for source, depth in depths.items() if depth.recorded]
    doubts = [(source, text) for source, depth in depths.items() for text in depth.doubts]
    return known, tuple(f"{source}: {text}" if source else text for source, text in (*recorded, *doubts))


def with_known_depth(collection: Collection) -> Collection:
    """The same for use in Python: doubts become warnings."""
    known, depths = _infer(collection)
    for doubt in (text for depth in depths.values() for text in depth.doubts):
        warnings.warn(CellocateWarning(doubt), stacklevel=3)
    return known


def find_too_bright(collection: Collection, deep: Ids[str] | None = None) -> tuple[Problem, ...]:
    """Find fields with pixels too bright for the inferred bit depth.

    If the depth was guessed from a sample, every field (of `deep`, if given) is decoded; otherwise none.
    """
    if not collection.depth_guessed:
        return ()

    def check(field: str) -> Problem | None:
        channels = tuple(collection.files(field))
        try:
            counts, _ = collection.read_counts(field, channels)
        except CellocateError as error:
            return Problem(field, "files", error)
        bits = min(8 * counts.itemsize, collection.bits(field) or 16)
        wrong = depth_fault(int(counts.max()), bits, collection.offset(field) if counts.itemsize > 1 else 0)
        return None if wrong is None else Problem(field, "files", wrong)

    with ThreadPoolExecutor(max_workers=_THREADS) as pool:
        return tuple(filter(None, pool.map(check, (i for i in collection.ids if deep is None or i in deep))))


def with_inferred_depth(
    collection: Collection, seen: Mapping[str, Evidence], deep: Ids[str]
) -> tuple[Collection, dict[str, Depth]]:
    """The collection with its depth, and the depth of each source, from the evidence of each field instead of files."""
    return _infer(collection, deep, seen.get)


def _infer(
    collection: Collection, deep: Ids[str] | None = None, known: Callable[[str], Evidence | None] | None = None
) -> tuple[Collection, dict[str, Depth]]:
    """The collection with its depth, and the depth of each source."""
    if collection.depth_known or not collection.channels:
        return collection, {}
    fields, found = collection.fields, dict[str, Depth]()
    for source, ids in _sources(collection).items():
        wanted = ids if deep is None else [i for i in ids if i in deep]
        seen = _sample(collection, wanted or ids, known)
        offset_known = "camera_offset" in collection.fields
        found[source] = depth = infer_depth(seen, offset_known=offset_known, unit=collection.unit)
        if depth.bits is not None:
            fields = _filled(fields, "bits", [i for i in wanted if collection.bits(i) is None], depth.bits)
        if depth.offset:
            fields = _filled(fields, "camera_offset", wanted, depth.offset)
    guessed = any(one.guessed for one in found.values())
    return replace(collection, fields=fields, depth_known=True, depth_guessed=guessed), found


def evidence_of(collection: Collection, field: str, pixels: Pixels, channels: Sequence[str]) -> Evidence:
    """What the counts of a field, shape (C, H, W), show about their bit depth."""
    bits, depth = collection.bits(field), 8 * pixels.itemsize
    floors = {channel: darkest(plane) for channel, plane in zip(channels, pixels, strict=True)}
    recorded = None if bits is not None or depth == 8 else _recorded_bits(collection.files(field))
    brightest = int(pixels.max())
    smaller = max((bits for bits in DEPTHS if full_value(bits) < brightest), default=0)
    return Evidence(depth, bits, recorded, floors, brightest, int(np.count_nonzero(pixels > full_value(smaller))))


def camera_depths(collection: Collection, images: pd.DataFrame) -> tuple[int, ...]:
    """The bits of a collection's cameras, ascending, with the bits of files in the column `depth` of `images`."""
    of_files = images["depth"].to_dict()
    return tuple(sorted({min(int(of_files[i]), collection.bits(i) or 16) for i in collection.ids if i in of_files}))


def _sources(collection: Collection) -> dict[str, list[str]]:
    """The ids of each source of a merged collection; otherwise all ids under ""."""
    if _SOURCE not in collection.fields or collection.fields[_SOURCE].nunique() > _SOURCES:
        return {"": collection.ids}
    of = collection.fields[_SOURCE].fillna("").astype(str)
    return {str(source): [str(i) for i in rows.index] for source, rows in of.groupby(of, sort=False)}


def _filled(fields: pd.DataFrame, column: str, ids: Sequence[str], value: float) -> pd.DataFrame:
    known = fields[column].astype(float) if column in fields else pd.Series(np.nan, index=fields.index)
    return fields.assign(**{column: known.where(~fields.index.isin(ids), value)})


def _sample(
    collection: Collection, ids: Sequence[str], known: Callable[[str], Evidence | None] | None
) -> list[Evidence]:
    """The evidence of a sample of fields, without unreadable ones.

    The sample is drawn by a hash of the ids, so it hardly changes if a few fields are missing.
    """
    drawn = sorted(ids, key=lambda i: blake2b(i.encode("utf-8", "surrogateescape"), digest_size=8).digest())[:_SAMPLE]
    deep = [field for field in drawn if _header_depth(collection, field) == 16]
    drawn, at_once = (deep, _AT_ONCE) if deep else (drawn, 1)  # one 8-bit field with a dark pixel settles it
    found: list[Evidence] = []

    def evidence(field: str) -> Evidence | None:
        if known is not None:
            return known(field)
        channels = tuple(collection.files(field))
        try:
            return (
                evidence_of(collection, field, collection.read_counts(field, channels)[0], channels)
                if channels
                else None
            )
        except CellocateError:  # reported when all files are checked
            return None

    with ThreadPoolExecutor(max_workers=_THREADS) as pool:
        for start in range(0, len(drawn), at_once):
            found += filter(None, pool.map(evidence, drawn[start : start + at_once]))
            if found and _is_settled(found):
                break
    return found


def _header_depth(collection: Collection, field: str) -> int | None:
    """The bits in the headers of a field's files; None if they cannot be read."""
    files = collection.files(field)
    try:
        if (place := in_store(files)) is not None:
            return place[0].header(place[1]).depth
        return read_header(next(iter(files.values()))).depth if files else None
    except CellocateError:
        return None


def _is_settled(seen: Sequence[Evidence]) -> bool:
    """Whether more fields could not change the result."""
    known = all(one.depth == 8 or one.bits is not None or one.brightest > _BRIGHT for one in seen)
    return known and not high_floor(seen)


def _recorded_bits(files: dict[str, Path]) -> int | None:
    """The bits in the metadata of a field's files; the largest if they differ."""
    if in_store(files) is not None:
        return None
    return max(filter(None, map(significant_bits, files.values())), default=None)
