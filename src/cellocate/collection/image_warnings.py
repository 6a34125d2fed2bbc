"""Warnings about fields that can be used, but that someone should look at first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pandas as pd

from cellocate.collection.collection import Collection, Problem
from cellocate.collection.emptiness import COPIES, NEARLY_EMPTY, NO_SIGNAL, PROTEIN, SATURATED
from cellocate.collection.image_quality import SHARPNESS
from cellocate.collection.inspection import Inspection
from cellocate.collection.pixel_size_columns import has_unknown_unit
from cellocate.errors import CellocateError
from cellocate.images.address import Address
from cellocate.tables import is_date

_NAMED = 3
_SEVERAL = 3  # fields: one or two may be odd
_LANDMARKS = {"red": "microtubules", "yellow": "ER"}
_EMPTINESS = {
    NEARLY_EMPTY: (
        "nearly empty: no cell stands out from the noise",
        "'predict' gives it no location: leave it out, or expose it longer.",
    ),
    NO_SIGNAL: (
        "no signal: the protein does not stand out from the noise",
        "'predict' gives it no location: is it a negative control, or did the stain fail?",
    ),
    **dict.fromkeys(
        COPIES, ("a protein channel that is a copy of another", "Is it bleed-through, or the same file twice?")
    ),
}


def find_warnings(
    collection: Collection,
    inspection: Inspection,
    *,
    smallest_file: float | None = None,
    largest_file: float | None = None,
) -> list[Problem]:
    """Find fields that may be unusable.

    In this order: repeated labels; pixel sizes of unknown unit, and genes that are dates; a high minimum of all
    pixels; nearly empty fields, proteins without signal or copied from another channel; blank, saturated and out-
    of-focus fields; absent chunks; files of unusual size; identical pixels and near duplicates; channels that look
    swapped; different labels of duplicates.

    Args:
        collection: the collection that was inspected.
        inspection: with pixels decoded.
        smallest_file: kB (1000 bytes); fields with a smaller file get a warning.
        largest_file: kB; fields with a larger file get a warning.
    """
    images = inspection.images
    found = [problem for problem in collection.problems if problem.severity == "warning"]
    found += [*_unclear_sizes(collection), *_dated_genes(collection)]
    look = "Look at it, and leave it out if nothing can be seen."
    if (floor := inspection.depth.floor) is not None:
        found += [Problem(str(field), "files", floor, "warning") for field in images.index]
    empty = images["note"] == NEARLY_EMPTY  # needs no warning about single channels
    white = images["saturated"].str.split()
    blank = pd.Series(
        [" ".join(c for c in dark.split() if c not in own) for dark, own in zip(images["blank"], white, strict=True)],
        index=images.index,
        dtype=object,
    ).mask(empty, "")
    found += _emptiness(images["note"].mask(blank.str.split().map(lambda channels: PROTEIN in channels), ""))
    found += _each(blank, "a blank channel", "The stain may be missing: look at it.")
    found += _each(images["saturated"], "a saturated channel", "Expose it less, or do not rely on its intensities.")
    found += [
        _warning(str(field), "out of focus", None, look)
        for field in images.index[(images["sharpness"] < SHARPNESS) & ~empty]
    ]
    copied = "Copy the file again, unless the program that wrote it omits uniform chunks."
    for field, text in images["absent"][images["absent"] != ""].items():
        file = next(iter(collection.files(str(field)).values()))
        where = Address.parse(file).file
        found.append(_warning(str(field), f"absent chunks ({text})", where, copied, kind="absent chunks"))
    for limit, column, word, odd in (
        (smallest_file, "smallest_file", "smaller", images["smallest_file"].lt),
        (largest_file, "largest_file", "larger", images["largest_file"].gt),
    ):
        if limit is not None:
            for field, size in images[column][odd(limit * 1000)].items():
                what = f"a file {word} than {limit:g} kB"
                found.append(_warning(str(field), what, f"{size / 1000:.1f} kB", look))
    copies = "Keep one, or keep them in one part: 'cellocate split --by duplicates'."
    found += _alike(inspection.duplicates, "the same pixels as another field", copies)
    found += _alike(inspection.near_duplicates, "a near duplicate of another field", copies)
    found += _swapped(inspection)
    return found + _contradictions(collection, [*inspection.duplicates, *inspection.near_duplicates])


def _unclear_sizes(collection: Collection) -> Iterator[Problem]:
    """Fields with a pixel size in a column that is not understood."""
    for column in filter(has_unknown_unit, map(str, collection.fields)):
        values = collection.fields[column].replace("", None).dropna()
        for field in values.index:
            mend = "Name the column pixel_size, and give µm per px."
            yield _warning(str(field), "a pixel size that is not understood", f"column {column}", mend)


def _dated_genes(collection: Collection) -> Iterator[Problem]:
    """Fields whose gene a spreadsheet turned into a date: SEPT9 becomes 9-Sep."""
    if "gene" in collection.fields:
        genes = collection.fields["gene"].dropna().astype(str)
        for field, gene in genes[genes.map(is_date)].items():
            mend = "A spreadsheet turned its name into a date: type it again, as text."
            yield _warning(str(field), "a gene that is a date", gene, mend)


def _each(channels: pd.Series[str], what: str, mend: str) -> Iterator[Problem]:
    for field, named in channels[channels != ""].items():
        yield _warning(str(field), what, str(named).replace(" ", ", "), mend)


def _swapped(inspection: Inspection) -> Iterator[Problem]:
    """Fields whose landmark looks like nuclei and whose nuclei do not, if that is so in at least half of the fields."""
    images = inspection.images
    for channel, stain in _LANDMARKS.items():
        those = images.index[images["swapped"].str.split().map(lambda named, channel=channel: channel in named)]
        if inspection.unit == "field" and len(those) >= max(_SEVERAL, len(images) / 2):
            for field in those:
                what = f"the nucleus and {stain} channels look swapped"
                yield _warning(str(field), what, f"blue and {channel}", "Check which channel is which (--channels).")


def _emptiness(notes: pd.Series[str]) -> Iterator[Problem]:
    for field, note in notes[~notes.isin(["", SATURATED])].items():
        what, mend = _EMPTINESS[str(note)]
        yield _warning(str(field), what, COPIES.get(str(note)), mend)


def _alike(groups: Iterable[list[str]], what: str, mend: str) -> Iterator[Problem]:
    for group in groups:
        for field in group:
            yield _warning(field, what, _others(group, field), mend)


def _contradictions(collection: Collection, groups: Iterable[list[str]]) -> list[Problem]:
    if collection.vocabulary is None:
        return []
    labels = collection.fields["labels"]
    found: dict[str, Problem] = {}
    for group in groups:
        known = [field for field in group if labels[field] is not None]
        if len({labels[field] for field in known}) > 1:
            mend = "Look at them, and give them the same labels."
            for field in known:
                what = "labels other than those of its duplicate"
                found.setdefault(field, _warning(field, what, _others(known, field), mend, about="labels"))
    return list(found.values())


def _others(group: list[str], field: str) -> str:
    others = [other for other in group if other != field]
    return ", ".join(others[:_NAMED]) + (f" and {len(others) - _NAMED} more" if len(others) > _NAMED else "")


def _warning(field: str, what: str, where: object, mend: str, about: str = "files", kind: str = "") -> Problem:
    error = CellocateError(what, where=where, mend=mend, kind=kind)
    return Problem(field, "labels" if about == "labels" else "files", error, "warning")
