"""Choose the locations of each field: balanced, as in the 2018 train set, or from a table."""

from __future__ import annotations

import csv
from collections.abc import Callable
from functools import lru_cache
from importlib import resources
from pathlib import Path

import numpy as np

from cellocate.errors import CellocateError
from cellocate.phantom.phantom_layouts import DRAWN, LabelSet, PhantomLayout
from cellocate.tables import missing_column_error, quoted, read_table
from cellocate.vocabulary import get_vocabulary

SECOND = 0.25  # share of balanced fields with a second location

BALANCED, REAL = 200, 201  # streams of random numbers, separate from those of the fields


def label_sets(labels: str | Path, seed: int, layout: PhantomLayout) -> Callable[[int], LabelSet]:
    """Return a function from the index of a field to its labels of `hpa28`, independent of other fields.

    Only locations that the layout can express are drawn. Balanced draws are balanced over the layout's own vocabulary:
    one of the locations that a label covers stands for it. Real label sets lose other locations, and empty ones are
    drawn again.

    Args:
        labels: "real", "balanced", or a table with the columns Id and Target, whose rows are used in order and
            repeatedly.
        seed: of the collection.
        layout: of the collection.

    Raises:
        CellocateError: the table is missing or not a label table, or a label is unknown or not in the layout.

    Example:
        >>> from cellocate.phantom.phantom_layouts import layout
        >>> draw = label_sets("balanced", 0, layout("kaggle2018"))
        >>> sorted(min(draw(i), default=-1) in range(28) for i in range(3))
        [True, True, True]
    """
    if labels == "balanced":
        return lambda index: _balanced(seed, index, layout)
    if labels == "real":
        return _real(seed, layout)
    rows = read_targets(Path(labels), layout)
    return lambda index: rows[index % len(rows)]


def _balanced(seed: int, index: int, layout: PhantomLayout) -> LabelSet:
    """Each block of as many fields as labels has each label once, in random order; a quarter get a second one."""
    drawn = [label for label, covered in enumerate(layout.origins) if covered or label == layout.negative]
    origins = [layout.origins[label] for label in drawn]
    n = len(origins)
    block, place = divmod(index, n)
    first = int(np.random.default_rng([seed, BALANCED, block]).permutation(n)[place])
    rng = np.random.default_rng([seed, BALANCED, block, place + 1])
    chosen = [first]
    if rng.random() < SECOND:
        chosen.append((first + int(rng.integers(1, n))) % n)
    if not origins[first]:  # a negative field stays negative
        return ()
    return tuple(sorted(int(rng.choice(origins[label])) for label in chosen if origins[label]))


def _real(seed: int, layout: PhantomLayout) -> Callable[[int], LabelSet]:
    sets, counts = real_label_sets()
    drawable = [tuple(label for label in labels if label in layout.drawable) for labels in sets]
    weight = np.array([count if labels else 0 for labels, count in zip(drawable, counts, strict=True)])
    chance = weight / weight.sum()
    return lambda index: drawable[int(np.random.default_rng([seed, REAL, index]).choice(len(drawable), p=chance))]


@lru_cache
def real_label_sets() -> tuple[tuple[LabelSet, ...], tuple[int, ...]]:
    """The 577 label sets of the 2018 train set, and the number of its 31,072 fields with each."""
    text = (resources.files("cellocate.phantom") / "label_sets.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    vocabulary = get_vocabulary(DRAWN)
    return tuple(vocabulary.parse(row["Target"]) for row in rows), tuple(int(row["count"]) for row in rows)


def read_targets(path: Path, layout: PhantomLayout) -> list[LabelSet]:
    """Read the label sets of a table with the columns Id and Target, as `Vocabulary.labels_in` does."""
    if not path.is_file():
        mend = "Give real, balanced, or a table (CSV) with Id and Target."
        raise CellocateError("no such table of labels", where=path, mend=mend)
    rows, lines = read_table(path, names=("Id", "Target"))
    if rows.empty or not {"Id", "Target"} <= set(rows):
        raise missing_column_error(path, "not a table of labels", "It needs rows, and the columns Id and Target.")
    vocabulary, texts = get_vocabulary(DRAWN), rows["Target"]

    def where(row: int) -> str:
        return f"{path}, line {lines[row]}, column Target: {quoted(texts[row])}"

    sets = vocabulary.parse_all(texts, where)
    for row, labels in enumerate(sets):
        if lacks := [vocabulary.names[label] for label in labels if label not in layout.drawable]:
            what = f"{layout.format.vocabulary} has no word for {lacks[0]}"
            raise CellocateError(what, where=where(row), mend=f"Remove it, or use {DRAWN}.")
    return sets
