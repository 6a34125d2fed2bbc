"""How long a table of a million fields takes to be loaded, filtered and split on one core, and how much memory.

python benchmarks/table_speed.py [FIELDS]
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np

from cellocate.collection import Collection, Split, make_split, read_labels, read_split, refuse_leaks, save_split
from cellocate.phantom.label_sets import real_label_sets

T = TypeVar("T")

FIELDS = 1_000_000
SECONDS, GIB = 15, 2  # the aim
LINES = ("U-2 OS", "HeLa", "A-431", "HEK 293", "MCF7")


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else FIELDS
    with tempfile.TemporaryDirectory() as folder:
        table, saved = Path(folder) / "train.csv", Path(folder) / "split.csv"
        _write(table, count)
        print(f"a table of {count:,} fields, {table.stat().st_size / 2**20:.0f} MiB\nCPU seconds  peak MiB")
        began = time.process_time()
        collection = _timed("loaded", lambda: _load(table))
        kept = _timed("filtered by cell line and by location", lambda: _filter(collection))
        split = _timed("split, stratified, by antibody", lambda: make_split(collection))
        _timed("checked for leaks", lambda: refuse_leaks(split, collection))
        total = time.process_time() - began
        _timed("saved", lambda: save_split(saved, split))
        _timed("read again", lambda: read_split(saved, collection))
        _timed("split into five folds", lambda: make_split(collection, folds=5))
        _timed("split by field alone", lambda: _ungrouped(collection))
    print(f"{len(kept):,} fields kept; loaded, filtered and split: {total:.1f} CPU seconds, {_peak() / 1024:.2f} GiB")
    within = total < SECONDS and _peak() / 1024 < GIB
    print(f"{'within' if within else 'MORE than'} the aim of {SECONDS} s and {GIB} GiB")


def _load(table: Path) -> Collection:
    labels = read_labels(table)
    return Collection(table.parent, "kaggle2018", labels.table, labels.vocabulary, labels.problems)


def _filter(collection: Collection) -> Collection:
    fields = collection.fields
    chosen = (fields["cell_line"] == LINES[0]).to_numpy() & collection.labelled().truth()[:, 0]
    return collection.subset([field for field, keep in zip(collection.ids, chosen, strict=True) if keep])


def _ungrouped(collection: Collection) -> Split:
    bare = collection.fields.drop(columns=["antibody", "plate"])
    return make_split(Collection(collection.folder, collection.layout, bare, collection.vocabulary))


def _write(path: Path, count: int) -> None:
    """Fields with the label sets of 2018, three of each antibody, two antibodies on a plate of one cell line."""
    rng = np.random.default_rng(0)
    sets, counts = real_label_sets()
    labels = rng.choice([" ".join(map(str, s)) for s in sets], count, p=np.array(counts) / sum(counts))
    with path.open("w", encoding="utf-8") as file:
        file.write("Id,Target,antibody,plate,cell_line\n")
        for i, written in enumerate(labels):
            line = LINES[i // 6 % len(LINES)]
            file.write(f"{i:08x}-bb9b-11e8-b2b9-ac1f6b6435d0,{written},HPA{i // 3:06d},{i // 6},{line}\n")


def _timed(what: str, work: Callable[[], T]) -> T:
    began = time.process_time()
    result = work()
    print(f"{time.process_time() - began:11.2f}  {_peak():8.0f}  {what}", flush=True)
    return result


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
