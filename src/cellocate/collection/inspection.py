"""Check every image of a collection: only headers (quick), or every pixel."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property

import pandas as pd

from cellocate.collection.camera_depth import evidence_of, find_too_bright, with_depth, with_inferred_depth
from cellocate.collection.collection import Collection, Problem, Unit
from cellocate.collection.depth_inference import Depth, combine_depths, depth_fault
from cellocate.collection.duplicates import clusters, parse_fingerprints
from cellocate.collection.image_facts import ImageFacts, facts_of_headers, facts_of_pixels, required_files
from cellocate.counted import counted
from cellocate.errors import CellocateError
from cellocate.images import CHANNELS
from cellocate.images.store.reader import in_store

_NAMED = 5
_AT_ONCE = 4096  # fields given to the threads at a time; a million waiting tasks would take a gigabyte


@dataclass(frozen=True)
class Inspection:
    """The facts and faults found in the images of a collection.

    Args:
        images: the `ImageFacts` of each field, by id.
        problems: the faults of the collection and of its images.
        unit: whether the rows are fields or cells; the images of cells are mostly black.
        depth: what the pixels show about their bit depth, if they were decoded.
        bits: of the camera of each field, by id, if its pixels were decoded.
        notes: what you should know about how the images will be read, one sentence each.
    """

    images: pd.DataFrame
    problems: tuple[Problem, ...]
    unit: Unit = "field"
    depth: Depth = field(default_factory=Depth)
    bits: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def guessed_bits(self) -> int | None:
        """The bits of the camera if they were inferred from pixels and are the same for all 16-bit files."""
        deep = {self.bits[str(i)] for i in self.images.index[self.images["depth"] == 16]} if self.bits else set()
        return deep.pop() if self.depth.guessed and len(deep) == 1 else None

    @cached_property
    def duplicates(self) -> list[list[str]]:
        """Groups of fields whose pixels are identical in every channel."""
        decoded = self.images["fingerprint"][self.images["fingerprint"] != ""]
        return _groups(decoded.str.split("-", n=1).str[0])

    @cached_property
    def near_duplicates(self) -> list[list[str]]:
        """Groups of fields that look alike (see `duplicates`), other than groups of identical pixels.

        Always empty for single cells: any two of them look alike, bright in the middle of black.
        """
        if self.unit == "cell":
            return []
        digests, hashes = parse_fingerprints(self.images["fingerprint"])
        number = pd.Series(clusters(hashes), index=self.images.index)
        digest = dict(zip(self.images.index, digests, strict=True))
        return [group for group in _groups(number) if len({digest[field] for field in group}) > 1]

    def table(self, warnings: Sequence[Problem] = ()) -> pd.DataFrame:
        """The problems and some warnings as a table: id, severity, about, what, where, mend."""
        return problem_table((*self.problems, *warnings))


def problem_table(problems: Sequence[Problem]) -> pd.DataFrame:
    """Problems as a table: id, severity, about, what, where, mend."""
    rows = [(p.id, p.severity, p.about, p.error.what, str(p.error.where or ""), p.error.mend) for p in problems]
    columns = ["id", "severity", "about", "what", "where", "mend"]
    return pd.DataFrame(rows, columns=columns, dtype=object)  # pyarrow refuses file names that are not valid text


def inspect(
    collection: Collection,
    channels: Sequence[str] | None = None,
    *,
    decode: bool = False,
    progress: Callable[[int], object] | None = None,
) -> Inspection:
    """Check the files of every field.

    Args:
        collection: the fields.
        channels: the channels that each field must have; by default all channels of the collection. If there are none,
            the files that each field has are checked.
        decode: decode every pixel. Otherwise only the start and end of each file are read, which is much faster and
            finds missing, truncated and differing files.
        progress: called with 1 after each field.
    """
    needed = collection.channels if channels is None else tuple(channels)
    has_images = any(channel in collection.fields for channel in CHANNELS)
    ids = collection.ids if has_images else []  # a label table alone has no images

    def inspect_field(field: str) -> ImageFacts | Problem:
        try:
            wanted = needed or tuple(collection.files(field)) or collection.channels
            files = required_files(collection.files(field), wanted, collection.folder)
            place = in_store(files)
            if not decode:
                return facts_of_headers(files) if place is None else ImageFacts(*place[0].header(place[1]))
            if place is not None:
                place[0].verify(place[1])
            pixels, pixel_size = collection.read_counts(field, wanted)
            return facts_of_pixels(pixels, files, pixel_size, evidence_of(collection, field, pixels, wanted))
        except CellocateError as error:
            return Problem(field, "files", error)
        finally:
            if progress is not None:
                progress(1)

    rows: dict[str, ImageFacts] = {}
    problems = [problem for problem in collection.problems if problem.severity == "fault"]
    known_bad = {problem.id for problem in problems if problem.about == "files"}
    with ThreadPoolExecutor(max_workers=min(8, 2 * (os.cpu_count() or 1))) as pool:
        for start in range(0, len(ids), _AT_ONCE):
            some = ids[start : start + _AT_ONCE]
            for field, found in zip(some, pool.map(inspect_field, some), strict=True):
                if isinstance(found, Problem):
                    if field not in known_bad or collection.files(field):  # else its missing files are a known problem
                        problems.append(found)
                else:
                    rows[field] = found
    index = pd.Index(list(rows), dtype=object)
    images = pd.DataFrame(list(rows.values()), index=index, columns=list(ImageFacts._fields))
    if not decode:
        return Inspection(images, tuple(problems), unit=collection.unit)
    seen = {field: facts.seen for field, facts in rows.items() if facts.seen is not None}
    known, depths = with_inferred_depth(collection, seen, {field for field, one in seen.items() if one.depth == 16})
    for field, one in seen.items():
        offset = known.offset(field) - collection.offset(field)  # not subtracted yet
        bits = min(one.depth, known.bits(field) or 16)
        error = depth_fault(max(0, one.brightest - offset), bits, offset if one.depth == 16 else 0)
        problems += [] if error is None else [Problem(field, "files", error)]
    bits_of = {field: min(one.depth, known.bits(field) or 16) for field, one in seen.items()}
    return Inspection(images, tuple(problems), collection.unit, combine_depths(depths), bits_of)


def usable_fields(
    collection: Collection, channels: Sequence[str], *, labelled: bool, skip_bad: bool
) -> tuple[Collection, Inspection]:
    """Leave out faulty fields and infer the bit depth of the others.

    Args:
        collection: fields or cells.
        channels: the channels that each field must have; with none, any that it has will do.
        labelled: whether fields without correct labels are faulty.
        skip_bad: leave faulty fields out, instead of raising an error.

    Returns:
        The usable fields, and the inspection of all, with the problems that matter here.

    Raises:
        CellocateError: the collection lacks a channel or labels; a field is faulty and `skip_bad` is not set.
    """
    collection.require(channels)
    if labelled:
        collection.require_vocabulary()
    inspection = inspect(collection, [channel for channel in channels if channel not in collection.blank])
    problems = tuple(p for p in inspection.problems if labelled or p.about == "files")
    images = inspection.images
    deep = {str(i) for i in images.index[images["depth"] == 16]}
    known, notes = with_depth(collection.without(problems, skip_bad=skip_bad), deep)
    late = find_too_bright(known, deep)
    known = replace(known.without(late, skip_bad=skip_bad), depth_guessed=False)
    return known, replace(inspection, problems=(*problems, *late), notes=notes)


def _groups(key: pd.Series) -> list[list[str]]:
    """The ids of each value that several ids share."""
    shared = key[key.duplicated(keep=False)]
    return [[str(field) for field in group.index] for _, group in shared.groupby(shared)]


def describe_skipped(problems: Sequence[Problem], unit: Unit) -> str:
    """A sentence that names the first few skipped fields, or cells, with their faults."""
    named = ", ".join(f"{p.id} ({p.error.what})" for p in problems[:_NAMED])
    more = f" and {len(problems) - _NAMED} more" if len(problems) > _NAMED else ""
    fields = len({problem.id for problem in problems})
    return f"left out {counted(fields, f'faulty {unit}')}: {named}{more}"
