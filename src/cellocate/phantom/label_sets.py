"""Which locations the fields of a collection show: balanced, as in the 2018 train set, or as a table says."""

from __future__ import annotations

import csv
from collections.abc import Callable
from functools import lru_cache
from importlib import resources
from pathlib import Path

import numpy as np

from cellocate.errors import CellocateError
from cellocate.vocabulary import get

LabelSet = tuple[int, ...]
SECOND = 0.25  # share of balanced fields with a second location

BALANCED, REAL = 200, 201  # streams of random numbers, apart from those of the fields


def label_sets(labels: str | Path, seed: int) -> Callable[[int], LabelSet]:
    """How the locations of field `index` are found, whatever the other fields.

    Args:
        labels: "balanced", "real", or a CSV file with the columns Id and Target, whose rows are taken in order and
            again from the first after the last.
        seed: of the collection.

    Raises:
        CellocateError: there is no such file, or it is no such table, or a label is unknown.

    Example:
        >>> draw = label_sets("balanced", seed=0)
        >>> sorted(min(draw(i), default=-1) in range(28) for i in range(3))
        [True, True, True]
    """
    if labels == "balanced":
        return lambda index: _balanced(seed, index)
    if labels == "real":
        return lambda index: _real(seed, index)
    rows = read_targets(Path(labels))
    return lambda index: rows[index % len(rows)]


def _balanced(seed: int, index: int) -> LabelSet:
    """Each run of 28 fields has every location once, in some order; a second is drawn for a quarter of them."""
    n = len(get("hpa28"))
    block, place = divmod(index, n)
    first = int(np.random.default_rng([seed, BALANCED, block]).permutation(n)[place])
    rng = np.random.default_rng([seed, BALANCED, block, place + 1])
    if rng.random() >= SECOND:
        return (first,)
    second = (first + int(rng.integers(1, n))) % n
    return tuple(sorted((first, second)))


def _real(seed: int, index: int) -> LabelSet:
    sets, counts = real_label_sets()
    chance = np.array(counts) / sum(counts)
    return sets[int(np.random.default_rng([seed, REAL, index]).choice(len(sets), p=chance))]


@lru_cache
def real_label_sets() -> tuple[tuple[LabelSet, ...], tuple[int, ...]]:
    """The 577 label sets of the 2018 train set and how many of its 31,072 fields have each."""
    text = (resources.files("cellocate.phantom") / "label_sets.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    vocabulary = get("hpa28")
    return tuple(vocabulary.parse(row["Target"]) for row in rows), tuple(int(row["count"]) for row in rows)


def read_targets(path: Path) -> list[LabelSet]:
    """The label sets of a CSV file with the columns Id and Target (indices or, where they are one word, names)."""
    if not path.is_file():
        raise CellocateError(
            "no such table of labels", where=path, mend="Give balanced, real, or a CSV file with Id and Target."
        )
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    if not rows or not {"Id", "Target"} <= set(rows[0]):
        raise CellocateError("not a table of labels", where=path, mend="It needs rows, and the columns Id and Target.")
    vocabulary = get("hpa28")
    return [vocabulary.parse(row["Target"] or "") for row in rows]
