"""Faulty fields in long work: refused or left out before it starts, and named all together at its end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from cellocate.collection.collection import Collection, Problem
from cellocate.collection.inspection import problem_table
from cellocate.counted import counted
from cellocate.errors import CellocateError

SKIPPED = "skipped.csv"
"""The table of the faulty fields that were left out."""


def known_faults(collection: Collection) -> list[Problem]:
    """The faults that show without decoding an image; of labels only where there are any."""
    faults = [problem for problem in collection.problems if problem.severity == "fault"]
    return [problem for problem in faults if collection.vocabulary is not None or problem.about == "files"]


def require_images(collection: Collection, channels: Sequence[str]) -> None:
    """Refuse a collection that has no images, or not these channels.

    Raises:
        CellocateError: a channel is missing.
    """
    if not collection.channels:
        raise CellocateError("a table without images", where=collection.folder, mend="Give the folder of its images.")
    collection.require(channels)


def refuse_faulty(problems: Sequence[Problem], fields: int, done: str) -> None:
    """Name the first of the faulty fields that keep work from being finished, if there are any.

    Args:
        problems: what is wrong, one for each field.
        fields: how many there are.
        done: what cannot be done with them, such as "packed".

    Raises:
        CellocateError: there is a faulty field.
    """
    if not problems:
        return
    first = min(problems, key=lambda problem: problem.id)
    raise CellocateError(
        f"{len(problems)} of {counted(fields, 'field')} cannot be {done}; the first, {first.id}: {first.error.what}",
        where=first.error.where,
        mend=f"{first.error.mend} All others are done: go on with --resume, or without the faulty ones with --resume "
        "--skip-bad.",
    )


def skipped_table(known: Sequence[Problem], found: Iterable[Path]) -> pd.DataFrame:
    """The faulty fields that were left out, as a table.

    Args:
        known: faults that were known before.
        found: tables of those that the work found (see `problem_table`); one that does not exist is of no field.
    """
    tables = [pd.read_csv(path, dtype=str, keep_default_na=False) for path in found if path.is_file()]
    return pd.concat([problem_table(known), *tables])
