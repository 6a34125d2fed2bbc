"""Every system of the seeds, and the champions', trained on equal terms on phantoms; and whether findings hold.

All rows of a collection have the same split and see the same number of images (cells a smaller one, which is shared by
all rows of cells); every input side is divided by the same number. Seed 0 of all rows comes first, cheapest first.

What is done stays in the folder, each row in `seeds.csv`: the same command goes on where it was stopped, a row that was
killed at its last epoch. `--page docs/benchmarks` writes the table and the CSV there, of what there is.

    python benchmarks/seeds seeds                    # a fourth of the size, from scratch, on processors
    python benchmarks/seeds seeds-full --full        # as the recipes are, on a graphics card
    python benchmarks/seeds seeds --page docs/benchmarks
"""

from __future__ import annotations

import argparse
import shutil
import time
from collections.abc import Hashable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from page import page, row_of
from phantoms import cells_of, facts, fields_of, split_of
from rows import ROWS, Row
from training import Task, Terms, predicted

from cellocate.collection import Collection
from cellocate.files import new_file, write_text

OTHERS = 1000  # seed of the phantoms that bodies are pretrained on


def main() -> None:
    asked = _asked()
    divide = 1 if asked.full else asked.divide
    folder = asked.folder / f"{asked.fields}-fields-{asked.budget}-{asked.cells}-images-divided-{divide}"
    path = folder / "seeds.csv"
    if asked.page is None:
        _run(asked, folder, path, divide)
    rows = pd.read_csv(path, keep_default_na=False, na_values=[""], dtype={"location": str}).fillna({"location": ""})
    command = f"python benchmarks/seeds seeds --fields {asked.fields} --budget {asked.budget} --cells {asked.cells}"
    text = page(rows, folder, command + (" --full" if asked.full else f" --divide {divide}"))
    if asked.page is None:
        print(text)
    else:
        write_text(asked.page / "seeds.md", text)
        shutil.copyfile(path, asked.page / "seeds.csv")


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--labels", nargs="+", choices=("real", "balanced"), default=["real", "balanced"])
    parser.add_argument("--fields", type=int, default=3000, help="of each collection")
    parser.add_argument("--budget", type=int, default=8000, help="images that each row of fields sees in training")
    parser.add_argument("--cells", type=int, default=3000, help="the same for rows of cells; and how many there are")
    parser.add_argument("--divide", type=int, default=4, help="every input side")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--full", action="store_true", help="full size, downloaded weights, mixed precision on a GPU")
    parser.add_argument("--only", nargs="+", metavar="ROW", choices=[row.name for row in ROWS])
    parser.add_argument("--minutes", type=float, help="begin no row that would last longer, all together")
    parser.add_argument("--page", type=Path, metavar="FOLDER", help="write seeds.md and seeds.csv, and measure nothing")
    return parser.parse_args()


def _run(asked: argparse.Namespace, folder: Path, path: Path, divide: int) -> None:
    began, speeds = time.monotonic(), [1 / 1.5]  # of a row's CPU seconds, at first on two cores
    rows: list[dict[Hashable, Any]] = pd.read_csv(path).to_dict("records") if path.is_file() else []
    done = {(row["collection"], row["row"], row["seed"]) for row in rows}
    for seed, labels, row in _order(asked):
        if (labels, row.name, seed) in done:
            continue
        budget = asked.cells if row.of == "cells" else asked.budget
        cost = row.cost * budget / 1000 * (4 / divide) ** 2
        needed = cost * sorted(speeds)[len(speeds) // 2]
        if asked.minutes is not None and time.monotonic() - began + needed > 60 * asked.minutes:
            print(f"{row.name} would last {needed / 60:.0f} minutes: stopped", flush=True)
            return
        task = _task(folder / labels, labels, row.of, asked.fields, asked.cells, divide)
        others = _others(folder / "others", asked.fields, divide) if row.start and not asked.full else None
        start = time.monotonic()
        written = predicted(row, task, Terms(budget, divide, asked.full), folder / labels, others, seed)
        rows.append(row_of(labels, row.name, seed, written))
        with new_file(path) as aside:
            pd.DataFrame(rows).to_csv(aside, index=False)
        seconds = time.monotonic() - start
        speeds.append(seconds / cost)
        print(f"{labels} seed {seed} {row.name}: {seconds:.0f} s, AP {rows[-1]['macro_ap']:.3f}", flush=True)


def _order(asked: argparse.Namespace) -> Iterator[tuple[int, str, Row]]:
    for seed in range(asked.seeds):
        for labels in asked.labels:
            for row in sorted(ROWS, key=lambda row: row.cost * (asked.cells if row.of == "cells" else asked.budget)):
                if (asked.only is None or row.name in asked.only) and not (row.skewed and labels == "balanced"):
                    yield seed, labels, row


@cache
def _task(folder: Path, labels: str, of: str, fields: int, cells: int, divide: int) -> Task:
    collection = fields_of(folder / "fields", labels, fields, divide)
    if of == "cells":
        collection = cells_of(folder / "cells", folder / "fields", cells)
    split = folder / f"{of}-split.csv"
    parts = split_of(collection, split)
    return Task(collection, split, len(parts["train"]), facts(parts))


@cache
def _others(folder: Path, fields: int, divide: int) -> Collection:
    return fields_of(folder, "balanced", fields, divide, OTHERS)


if __name__ == "__main__":
    main()
