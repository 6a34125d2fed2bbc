"""How long it takes to find the ten nearest among many fields, and how many of them the index misses.

Vectors are synthetic, as nobody here has a million fields: each is a place in 32 dimensions (that of one of 28
locations, moved by its antibody, moved by the field's own noise), brought to the width of an embedding by a random
layer with a rectifier, as a network's last features are. Antibodies have 100 fields each. Both ways answer the same
queries, new fields of the same antibodies, all at one go, in one process on one core; seconds are of the processor.
Recall: the share of the exact ten that the index finds.

    python benchmarks/neighbours.py --page docs/benchmarks/neighbours.md
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np

from cellocate.explain.embedding.nearest import Features, Index, find_nearest
from cellocate.files import write_text

T = TypeVar("T")
_LATENT, _LOCATIONS, _EACH, _BLOCK = 32, 28, 100, 50_000
_HEAD = """# Neighbours among many

Synthetic vectors with the structure of embeddings (described in `benchmarks/neighbours.py`), seed {seed}, {width}
features each; {queries} queries at once, the ten nearest of each. Seconds of one core, both methods in one run.
*Recall*: the share of the exact ten that the index finds. *Ratio*: seconds of the exact search divided by those of the
index, without the time to make it.

    python benchmarks/neighbours.py {command}

| fields | exact, s per query | index, s to make | index, s per query | ratio | recall@10 |
|---|---|---|---|---|---|
"""


class Row(NamedTuple):
    """Of one number of fields: seconds for all queries, to make the index, and of its answers; and their recall."""

    fields: int
    exact: float
    made: float
    asked: float
    recall: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fields", type=int, nargs="*", default=[100_000, 1_000_000])
    parser.add_argument("--width", type=int, default=512, help="features: 512 as of resnet18")
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--page", type=Path, help="markdown file to write")
    args = parser.parse_args()
    given = f"--fields {' '.join(map(str, args.fields))} --width {args.width} --queries {args.queries}"
    text = _HEAD.format(seed=args.seed, width=args.width, queries=args.queries, command=given)
    for fields in args.fields:
        row = measure(fields, args.width, args.queries, args.seed)
        line = (
            f"| {row.fields:,} | {row.exact / args.queries:.4f} | {row.made:.1f} | {row.asked / args.queries:.4f} "
            f"| {row.exact / row.asked:.0f} | {row.recall:.3f} |"
        )
        text += line + "\n"
        print(line, flush=True)
    if args.page is not None:
        write_text(args.page, text)


def measure(fields: int, width: int, queries: int, seed: int) -> Row:
    """Draw fields and queries, and answer these both ways."""
    drawn = draw(fields + queries, width, seed)
    asked, known = drawn[fields:].copy(), drawn[:fields]
    exact, seconds = timed(lambda: find_nearest(known, asked, 10))
    index, made = timed(lambda: Index(known))
    found, quick = timed(lambda: index.nearest(asked, 10))
    shared = [len(set(a) & set(b)) / 10 for a, b in zip(exact.rows, found.rows, strict=True)]
    return Row(fields, seconds, made, quick, float(np.mean(shared)))


def draw(count: int, width: int, seed: int) -> Features:
    """Vectors, shape (count, width), of antibodies of 100 fields each in random order."""
    rng = np.random.default_rng(seed)
    layer = rng.normal(size=(_LATENT, width)).astype(np.float32) / _LATENT**0.5
    antibodies = rng.normal(size=(_LOCATIONS, _LATENT))[rng.integers(_LOCATIONS, size=-(-count // _EACH))]
    antibodies = (antibodies + 0.5 * rng.normal(size=antibodies.shape)).astype(np.float32)
    found = np.empty((count, width), np.float32)
    for start in range(0, count, _BLOCK):
        some = antibodies[rng.integers(len(antibodies), size=min(_BLOCK, count - start))]
        noise = 0.3 * rng.standard_normal(some.shape, dtype=np.float32)
        found[start : start + len(some)] = np.maximum((some + noise) @ layer, 0)
    return found


def timed(call: Callable[[], T]) -> tuple[T, float]:
    """What a call gives, and the seconds of the processor that it took."""
    began = time.process_time()
    return call(), time.process_time() - began


if __name__ == "__main__":
    main()
