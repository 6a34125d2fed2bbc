"""Faulty fields in long work: reject or skip them at the start, and report them all together at the end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from cellocate.collection.collection import Collection, Problem
from cellocate.collection.inspection import problem_table
from cellocate.counted import counted
from cellocate.errors import CellocateError

SKIPPED = "skipped.csv"
"""File name of the table of fields that were skipped."""


def known_faults(collection: Collection) -> list[Problem]:
    """The faults that show without decoding an image; faults of labels only if the collection has labels."""
    faults = [problem for problem in collection.problems if problem.severity == "fault"]
    return [problem for problem in faults if collection.vocabulary is not None or problem.about == "files"]


def require_images(collection: Collection, channels: Sequence[str]) -> None:
    """Raise a `CellocateError` if a collection has no images, or not these channels."""
    if not collection.channels:
        raise CellocateError("a table without images", where=collection.folder, mend="Give the folder of its images.")
    collection.require(channels)


def refuse_faulty(problems: Sequence[Problem], fields: int, done: str) -> None:
    """Raise a `CellocateError` that names the first faulty field, if there are any.

    `fields` is the number of all fields, `done` the work as a participle, such as "packed".
    """
    if problems:
        first = min(problems, key=lambda problem: problem.id)
        what = f"{len(problems)} of {counted(fields, 'field')} cannot be {done}; the first, {first.id}: "
        mend = first.error.mend
        if len(problems) < fields:
            mend += " All others are done: continue with --resume, or without the faulty ones with --resume --skip-bad."
        raise CellocateError(what + first.error.what, where=first.error.where, mend=mend)


def skipped_table(known: Sequence[Problem], found: Iterable[Path]) -> pd.DataFrame:
    """A table of the faulty fields that were skipped.

    Args:
        known: faults known at the start.
        found: paths of tables of faults found during the work (see `problem_table`); they need not exist.
    """
    tables = [pd.read_csv(path, dtype=str, keep_default_na=False) for path in found if path.is_file()]
    return pd.concat([problem_table(known), *tables])
