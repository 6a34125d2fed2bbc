"""Shards of a store: write one, and check that it is complete."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellocate.collection.collection import Collection, Problem
from cellocate.collection.inspection import problem_table
from cellocate.collection.layouts.store import UNFINISHED
from cellocate.errors import CellocateError
from cellocate.files import new_file
from cellocate.images import Pixels
from cellocate.images.bit_depth import check_counts
from cellocate.images.store import index_type, is_whole, shard_path, write_shard


@dataclass(frozen=True)
class StorePlan:
    """What all shards of a store have in common."""

    out: Path
    channels: tuple[str, ...]
    sizes: tuple[int, ...]
    skip_bad: bool

    def rows(self, number: int) -> Path:
        """A shard's part of the index, until the store is finished; it is written last, when the shard is complete."""
        return self.out / UNFINISHED / f"{number:05}.npy"

    def pixels(self, number: int) -> list[Path]:
        """The files of a shard."""
        return [shard_path(self.out, size, number) for size in self.sizes]

    def problems(self, number: int) -> Path:
        """The table of fields that were left out of a shard."""
        return self.rows(number).with_suffix(".csv")


@dataclass(frozen=True)
class Shard:
    """A shard to write, with its fields."""

    plan: StorePlan
    number: int
    fields: Collection


def pack_shard(shard: Shard) -> list[Problem]:
    """Write a shard, and return the faults that keep it from being finished."""
    plan, problems = shard.plan, list[Problem]()
    rows = write_shard(plan.out, shard.number, plan.sizes, _pixels(shard, problems))
    if problems and not plan.skip_bad:
        return problems
    if problems:
        with new_file(plan.problems(shard.number)) as aside:
            problem_table(problems).to_csv(aside, index=False)
    write_rows(plan.rows(shard.number), rows)
    return []


def is_packed(shard: Shard) -> bool:
    """Whether a shard exists and is complete."""
    plan = shard.plan
    try:
        rows = np.load(plan.rows(shard.number))
    except (OSError, ValueError, EOFError):
        return False
    fits = rows.dtype == index_type(len(plan.sizes)) and rows.shape == (len(shard.fields),)
    complete = plan.skip_bad or bool((rows["bits"] > 0).all())
    return fits and complete and is_whole(plan.out, plan.sizes, len(plan.channels), rows)


def write_rows(path: Path, rows: NDArray[Any]) -> None:
    """Write rows of the index, completely or not at all."""
    content = io.BytesIO()  # only writing bytes reports a full disk as such
    np.save(content, rows)
    with new_file(path) as aside:
        aside.write_bytes(content.getbuffer())


def _pixels(shard: Shard, problems: list[Problem]) -> Iterator[Pixels | None]:
    for field in shard.fields.ids:
        try:
            counts, _ = shard.fields.read_counts(field, shard.plan.channels)
            check_counts(counts, shard.fields.bits(field))
            yield counts
        except CellocateError as error:
            problems.append(Problem(field, "files", error))
            yield None
