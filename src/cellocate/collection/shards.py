"""One shard of a store: what a worker does, and does not do again."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellocate.collection.check import problem_table
from cellocate.collection.collection import Collection, Problem
from cellocate.collection.layouts.store import UNFINISHED
from cellocate.errors import CellocateError
from cellocate.files import new_file
from cellocate.images import Pixels
from cellocate.images.depth import see_counts
from cellocate.images.store import index_type, is_whole, shard_path, write_shard


@dataclass(frozen=True)
class Plan:
    """What all shards of a store have in common."""

    out: Path
    channels: tuple[str, ...]
    sizes: tuple[int, ...]
    skip_bad: bool

    def rows(self, number: int) -> Path:
        """Where a shard's part of the index lies until the store is finished; written last, it says that all is."""
        return self.out / UNFINISHED / f"{number:05}.npy"

    def pixels(self, number: int) -> list[Path]:
        """The files of a shard."""
        return [shard_path(self.out, size, number) for size in self.sizes]

    def problems(self, number: int) -> Path:
        """Where the fields stand that were left out of a shard."""
        return self.rows(number).with_suffix(".csv")


@dataclass(frozen=True)
class Job:
    """A shard to write, with its fields: all that a worker needs to know."""

    plan: Plan
    number: int
    fields: Collection


@dataclass(frozen=True)
class Done:
    """The number of a shard, how many fields were looked at, and those whose faults keep it from being finished."""

    number: int
    fields: int
    problems: tuple[Problem, ...] = ()


def do(job: Job) -> Done:
    """Write a shard, unless it is there and whole."""
    plan, problems = job.plan, list[Problem]()
    if _is_done(job):
        return Done(job.number, len(job.fields))
    rows = write_shard(plan.out, job.number, plan.sizes, _pixels(job, problems))
    if problems and not plan.skip_bad:
        return Done(job.number, len(job.fields), tuple(problems))
    if problems:
        with new_file(plan.problems(job.number)) as aside:
            problem_table(problems).to_csv(aside, index=False)
    save(plan.rows(job.number), rows)
    return Done(job.number, len(job.fields))


def save(path: Path, rows: NDArray[Any]) -> None:
    """Write rows of the index, whole or not at all."""
    content = io.BytesIO()  # a disk that is full is told by its number only where bytes are written
    np.save(content, rows)
    with new_file(path) as aside:
        aside.write_bytes(content.getbuffer())


def _is_done(job: Job) -> bool:
    plan = job.plan
    try:
        rows = np.load(plan.rows(job.number))
    except (OSError, ValueError, EOFError):
        return False
    fits = rows.dtype == index_type(len(plan.sizes)) and rows.shape == (len(job.fields),)
    complete = plan.skip_bad or bool((rows["bits"] > 0).all())
    return fits and complete and is_whole(plan.out, plan.sizes, len(plan.channels), rows)


def _pixels(job: Job, problems: list[Problem]) -> Iterator[Pixels | None]:
    for field in job.fields.ids:
        try:
            counts, _ = job.fields.read_counts(field, job.plan.channels)
            see_counts(counts, job.fields.bits(field))
            yield counts
        except CellocateError as error:
            problems.append(Problem(field, "files", error))
            yield None
