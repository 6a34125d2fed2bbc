"""Look into every image of a collection: headers quickly, or every pixel."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property

import pandas as pd

from cellocate.collection.collection import Collection, Problem, Unit
from cellocate.collection.depth import brighter, see, with_depth, with_inferred_depth
from cellocate.collection.depth_inference import Depth, as_one, depth_fault
from cellocate.collection.duplicates import clusters, parse_fingerprints
from cellocate.collection.image_facts import ImageFacts, complete, facts_of_headers, facts_of_pixels
from cellocate.counted import counted
from cellocate.errors import CellocateError
from cellocate.images import CHANNELS
from cellocate.images.store import in_store

_NAMED = 5
_AT_ONCE = 4096  # fields handed to the threads at a time: a million waiting tasks would take a gigabyte


@dataclass(frozen=True)
class Inspection:
    """What the images of a collection are.

    Args:
        images: by id, what `ImageFacts` tells.
        problems: the faults of the collection and of the images.
        unit: what each shows; of a single cell, most is black.
        depth: what the pixels tell of their depth, where they were decoded.
        bits: of the camera of each field, by id, where its pixels were decoded.
        notes: what a user should know of how they will be read, a sentence each.
    """

    images: pd.DataFrame
    problems: tuple[Problem, ...]
    unit: Unit = "field"
    depth: Depth = field(default_factory=Depth)
    bits: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def guessed_bits(self) -> int | None:
        """The bits of the camera, where pixels told them, alike for all files of 16 bits."""
        deep = {self.bits[str(i)] for i in self.images.index[self.images["depth"] == 16]} if self.bits else set()
        return deep.pop() if self.depth.guessed and len(deep) == 1 else None

    @cached_property
    def duplicates(self) -> list[list[str]]:
        """Groups of fields whose pixels are identical in every channel."""
        decoded = self.images["fingerprint"][self.images["fingerprint"] != ""]
        return _groups(decoded.str.split("-", n=1).str[0])

    @cached_property
    def near_duplicates(self) -> list[list[str]]:
        """Groups of fields that look alike (see `duplicates`), other than those whose pixels are all identical.

        None of single cells: a few bright places in the middle of black are alike in any two.
        """
        if self.unit == "cell":
            return []
        digests, hashes = parse_fingerprints(self.images["fingerprint"])
        number = pd.Series(clusters(hashes), index=self.images.index)
        digest = dict(zip(self.images.index, digests, strict=True))
        return [group for group in _groups(number) if len({digest[field] for field in group}) > 1]

    def table(self, warnings: Sequence[Problem] = ()) -> pd.DataFrame:
        """The problems, and the warnings given, as a table: id, severity, about, what, where, mend."""
        return problem_table((*self.problems, *warnings))


def problem_table(problems: Sequence[Problem]) -> pd.DataFrame:
    """Problems as a table: id, severity, about, what, where, mend."""
    rows = [(p.id, p.severity, p.about, p.error.what, str(p.error.where or ""), p.error.mend) for p in problems]
    columns = ["id", "severity", "about", "what", "where", "mend"]
    return pd.DataFrame(rows, columns=columns, dtype=object)  # names of files may be no text, which pyarrow refuses


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
    has_images = any(channel in collection.fields for channel in CHANNELS)
    ids = collection.ids if has_images else []  # of a label table alone, there is nothing to look at

    def look(field: str) -> ImageFacts | Problem:
        try:
            files = complete(collection.files(field), wanted, collection.folder)
            place = in_store(files)
            if not decode:
                return facts_of_headers(files) if place is None else ImageFacts(*place[0].header(place[1]))
            if place is not None:
                place[0].verify(place[1])
            pixels, pixel_size = collection.read_counts(field, wanted)
            return facts_of_pixels(pixels, files, pixel_size, see(collection, field, pixels, wanted))
        except CellocateError as error:
            return Problem(field, "files", error)
        finally:
            if progress is not None:
                progress(1)

    rows: dict[str, ImageFacts] = {}
    problems = [problem for problem in collection.problems if problem.severity == "fault"]
    told = {problem.id for problem in problems if problem.about == "files"}
    with ThreadPoolExecutor(max_workers=min(8, 2 * (os.cpu_count() or 1))) as pool:
        for start in range(0, len(ids), _AT_ONCE):
            some = ids[start : start + _AT_ONCE]
            for field, found in zip(some, pool.map(look, some), strict=True):
                if isinstance(found, Problem):
                    if field not in told or collection.files(field):  # else why it has none is known
                        problems.append(found)
                else:
                    rows[field] = found
    images = pd.DataFrame(
        list(rows.values()), index=pd.Index(list(rows), dtype=object), columns=list(ImageFacts._fields)
    )
    if not decode:
        return Inspection(images, tuple(problems), unit=collection.unit)
    seen = {field: look.seen for field, look in rows.items() if look.seen is not None}
    known, judged = with_inferred_depth(collection, seen, {field for field, one in seen.items() if one.depth == 16})
    for field, one in seen.items():
        offset = known.offset(field) - collection.offset(field)  # that was not subtracted yet
        bits = min(one.depth, known.bits(field) or 16)
        error = depth_fault(max(0, one.brightest - offset), bits, offset if one.depth == 16 else 0)
        problems += [] if error is None else [Problem(field, "files", error)]
    bits_of = {field: min(one.depth, known.bits(field) or 16) for field, one in seen.items()}
    return Inspection(images, tuple(problems), collection.unit, as_one(judged), bits_of)


def usable(
    collection: Collection, channels: Sequence[str], *, labelled: bool, skip_bad: bool
) -> tuple[Collection, Inspection]:
    """The fields that can be used, their depth known, and what was found: all images, and problems that matter here.

    Args:
        collection: all fields, or cells.
        channels: which each field must have.
        labelled: whether a field with faulty or no labels is of no use.
        skip_bad: go on without faulty fields, instead of refusing the whole.

    Raises:
        CellocateError: the collection lacks a channel or labels; a field is faulty and `skip_bad` is not set.
    """
    collection.require(channels)
    if labelled:
        collection.require_vocabulary()
    inspection = inspect(collection, channels)
    problems = tuple(p for p in inspection.problems if labelled or p.about == "files")
    images = inspection.images
    deep = {str(i) for i in images.index[images["depth"] == 16]}
    known, notes = with_depth(collection.without(problems, skip_bad=skip_bad), deep)
    late = brighter(known, deep)
    known = replace(known.without(late, skip_bad=skip_bad), depth_guessed=False)
    return known, replace(inspection, problems=(*problems, *late), notes=notes)


def _groups(key: pd.Series) -> list[list[str]]:
    """Ids that share a value with others, by value."""
    shared = key[key.duplicated(keep=False)]
    return [[str(field) for field in group.index] for _, group in shared.groupby(shared)]


def left_out(problems: Sequence[Problem], unit: Unit) -> str:
    """A sentence that names faulty fields, or cells, which were skipped, the first few with their faults."""
    named = ", ".join(f"{p.id} ({p.error.what})" for p in problems[:_NAMED])
    more = f" and {len(problems) - _NAMED} more" if len(problems) > _NAMED else ""
    fields = len({problem.id for problem in problems})
    return f"left out {counted(fields, f'faulty {unit}')}: {named}{more}"
